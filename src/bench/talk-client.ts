/** A Talk client of the load generator: says hello, joins a room, and leaves the rest to the scenario. */

import { type Line, openLine } from './line.ts'
import { textAt } from './text-at.ts'

export interface Target {
  /** Where the clients connect, for example ws://127.0.0.1:8080/spreed. */
  readonly url: URL
  /** Base URL of the stub backend, with a slash at the end. */
  readonly backendUrl: string
}

export interface TalkClient {
  readonly index: number
  readonly sessionId: string
  readonly line: Line
}

const answerTimeout = 60_000

/** The user id of the n-th client; `readUserIndex` finds it again in whatever the server sends. */
export function userId(index: number): string {
  return `${userPrefix}${String(index).padStart(userDigits, '0')}`
}

const userPrefix = 'bench-'
const userDigits = 6
const userMarker = Buffer.from(userPrefix)

/** Calls `found` with the index of every user id between `start` and `end`. */
export function eachUserIndex(buffer: Buffer, start: number, end: number, found: (index: number) => void): void {
  let at = buffer.indexOf(userMarker, start)
  while (at >= 0 && at + userMarker.length + userDigits <= end) {
    let index = 0
    for (let i = at + userMarker.length, last = i + userDigits; i < last; i += 1) {
      index = index * 10 + (buffer[i] ?? 0) - 48
    }
    found(index)
    at = buffer.indexOf(userMarker, at + userMarker.length + userDigits)
  }
}

/** Connects and says hello with version 1.0; resolves with the answer, rejects on any refusal. */
export async function connectClient(target: Target, index: number): Promise<TalkClient> {
  const answered = Promise.withResolvers<string>()
  // Whoever awaits the line's opening gets its failure from there.
  answered.promise.catch(() => {})
  const line = await openLine(target.url, (buffer, start, end) => {
    const reply: unknown = JSON.parse(buffer.toString('utf8', start, end))
    const type = textAt(reply, 'type')
    if (type === 'hello') answered.resolve(textAt(reply, 'hello', 'sessionid') ?? '')
    else if (type === 'error' || type === 'bye') answered.reject(new Error(`hello refused: ${JSON.stringify(reply)}`))
  })
  line.onLost = (why) => answered.reject(new Error(`lost before the answer to hello: ${why}`))
  line.sendText(helloText(target.backendUrl, index))
  const sessionId = await withTimeout(answered.promise, 'hello')
  line.onMessage = () => {}
  line.onLost = () => {}
  return { index, sessionId, line }
}

/** Many clients, some of them at a time. */
export async function connectClients(target: Target, count: number, atATime = 32): Promise<readonly TalkClient[]> {
  const clients: TalkClient[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) clients.push(await connectClient(target, next++))
  }
  await Promise.all(Array.from({ length: Math.min(atATime, count) }, worker))
  return clients.sort((a, b) => a.index - b.index)
}

/** Joins a room and waits for the answer to that; join events may still follow. */
export async function joinRoom(client: TalkClient, roomId: string): Promise<void> {
  const answered = Promise.withResolvers<void>()
  client.line.onMessage = (buffer, start, end) => {
    if (!isRoomOrError(buffer, start, end)) return
    const reply: unknown = JSON.parse(buffer.toString('utf8', start, end))
    if (textAt(reply, 'type') === 'error') answered.reject(new Error(`room refused: ${JSON.stringify(reply)}`))
    else answered.resolve()
  }
  client.line.onLost = (why) => answered.reject(new Error(`lost before the answer to room: ${why}`))
  client.line.sendText(joinText(client.index, roomId))
  await withTimeout(answered.promise, 'room')
  client.line.onMessage = () => {}
  client.line.onLost = () => {}
}

/** Many clients into one room, some of them at a time, and then until the join events have died down. */
export async function joinRooms(clients: readonly TalkClient[], roomId: string, atATime = 8): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let client = clients[next++]; client !== undefined; client = clients[next++]) await joinRoom(client, roomId)
  }
  await Promise.all(Array.from({ length: Math.min(atATime, clients.length) }, worker))
}

/** The request to join. The Nextcloud session id has Talk's length, since servers repeat it to every member. */
export function joinText(index: number, roomId: string): string {
  const sessionid = `${String(index)}-`.padEnd(255, 'n')
  return JSON.stringify({ id: 'join', type: 'room', room: { roomid: roomId, sessionid } })
}

/** Says bye, so that the server keeps nothing for a resume, and closes. */
export function leave(client: TalkClient): void {
  client.line.onMessage = () => {}
  client.line.onLost = () => {}
  client.line.sendText('{"id":"bye","type":"bye","bye":{}}')
  client.line.close()
}

function helloText(backendUrl: string, index: number): string {
  const url = `${backendUrl}ocs/v2.php/apps/spreed/api/v1/signaling/backend`
  const auth = { url, params: { userid: userId(index), ticket: 'bench' } }
  return JSON.stringify({ id: 'hello', type: 'hello', hello: { version: '1.0', auth } })
}

const roomType = Buffer.from('"type":"room"')
const errorType = Buffer.from('"type":"error"')

/** Cheaper than parsing the long join events that come in between. */
function isRoomOrError(buffer: Buffer, start: number, end: number): boolean {
  const head = buffer.subarray(start, Math.min(end, start + 200))
  return head.includes(roomType) || head.includes(errorType)
}

async function withTimeout<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: Timer | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to ${what} in ${answerTimeout / 1000} s`)), answerTimeout)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
