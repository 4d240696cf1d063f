/** The two TURN servers of a comparison: each started afresh on the same core, with the same user, without quotas and without a log. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '../../test/support/child.ts'
import { answersBinding, coturnProgram, startCoturn } from '../../test/support/coturn.ts'
import { freePort } from '../../test/support/free-port.ts'
import { tempFolder } from '../../test/support/temp-folder.ts'
import type { GeneratorTarget } from './generator.ts'
import { endWithUs } from './left-behind.ts'

export type ContenderName = 'ours' | 'coturn'

export interface Running extends GeneratorTarget, AsyncDisposable {
  /** Our HTTP side, for signaling beside media. */
  readonly http: string | undefined
}

export interface StartOptions {
  /** As taskset writes it: `0`, or `0,1`. */
  readonly cores: string
  /** Where ours asks about sessions, for signaling beside media. */
  readonly backendUrl?: string
}

export interface Contender {
  readonly name: ContenderName
  version(): string
  start(options: StartOptions): Promise<Running>
}

const account = { user: 'bench', password: 'bench-password' }
const realm = 'bench.example'
const root = join(import.meta.dir, '../..')

export const coturn: Contender = {
  name: 'coturn',
  version: () => Bun.spawnSync([coturnProgram, '--version']).stdout.toString().trim().split('\n')[0] ?? 'unknown',
  async start({ cores }) {
    const server = await startCoturn({
      realm,
      users: [`${account.user}:${account.password}`],
      silent: true,
      before: ['taskset', '-c', cores],
    })
    const { host, port, child } = server
    endWithUs(child)
    return {
      ...{ host, port, ...account, pid: child.pid, http: undefined },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
}

export const ours: Contender = {
  name: 'ours',
  version: () => Bun.spawnSync(['git', 'describe', '--always', '--dirty'], { cwd: root }).stdout.toString().trim(),
  async start({ cores, backendUrl }) {
    const parts = new AsyncDisposableStack()
    try {
      const folder = parts.use(tempFolder())
      const [httpPort, port] = [await freePort(), await freePort()]
      const file = folder.file('server.conf')
      writeFileSync(file, configuration(httpPort, port, backendUrl))
      // The launcher becomes the server by exec, so that this pid is the server's.
      const command = [
        'taskset',
        '-c',
        cores,
        join(root, 'bin/heliograph'),
        'serve',
        '--log-level',
        'error',
        '--config',
        file,
      ]
      const child = parts.use(startChild(command))
      endWithUs(child)
      await answersBinding(port, child, 15_000)
      await answersHttp(httpPort)
      return {
        ...{ host: '127.0.0.1', port, ...account, pid: child.pid, http: `http://127.0.0.1:${httpPort}` },
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      }
    } catch (failure) {
      await parts.disposeAsync()
      throw failure
    }
  },
}

async function answersHttp(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/welcome`).catch(() => undefined)
    if (answer?.ok) return
    await Bun.sleep(25)
  }
  throw new Error('ours does not answer over HTTP')
}

/** One relaying worker, as coturn has one relay thread; 0 is no limit everywhere. */
function configuration(httpPort: number, port: number, backendUrl: string | undefined): string {
  return `[http]
listen = 127.0.0.1:${httpPort}

[sessions]
hashkey = bench-bench-bench-bench-bench-32
blockkey = bench-bench-16by

[clients]
internalsecret = bench-internal-secret

[backend]
${backendUrl === undefined ? '' : 'allowall = true'}
secret = bench-backend-secret

[turn-server]
listen = 127.0.0.1:${port}
realm = ${realm}
users = ${account.user}:${account.password}
relayaddress = 127.0.0.1
allowedpeers = 127.0.0.0/8
userquota = 0
totalquota = 0
challengerate = 0
bindingrate = 0
workers = 1
`
}
