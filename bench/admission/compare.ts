/**
 * Round trips of an ICE candidate between two members of a room: our admission against a plain Socket.IO server on
 * Node, in alternating rounds of the same run. `bun bench/admission/compare.ts [rounds] [pairs]`; target: no fewer.
 */
import { loadConfig } from '../../src/config/load.ts'
import { startReport } from '../../src/observe/report.ts'
import { appToken } from '../../src/protocols/admission/token.ts'
import { startSignalingServer } from '../../src/signaling-server.ts'

const secret = 'secret'
const token = appToken(secret, 'bench')
const roundTrips = 20_000
const warmUp = 4_000
const candidate = {
  candidate: 'candidate:4248172766 1 udp 2122260223 192.0.2.76 62375 typ host generation 0 ufrag IEYX network-id 1',
  sdpMid: '0',
  sdpMLineIndex: 0,
}

interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

const contenders: readonly Contender[] = [
  { name: 'plain', command: ['node', new URL('plain-server.mjs', import.meta.url).pathname] },
  { name: 'ours', command: [process.execPath, import.meta.path, 'serve'] },
]

/** Ours, in a process of its own: prints its port, and its CPU time (µs) for every line that it reads. */
async function serve(): Promise<void> {
  const text = `[http]\nlisten = 127.0.0.1:0\n[sessions]\nhashkey = ${'0'.repeat(32)}\n[admission]\nappsecret = ${secret}\neventrate = 0\n`
  const { config } = loadConfig({ file: 'bench', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error('the configuration is no good')
  const report = startReport({ level: 'error', format: 'json', write: () => undefined, now: Date.now })
  const server = await startSignalingServer(config, report)
  console.log(server.listening[0]?.port)
  for await (const _ of console) {
    const { user, system } = process.cpuUsage()
    console.log(user + system)
  }
}

interface Client {
  readonly id: string
  readonly auth: string
  say(event: string, message: object): void
  heard(event: string): Promise<Record<string, unknown>>
  /** Every candidate, without being read. */
  onCandidate: () => void
  close(): void
}

async function connect(port: number): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
  const waiting = new Map<string, (message: Record<string, unknown>) => void>()
  const next = (name: string): Promise<Record<string, unknown>> => new Promise((resolve) => waiting.set(name, resolve))
  const client = {
    id: '',
    auth: '',
    say: (event: string, message: object) =>
      socket.send(`42${JSON.stringify([event, { auth: client.auth, ...message }])}`),
    heard: next,
    onCandidate: () => {},
    close: () => socket.close(),
  }
  socket.onmessage = ({ data }) => {
    const text = String(data)
    if (text.startsWith('42["ice-candidate"')) return client.onCandidate()
    if (text === '2') return socket.send('3')
    if (text.startsWith('0')) return socket.send(`40${JSON.stringify({ token })}`)
    const [name, message] = text.startsWith('40') ? ['connect', JSON.parse(text.slice(2))] : JSON.parse(text.slice(2))
    waiting.get(name)?.(message)
  }
  client.id = String((await next('connect'))['sid'])
  client.say('auth-request', { token })
  client.auth = String((await next('auth-accept'))['token'])
  return client
}

interface Result {
  /** Round trips a second. */
  readonly rate: number
  /** µs of the server's CPU for each. */
  readonly cpu: number
}

async function measure({ command }: Contender, pairs: number): Promise<Result> {
  await using child = Bun.spawn([...command], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  const line = async (): Promise<number> => Number((await lines.read()).value)
  const cpu = async (): Promise<number> => {
    child.stdin.write('\n')
    child.stdin.flush()
    return line()
  }
  const port = await line()
  const clients = await Promise.all(Array.from({ length: pairs }, async (_, pair) => meet(port, `room ${pair}`)))
  const run = (total: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let left = total
    for (const [first, second, room] of clients) {
      const packets = [second, first].map(({ id: to }) => ({ room, to, ice_candidate: candidate }))
      const [there, back] = [packets[0] ?? {}, packets[1] ?? {}]
      second.onCandidate = () => second.say('relay-ice-candidate', back)
      first.onCandidate = () => {
        if (--left === 0) resolve()
        if (left > 0) first.say('relay-ice-candidate', there)
      }
      first.say('relay-ice-candidate', there)
    }
    return promise
  }
  await run(warmUp)
  await Bun.sleep(200)
  const [before, start] = [await cpu(), performance.now()]
  await run(roundTrips)
  const seconds = (performance.now() - start) / 1000
  const result = { rate: roundTrips / seconds, cpu: ((await cpu()) - before) / roundTrips }
  for (const [first, second] of clients) for (const one of [first, second]) one.close()
  child.kill()
  return result
}

async function meet(port: number, room: string): Promise<readonly [Client, Client, string]> {
  const [first, second] = await Promise.all([connect(port), connect(port)])
  first.say('room-create-request', { room })
  await first.heard('room-create-accept')
  const admitted = second.heard('room-join-accept')
  const asked = first.heard('room-join-request')
  second.say('room-join-request', { room })
  // The plain server lets everybody in.
  const one = await Promise.race([asked, admitted])
  if (!('peers' in one)) first.say('room-join-accept', { room, peer_id: second.id })
  await admitted
  return [first, second, room]
}

async function compare(rounds: number, pairs: number): Promise<void> {
  const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed()
    for (const contender of order) results.get(contender.name)?.push(await measure(contender, pairs))
  }
  const median = (name: string, of: (result: Result) => number): number => {
    const values = (results.get(name) ?? []).map(of).sort((a, b) => a - b)
    return values[Math.floor(values.length / 2)] ?? 0
  }
  console.log(`${pairs} pairs, ${roundTrips} round trips of a candidate, median of ${rounds} rounds`)
  const rates = contenders.map(({ name }) => median(name, ({ rate }) => rate))
  const cpus = contenders.map(({ name }) => median(name, ({ cpu }) => cpu))
  for (const [index, { name }] of contenders.entries()) {
    console.log(
      `${name.padEnd(6)} ${rates[index]?.toFixed(0)} round trips/s   ${cpus[index]?.toFixed(1)} µs of CPU for each`,
    )
  }
  const ratio = ([plain = 0, ours = 0]: readonly number[]): string => (ours / plain).toFixed(2)
  console.log(`ours/plain: round trips/s ${ratio(rates)}, CPU ${ratio(cpus)}`)
}

const [word, more] = process.argv.slice(2)
if (word === 'serve') await serve()
else await compare(Number(word ?? 5), Number(more ?? 10))
