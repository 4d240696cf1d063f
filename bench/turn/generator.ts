/** The load generator of `load/`, compiled when it is first needed, and what it prints. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { endWithUs } from './left-behind.ts'

const sources = join(import.meta.dir, 'load')
const compiler = '/usr/bin/gcc'
/** Of Debian's packages, the headers that stand for the libraries. */
const needed = [
  { package: 'gcc', path: compiler },
  { package: 'libc6-dev', path: '/usr/include/stdio.h' },
  { package: 'libssl-dev', path: '/usr/include/openssl/evp.h' },
]

/** Debian's packages without which it cannot be compiled. */
export function missingPackages(): readonly string[] {
  return needed.filter(({ path }) => !existsSync(path)).map((each) => each.package)
}

export interface GeneratorTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Whose CPU time is told. */
  readonly pid: number
}

/** Numbers of one rate. Times in µs; `relayed` are the packets that came out of the server while its CPU was looked at. */
const trafficShape = z.object({
  rate: z.number(),
  seconds: z.number(),
  sent: z.number(),
  received: z.number(),
  notSent: z.number(),
  reordered: z.number(),
  relayed: z.number(),
  bufferErrors: z.number(),
  cpuMicros: z.number(),
  busy: z.number(),
  latency: z.object({ p50: z.number(), p90: z.number(), p99: z.number(), p999: z.number(), max: z.number() }),
  lateP99: z.number(),
})
export type Traffic = z.infer<typeof trafficShape>

const makingShape = z.object({
  allocations: z.number(),
  seconds: z.number(),
  repeated: z.number(),
  failed: z.number(),
  firstError: z.number(),
})
export type Making = z.infer<typeof makingShape>

const strangersShape = z.object({ requests: z.number(), answers: z.number() })

export interface Generator {
  /** One result for each of `rates`, round trips (of frames: packets) per second. */
  rates(target: GeneratorTarget, rates: readonly number[], options: TrafficOptions): Promise<readonly Traffic[]>
  /** The same without a server in between. */
  direct(rates: readonly number[], options: TrafficOptions): Promise<readonly Traffic[]>
  /** The highest rate with at most 0.1 % loss. `progress` gets a line for each rate that is tried. */
  search(target: GeneratorTarget, options: SearchOptions, progress: (line: string) => void): Promise<Traffic>
  allocate(target: GeneratorTarget, allocations: number, inFlight: number): Promise<Making>
  /** Makes allocations with a channel each and holds them until it is disposed of. */
  hold(target: GeneratorTarget, allocations: number): Promise<Making & AsyncDisposable>
  /** Unauthenticated requests, each from a port of its own; how many were answered. */
  strangers(target: GeneratorTarget, requests: number): Promise<number>
}

export interface TrafficOptions {
  readonly allocations: number
  /** Octets of data in a packet. */
  readonly size: number
  readonly seconds: number
  readonly warmup: number
  /** Video frames both ways instead of single packets that are sent back. */
  readonly frames?: 'plain' | 'segments' | undefined
  /** Sleeps until the next packet is due, where it is not alone on its core; latencies are worse then. */
  readonly sleeps?: boolean
}

export interface SearchOptions extends TrafficOptions {
  readonly from: number
  readonly to: number
}

/** Compiles it if need be. `core` is where it runs, clients and peers; undefined leaves it to the kernel. */
export async function prepareGenerator(core: number | undefined): Promise<Generator> {
  const program = await compiled()
  const pinned = core === undefined ? [] : ['--core', String(core)]
  const start = (words: readonly (string | number)[], input: 'ignore' | 'pipe' = 'ignore') => {
    const child = Bun.spawn([program, ...words.map(String), ...pinned], {
      stdin: input,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    endWithUs(child)
    return child
  }

  async function lines(words: readonly (string | number)[], progress?: (line: string) => void): Promise<string[]> {
    const child = start(words)
    const [out, told] = await Promise.all([child.stdout.text(), child.stderr.text()])
    if ((await child.exited) !== 0) throw new Error(`the load generator failed: ${told.trim()}`)
    if (progress) for (const line of told.trim().split('\n')) progress(line)
    return out.trim().split('\n')
  }
  const traffics = async (words: readonly (string | number)[]): Promise<readonly Traffic[]> =>
    (await lines(words)).map((line) => trafficShape.parse(JSON.parse(line)))
  const only = async (words: readonly (string | number)[], progress?: (line: string) => void): Promise<unknown> =>
    JSON.parse((await lines(words, progress))[0] ?? '')

  return {
    rates: (target, rates, options) => traffics(['rate', ...at(target), ...plan(options), '--rate', rates.join(',')]),
    direct: (rates, options) => traffics(['direct', ...plan(options), '--rate', rates.join(',')]),
    search: async (target, options, progress) =>
      trafficShape.parse(
        await only(['search', ...at(target), ...plan(options), '--from', options.from, '--to', options.to], progress),
      ),
    allocate: async (target, allocations, inFlight) =>
      makingShape.parse(await only(['allocate', ...at(target), '--allocations', allocations, '--in-flight', inFlight])),
    async hold(target, allocations) {
      const child = start(['idle', ...at(target), '--allocations', allocations], 'pipe')
      const made = makingShape.parse(JSON.parse(await firstLine(child.stdout)))
      return {
        ...made,
        async [Symbol.asyncDispose]() {
          await child.stdin?.end()
          await child.exited
        },
      }
    },
    strangers: async (target, requests) =>
      strangersShape.parse(await only(['strangers', ...at(target), '--count', requests])).answers,
  }
}

function at({ host, port, user, password, pid }: GeneratorTarget): readonly string[] {
  return ['--server', `${host}:${port}`, '--user', user, '--password', password, '--pid', String(pid)]
}

function plan({ allocations, size, seconds, warmup, frames, sleeps }: TrafficOptions): readonly (string | number)[] {
  return [
    ...['--allocations', allocations, '--size', size, '--seconds', seconds, '--warmup', warmup],
    ...(frames === undefined ? [] : ['--frames']),
    ...(frames === 'segments' ? ['--segments'] : []),
    ...(sleeps ? ['--sleep'] : []),
  ]
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'))
  }
  throw new Error('the load generator ended before it was ready')
}

/** The program for these very sources; two that compile it at once do not disturb each other. */
async function compiled(): Promise<string> {
  const missing = missingPackages()
  if (missing.length > 0) throw new Error(`the load generator needs Debian's ${missing.join(', ')}`)
  const hash = new Bun.CryptoHasher('sha256')
  for (const name of (await readdir(sources)).toSorted()) hash.update(await Bun.file(join(sources, name)).bytes())
  const folder = join(tmpdir(), `heliograph-load-${process.getuid?.() ?? 0}`)
  const program = join(folder, hash.digest('hex').slice(0, 16))
  if (existsSync(program)) return program
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = (await readdir(sources)).filter((name) => name.endsWith('.c')).map((name) => join(sources, name))
  const fresh = `${program}.${process.pid}`
  const flags = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror']
  const run = Bun.spawnSync([compiler, ...flags, '-o', fresh, ...files, '-lcrypto'])
  if (run.exitCode !== 0) {
    await rm(fresh, { force: true })
    throw new Error(`the load generator does not compile:\n${run.stderr}`)
  }
  await rename(fresh, program)
  return program
}
