/** Debian's original signaling server with the NATS server that it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { startChild } from './child.ts'
import { debian, nextRelease } from './deb.ts'
import type { RunningServer, ServerSettings } from './running-server.ts'
import { runServer } from './running-server.ts'
import { tempFolder } from './temp-folder.ts'

export const startOriginal = (settings: ServerSettings): Promise<RunningServer> =>
  startOriginalAt(debian.signalingServer.path, settings)

/** As Debian's next release has it. */
export const startNewerOriginal = (settings: ServerSettings): Promise<RunningServer> =>
  startOriginalAt(nextRelease.signalingServer.path, settings)

async function startOriginalAt(path: string, settings: ServerSettings): Promise<RunningServer> {
  const parts = new AsyncDisposableStack()
  try {
    const nats = parts.use(await startNats())
    const server = parts.use(await runServer((file) => [path, '-config', file], { ...settings, natsUrl: nats.url }))
    return { ...server, [Symbol.asyncDispose]: () => parts.disposeAsync() }
  } catch (failure) {
    await parts.disposeAsync()
    throw failure
  }
}

export interface Nats extends AsyncDisposable {
  readonly url: string
}

/** A NATS server on a port of its own choice, which it writes into a file. */
export async function startNats(): Promise<Nats> {
  const parts = new AsyncDisposableStack()
  const folder = parts.use(tempFolder())
  const child = parts.use(
    startChild([debian.nats.path, '-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder.path]),
  )
  try {
    await child.said(/Server is ready/, 10_000)
    const url = await portsFile(folder.path)
    return { url, [Symbol.asyncDispose]: () => parts.disposeAsync() }
  } catch (failure) {
    await parts.disposeAsync()
    throw failure
  }
}

/** The ports file follows the line "Server is ready" by a moment. */
async function portsFile(path: string): Promise<string> {
  for (let turn = 0; turn < 200; turn++) {
    const name = readdirSync(path).find((entry) => entry.endsWith('.ports'))
    const url = name && /"(nats:\/\/[^"]+)"/.exec(readFileSync(`${path}/${name}`, 'utf8'))?.[1]
    if (url) return url
    await Bun.sleep(10)
  }
  throw new Error('the NATS server wrote no ports file')
}
