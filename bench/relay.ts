/**
 * CPU per delivery of a room broadcast: our relay against a bare Bun server that does nothing but `publish`, in
 * alternating rounds of the same run. `bun bench/relay.ts [rounds]`; target: at most 1.5 times as much.
 */
import { createRelayHandler } from '../src/index.ts'

const members = 50
const messages = 4_000
const text = JSON.stringify({ event: 'candidate', data: { label: 0, id: '0', candidate: 'x'.repeat(60) } })

interface Contender {
  readonly name: string
  readonly program: string
  /** Said by each client first; how many frames all of them get for that. */
  readonly entry: string | undefined
  readonly framesAtEntry: number
}

const contenders: readonly Contender[] = [
  { name: 'bare publish', program: 'bare', entry: undefined, framesAtEntry: 0 },
  {
    name: 'relay',
    program: 'relay',
    entry: JSON.stringify({ event: 'authenticate', data: { username: 'ann', password: 'pw' } }),
    framesAtEntry: (members * (members + 1)) / 2,
  },
]

/** How messages come: many at once, or one after the other. */
const rhythms = [
  { name: 'bursts of 20', burst: 20 },
  { name: 'one by one', burst: 1 },
] as const

/** In a process of its own: prints its port, and its CPU time (µs) for every line that it reads. */
async function serve(program: string): Promise<void> {
  const relay = createRelayHandler({ auth: () => 'pw' })
  const bare = {
    open: (socket: { subscribe(topic: string): void }) => socket.subscribe('room'),
    message: (socket: { publish(topic: string, text: string): void }, said: string | Uint8Array) =>
      socket.publish('room', String(said)),
  }
  const server =
    program === 'relay'
      ? Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: relay.route, websocket: relay.websocket })
      : Bun.serve({
          hostname: '127.0.0.1',
          port: 0,
          fetch: (request, self) => void self.upgrade(request),
          websocket: bare,
        })
  console.log(server.port)
  for await (const _ of console) {
    const { user, system } = process.cpuUsage()
    console.log(user + system)
  }
}

/** µs of the server's CPU for each delivery, in each rhythm. */
async function measure({ program, entry, framesAtEntry }: Contender): Promise<readonly number[]> {
  await using child = Bun.spawn([process.execPath, import.meta.path, 'serve', program], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  const line = async (): Promise<number> => Number((await lines.read()).value)
  const port = await line()
  let received = 0
  let wanted = { count: Number.POSITIVE_INFINITY, resolve: () => {} }
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      received = 0
      wanted = { count, resolve }
    })
  const count = (): void => {
    if (++received === wanted.count) wanted.resolve()
  }
  const entered = entry === undefined ? undefined : until(framesAtEntry)
  const sockets = await Promise.all(
    Array.from({ length: members }, () => connect(`ws://127.0.0.1:${port}/websocket/den`, count)),
  )
  if (entry !== undefined) for (const socket of sockets) socket.send(entry)
  await entered

  const cpu = async (): Promise<number> => {
    child.stdin.write('\n')
    child.stdin.flush()
    return line()
  }
  const say = async (total: number, burst: number): Promise<void> => {
    for (let sent = 0; sent < total; sent += burst) {
      const all = until(burst * (members - 1))
      for (let one = 0; one < burst; one++) sockets[(sent + one) % members]?.send(text)
      await all
    }
  }
  const results: number[] = []
  for (const { burst } of rhythms) {
    await say(500, burst)
    const before = await cpu()
    await say(messages, burst)
    results.push(((await cpu()) - before) / (messages * (members - 1)))
  }
  for (const socket of sockets) socket.close()
  child.kill()
  return results
}

function connect(url: string, heard: () => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.onopen = () => resolve(socket)
    socket.onerror = () => reject(new Error(`no connection to ${url}`))
    socket.onmessage = heard
  })
}

async function compare(rounds: number): Promise<void> {
  const results = new Map<string, (readonly number[])[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed()
    for (const contender of order) results.get(contender.name)?.push(await measure(contender))
  }
  const median = (name: string, rhythm: number): number => {
    const values = (results.get(name) ?? []).map((one) => one[rhythm] ?? 0).sort((a, b) => a - b)
    return values[Math.floor(values.length / 2)] ?? 0
  }
  console.log(`a room of ${members}, ${text.length} characters, median of ${rounds} rounds: µs of CPU per delivery`)
  for (const [index, { name }] of rhythms.entries()) {
    const [bare, ours] = [median('bare publish', index), median('relay', index)]
    console.log(
      `${name.padEnd(14)} bare publish ${bare.toFixed(2)}   relay ${ours.toFixed(2)}   ratio ${(ours / bare).toFixed(2)}`,
    )
  }
}

const [word, more] = process.argv.slice(2)
if (word === 'serve') await serve(more ?? '')
else await compare(Number(word ?? 5))
