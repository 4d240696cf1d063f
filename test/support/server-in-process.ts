/** Our server in this process, on a port of its own, with its log at hand. */
import { loadConfig, printFault } from '../../src/config/load.ts'
import { startReport } from '../../src/observe/report.ts'
import { type SignalingServer, startSignalingServer } from '../../src/signaling-server.ts'
import { testKeys } from './server-conf.ts'

export interface ServerInProcess extends AsyncDisposable {
  readonly port: number
  /** host:port */
  readonly address: string
  /** http://host:port */
  readonly url: string
  readonly server: SignalingServer
  /** Lines of the log. */
  log(): string
  /** Once; whoever asks again waits for the same end. */
  stop(): Promise<void>
}

/** `text` is what stands in the file beside the listener and the keys; `content` is that of any file it names. */
export async function startInProcess(text: string, content = ''): Promise<ServerInProcess> {
  const whole = `[http]\nlisten = 127.0.0.1:0\n[sessions]\nhashkey = ${testKeys.hashKey}\n${text}`
  const { config, faults } = loadConfig({ file: 'test', text: whole, environment: {}, readFile: () => content })
  if (!config) throw new Error(faults.map(printFault).join('\n'))
  let written = ''
  const write = (lines: string): void => {
    written += lines
  }
  const report = startReport({ format: 'json', level: 'trace', write, now: Date.now })
  const server = await startSignalingServer(config, report)
  const port = server.listening[0]?.port ?? 0
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= server.stop().then(() => report[Symbol.dispose]())
    return stopping
  }
  return {
    port,
    address: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    server,
    log() {
      report.flush()
      return written
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
