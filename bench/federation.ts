/**
 * What a message costs that comes from another server, or goes there, against one that stays: CPU of our server for a
 * federated room of 100, and for a room of 100 of its own, in alternating rounds. `bun bench/federation.ts [rounds]`;
 * target: at most 2.5 times as much.
 */
import { cpuMicros } from '../src/bench/process-usage.ts'
import { type FederationStage, federationStage } from '../test/support/federation-stage.ts'
import { parseJson, textAt } from '../test/support/json.ts'
import { startOurs } from '../test/support/ours.ts'

const people = 100
/** Messages a second, to a room and from each to one; ours have to keep up with ease. */
const pace = { toRoom: 40, toOne: 2_000 }
const seconds = 6
const data = { type: 'candidate', payload: 'x'.repeat(70) }

interface Person {
  readonly id: string
  /** Messages that were heard since the last question. */
  count(): number
  say(text: string): void
  close(): void
}

/** µs of CPU: of the server of the receivers (or senders), and of the one that has the room. */
interface Cost {
  readonly nearby: number
  readonly atTheRoom: number
}

const authUrl = (base: string): string => `${base}ocs/v2.php/apps/spreed/api/v3/signaling/backend`

/** Counts what comes and parses nothing but the answers to its own requests. */
async function enter(url: string, auth: string, name: string, room: object): Promise<Person> {
  const socket = new WebSocket(url)
  let heard = 0
  const answers = new Map<string, (text: string) => void>()
  socket.onmessage = ({ data: text }) => {
    if (String(text).startsWith('{"type":"message"')) heard++
    else if (String(text).startsWith('{"id":')) {
      const id = textAt(parseJson(String(text)), 'id') ?? ''
      answers.get(id)?.(String(text))
    }
  }
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  const ask = (id: string, message: object): Promise<string> => {
    const answer = new Promise<string>((resolve) => answers.set(id, resolve))
    socket.send(JSON.stringify({ id, ...message }))
    return answer
  }
  const hello = { version: '1.0', auth: { url: auth, params: { userid: name } } }
  const id = textAt(parseJson(await ask('hello', { type: 'hello', hello })), 'hello', 'sessionid') ?? ''
  const joined = await ask('room', { type: 'room', room: { sessionid: `seat of ${name}`, ...room } })
  if (textAt(parseJson(joined), 'type') !== 'room') throw new Error(joined)
  return {
    id,
    count() {
      const counted = heard
      heard = 0
      return counted
    },
    say: (text) => socket.send(text),
    close: () => socket.close(),
  }
}

let rooms = 0

/** A room at the server there: one person of its own, and the others of its own too, or from here. */
async function fill({ here, there }: FederationStage, isFederated: boolean): Promise<readonly Person[]> {
  const roomid = `room${++rooms}`
  const host = await enter(there.server.socketUrl, authUrl(there.talk.url()), `host of ${roomid}`, { roomid })
  const others: Person[] = []
  for (let n = 1; n < people; n++) {
    const name = `user${n}of${roomid}`
    if (isFederated) {
      const token = await there.talk.token({ sub: `${name}@here` })
      const federation = {
        signaling: `http://127.0.0.1:${portOf(there.server.address)}`,
        url: there.talk.url(),
        roomid,
        token,
      }
      others.push(
        await enter(here.server.socketUrl, authUrl(here.talk.url()), name, { roomid: `local ${roomid}`, federation }),
      )
    } else others.push(await enter(there.server.socketUrl, authUrl(there.talk.url()), name, { roomid }))
  }
  return [host, ...others]
}

const portOf = (address: string): string => address.split(':')[1] ?? ''

/** Says something so often a second, and resolves when all of it was heard. */
async function measure(
  stage: FederationStage,
  rate: number,
  say: (n: number) => void,
  heard: () => number,
  perMessage: number,
): Promise<Cost> {
  const pids = [stage.here.server.child.pid, stage.there.server.child.pid]
  const run = async (total: number): Promise<void> => {
    const start = performance.now()
    for (let n = 0; n < total; ) {
      const due = Math.min(total, Math.ceil(((performance.now() - start) * rate) / 1000))
      for (; n < due; n++) say(n)
      await Bun.sleep(4)
    }
    for (let count = heard(); count < total * perMessage; count += heard()) await Bun.sleep(5)
  }
  await run(3 * rate)
  const before = pids.map(cpuMicros)
  const total = rate * seconds
  await run(total)
  const [nearby = 0, atTheRoom = 0] = pids.map(
    (pid, index) => (cpuMicros(pid) - (before[index] ?? 0)) / (total * perMessage),
  )
  return { nearby, atTheRoom }
}

/** Everybody in the room hears what one says; then each of them says something to that one. */
async function measureRoom(stage: FederationStage, isFederated: boolean): Promise<readonly [Cost, Cost]> {
  const all = await fill(stage, isFederated)
  await Bun.sleep(500)
  const [host, ...others] = all
  if (!host) throw new Error('nobody')
  for (const one of all) one.count()
  const toRoom = JSON.stringify({ type: 'message', message: { recipient: { type: 'room' }, data } })
  const arriving = await measure(
    stage,
    pace.toRoom,
    () => host.say(toRoom),
    () => others.reduce((sum, one) => sum + one.count(), 0),
    others.length,
  )
  const toHost = JSON.stringify({
    type: 'message',
    message: { recipient: { type: 'session', sessionid: host.id }, data },
  })
  const leaving = await measure(
    stage,
    pace.toOne,
    (n) => others[n % others.length]?.say(toHost),
    () => host.count(),
    1,
  )
  for (const one of all) one.close()
  return [arriving, leaving]
}

const rounds = Number(process.argv[2] ?? 3)
await using stage = await federationStage(startOurs, startOurs)
const results = { local: [] as (readonly [Cost, Cost])[], federated: [] as (readonly [Cost, Cost])[] }
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? [false, true] : [true, false]
  for (const isFederated of order) {
    results[isFederated ? 'federated' : 'local'].push(await measureRoom(stage, isFederated))
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

console.log(
  `a room of ${people}, ${JSON.stringify(data).length} characters of data, median of ${rounds} rounds: µs of CPU per message`,
)
for (const [index, name] of ['heard by everybody in the room', 'said by each of them to one'].entries()) {
  const of = (side: keyof typeof results, part: keyof Cost): number =>
    median(results[side].map((both) => both[index]?.[part] ?? 0))
  const local = of('local', 'atTheRoom')
  const [nearby, atTheRoom] = [of('federated', 'nearby'), of('federated', 'atTheRoom')]
  console.log(
    `${name.padEnd(32)} local ${local.toFixed(2)}   federated: at our server ${nearby.toFixed(2)} (ratio ${(nearby / local).toFixed(2)}), at the one that has the room ${atTheRoom.toFixed(2)} (${(atTheRoom / local).toFixed(2)})`,
  )
}
