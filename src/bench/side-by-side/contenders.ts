/** The two servers of a side-by-side run: how each is configured, started, and told to end. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface RunningServer {
  /** Where clients connect. */
  readonly url: URL
  readonly version: string
  readonly pid: number
  /** The message broker, where the server needs one. */
  readonly companions: readonly number[]
  stop(): Promise<void>
}

export interface Contender {
  readonly name: 'ours' | 'original'
  /** Starts it with an empty state, allowing backends at this URL; resolves when it answers. */
  start(backendUrl: string): Promise<RunningServer>
}

const originalProgram = '/usr/bin/nextcloud-spreed-signaling-server'
const brokerProgram = '/usr/sbin/nats-server'
/** This very program, be it the runtime with our sources or the single executable, in which there are no files. */
const ourProgram = Bun.main.includes('$bunfs') ? [process.execPath] : [process.execPath, Bun.main]

/** heliograph as it runs here. */
export const ours: Contender = {
  name: 'ours',
  start: () => withFolder(async (folder, stops) => startServer([...ourProgram, 'serve'], folder, stops, [], '')),
}

/**
 * The original as Debian packages it. With `loopback` it passes messages inside its own process instead of through
 * nats-server, which its packaged configuration mentions for development.
 */
export function original(options: { readonly loopback: boolean }): Contender {
  return {
    name: 'original',
    start: () =>
      withFolder(async (folder, stops) => {
        if (options.loopback) return startServer([originalProgram], folder, stops, [], '[nats]\nurl = :loopback:\n')
        const port = freePort()
        const broker = launch([brokerProgram, '-a', '127.0.0.1', '-p', String(port)], join(folder, 'broker.log'))
        stops.push(() => end(broker))
        return startServer([originalProgram], folder, stops, [broker.pid], `[nats]\nurl = nats://127.0.0.1:${port}\n`)
      }),
  }
}

type Stops = (() => Promise<void>)[]

/** Whatever was started is stopped again when the start fails, last things first. */
async function withFolder(start: (folder: string, stops: Stops) => Promise<RunningServer>): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-bench-'))
  const stops: Stops = [() => rm(folder, { recursive: true, force: true })]
  try {
    return await start(folder, stops)
  } catch (error) {
    await stopAll(stops)
    throw error
  }
}

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.toReversed()) await stop()
}

async function startServer(
  command: readonly string[],
  folder: string,
  stops: Stops,
  companions: readonly number[],
  extra: string,
): Promise<RunningServer> {
  const port = freePort()
  const config = join(folder, 'server.conf')
  const log = join(folder, 'server.log')
  await Bun.write(config, configuration(port) + extra)
  const server = launch([...command, '--config', config], log)
  stops.push(() => end(server))
  const version = await untilWelcome(port, server, log)
  return {
    url: new URL(`ws://127.0.0.1:${port}/spreed`),
    version,
    pid: server.pid,
    companions,
    stop: () => stopAll(stops),
  }
}

/** Both read the same file. The keys are of the lengths that the documentation asks for. */
function configuration(port: number): string {
  return `[http]
listen = 127.0.0.1:${port}

[app]
debug = false

[sessions]
hashkey = bench-bench-bench-bench-bench-32
blockkey = bench-bench-16by

[clients]
internalsecret = bench-internal-secret

[backend]
allowall = true
secret = bench-backend-secret
timeout = 10
connectionsperhost = 8

[stats]
allowed_ips = 127.0.0.1

`
}

const children = new Set<Bun.Subprocess>()

/** For a session that is broken off: nothing that was started stays behind. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

function launch(command: readonly string[], log: string): Bun.Subprocess {
  const file = Bun.file(log)
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: file, stderr: file })
  children.add(child)
  return child
}

/** Asks it to end, and after five seconds makes it. */
async function end(child: Bun.Subprocess): Promise<void> {
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await child.exited
  clearTimeout(late)
  children.delete(child)
}

/** The version that the welcome page tells, as soon as there is one. */
async function untilWelcome(port: number, server: Bun.Subprocess, log: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) break
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/welcome`).catch(() => undefined)
    if (answer?.ok) {
      const page: unknown = await answer.json()
      return typeof page === 'object' && page !== null && 'version' in page ? String(page.version) : 'unknown'
    }
    await Bun.sleep(50)
  }
  throw new Error(`the server does not answer; its last words: ${(await Bun.file(log).text()).slice(-2_000)}`)
}

function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = server
  server.stop(true)
  return port
}
