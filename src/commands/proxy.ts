/** `heliograph proxy`: the media proxy in front of one Janus. */
import type { ProxyConfig } from '../config/proxy-config.ts'
import { reloadedProxy } from '../config/reload-proxy.ts'
import { startMediaProxy } from '../media-proxy.ts'
import { optionsOf } from './options.ts'
import { readProxyConfig } from './read-config.ts'
import { type Program, runProgram } from './run-program.ts'

const usageError = 2

const program: Program<ProxyConfig> = { read: readProxyConfig, reloaded: reloadedProxy, start: startMediaProxy }

export async function proxy(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  if (typeof options !== 'string' && options.file !== undefined) return runProgram(options, program)
  const why = typeof options === 'string' ? options : 'needs --config FILE: without keys nobody may connect'
  process.stderr.write(`heliograph proxy: ${why}\n`)
  return usageError
}
