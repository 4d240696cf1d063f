/** A signaling server as a child process, ours or the original: started, waited for, ended with its scope. */
import { writeFileSync } from 'node:fs'
import type { Child } from './child.ts'
import { startChild } from './child.ts'
import { freePort } from './free-port.ts'
import type { ServerConf } from './server-conf.ts'
import { serverConf } from './server-conf.ts'
import { tempFolder } from './temp-folder.ts'

export interface RunningServer extends AsyncDisposable {
  /** http://host:port, no slash at the end. */
  readonly url: string
  /** ws://host:port/spreed */
  readonly socketUrl: string
  readonly address: string
  readonly configFile: string
  readonly child: Child
}

/** What differs from run to run is filled in here; `listen` is always a free port. */
export type ServerSettings = Omit<ServerConf, 'listen'>

/** Starts `command(configFile)` and waits until GET /api/v1/welcome answers 200; a lost race for the port is tried again. */
export async function runServer(
  command: (configFile: string) => readonly string[],
  settings: ServerSettings,
  limitMs = 15_000,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    const parts = new AsyncDisposableStack()
    try {
      const folder = parts.use(tempFolder())
      const address = `127.0.0.1:${await freePort()}`
      const configFile = folder.file('server.conf')
      writeFileSync(configFile, serverConf({ ...settings, listen: address }))
      const child = parts.use(startChild(command(configFile)))
      await welcomed(`http://${address}`, child, limitMs)
      return {
        url: `http://${address}`,
        socketUrl: `ws://${address}/spreed`,
        address,
        configFile,
        child,
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      }
    } catch (failure) {
      await parts.disposeAsync()
      const lostRace = failure instanceof Error && /address already in use|EADDRINUSE/i.test(failure.message)
      if (!lostRace || attempt === 3) throw failure
    }
  }
}

async function welcomed(url: string, child: Child, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs
  while (performance.now() < end) {
    if (child.hasExited()) throw new Error(`the server ended before it was ready:\n${child.output()}`)
    const answer = await fetch(`${url}/api/v1/welcome`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (answer?.status === 200) return
    await Bun.sleep(25)
  }
  throw new Error(`no welcome within ${limitMs} ms:\n${child.output()}`)
}
