/** Our server with a relay, in this process, on a port of its own. */
import { loadConfig, printFault } from '../../src/config/load.ts'
import { startReport } from '../../src/observe/report.ts'
import { type SignalingServer, startSignalingServer } from '../../src/signaling-server.ts'
import { connectRelay, type RelayClient } from './relay-client.ts'

export interface RelayUnderTest extends AsyncDisposable {
  readonly port: number
  /** http://host:port */
  readonly url: string
  readonly server: SignalingServer
  /** Lines of the log. */
  log(): string
  connect(room?: string): Promise<RelayClient>
  /** Connects and says who it is; what is said about that has been heard, and is answered too. */
  enter(name: string, room?: string): Promise<RelayClient>
  stop(): Promise<void>
}

export const authenticate = (username: string, password: string): unknown => ({
  event: 'authenticate',
  data: { username, password },
})

/** `settings` are lines of `[relay]`, and of sections after it. Users: ann, ben and cas with `pw-` and the name. */
export async function startRelayServer(settings = ''): Promise<RelayUnderTest> {
  const users = /^authurl/m.test(settings) ? '' : 'users = ann:pw-ann, ben:pw-ben, cas:pw-cas\n'
  const text = `[http]\nlisten = 127.0.0.1:0\n[sessions]\nhashkey = ${'0'.repeat(32)}\n[relay]\n${users}${settings}\n`
  const { config, faults } = loadConfig({ file: 'test', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error(faults.map(printFault).join('\n'))
  let log = ''
  const report = startReport({
    level: 'debug',
    format: 'json',
    write: (lines) => {
      log += lines
    },
    now: Date.now,
  })
  const server = await startSignalingServer(config, report)
  const port = server.listening[0]?.port ?? 0
  const connect = (room = 'den'): Promise<RelayClient> => connectRelay(`ws://127.0.0.1:${port}/websocket/${room}`)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= server.stop()
    return stopping
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    server,
    log() {
      report.flush()
      return log
    },
    connect,
    async enter(name, room) {
      const client = await connect(room)
      client.say(authenticate(name, `pw-${name}`))
      await client.next()
      return client
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
