/** The configuration of `serve` without a file. */

import type { Config } from './config.ts'
import { printFault } from './fault.ts'
import { loadConfig } from './load.ts'

/**
 * Listens on this machine only, with every secret made up: whoever knows the one of the only backend may be any
 * Nextcloud server. The TURN server relays to this machine only, and `/ice` and the page `/demo` answer it without a key. `randomHex` answers with twice as many digits as it is asked for bytes.
 */
export function developmentConfig(randomHex: (bytes: number) => string): Config {
  const text = `
    [http]
    listen = 127.0.0.1:8080
    [sessions]
    hashkey = ${randomHex(32)}
    blockkey = ${randomHex(16)}
    [clients]
    internalsecret = ${randomHex(16)}
    [backend]
    allowall = true
    secret = ${randomHex(16)}
    [turn-server]
    listen = 127.0.0.1:3478
    secret = ${randomHex(16)}
    allowedpeers = 127.0.0.0/8
    [relay]
    users = ann:${randomHex(8)}, ben:${randomHex(8)}
    [admission]
    appsecret = ${randomHex(32)}
    apppassword = ${randomHex(16)}
    [demo]
    password = ${randomHex(16)}
  `
  const { config, faults } = loadConfig({ file: 'development', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error(faults.map(printFault).join('\n'))
  const { turn, demo } = config
  return {
    ...config,
    turn: { ...turn, openToThisMachine: true },
    demo: demo.kind === 'on' ? { ...demo, openToThisMachine: true } : demo,
  }
}
