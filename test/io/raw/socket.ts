/** A WebSocket client made of a TCP or TLS socket: it can stop reading, send any bytes, and vanish without a word. */
import { connect, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { JsonObject } from '../../support/json.ts'
import { at, isObject, parseJson, textAt } from '../../support/json.ts'
import { createFrameReader, type FrameShape, frameBytes, opcodes, type RawFrame } from './frames.ts'

export interface RawWebSocket extends AsyncDisposable {
  /** Status line and headers of the answer to the handshake. */
  readonly head: string
  /** Everything that came, pings and closes included. */
  readonly frames: readonly RawFrame[]
  /** The messages among them. */
  readonly messages: readonly JsonObject[]
  say(message: JsonObject): void
  sendFrame(payload: string | Uint8Array, shape?: FrameShape): void
  write(bytes: Uint8Array | string): void
  /** From now on nothing is read: what the server sends stays in its buffers and in those of the kernel. */
  pause(): void
  resume(): void
  /** The first frame, past or future, that fits; fails when the connection ends or the limit passes before. */
  frame(fits: (frame: RawFrame) => boolean, limitMs?: number): Promise<RawFrame>
  message(fits: (message: JsonObject) => boolean, limitMs?: number): Promise<JsonObject>
  /** Resolves with the code of the close frame, undefined without one, once the connection is gone. */
  closed(limitMs?: number): Promise<{ readonly code: number | undefined; readonly reason: string }>
  readonly isClosed: boolean
  /** Ends the connection at once, with a reset where there is unread data. */
  destroy(): void
}

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  /** Over TLS, whatever the certificate. */
  readonly secure?: boolean
  /** Pings stay without an answer. */
  readonly mute?: boolean
  /** Reads a compressed message. */
  readonly inflate?: (payload: Buffer) => string
}

const limit = 5_000

/** A socket that is connected; `host:port`. */
export async function openTcp(address: string, secure = false): Promise<Socket> {
  const [host = '', port = ''] = address.split(':')
  const target = { host, port: Number(port) }
  const socket: Socket = secure ? connectSecure({ ...target, rejectUnauthorized: false }) : connect(target)
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once(secure ? 'secureConnect' : 'connect', () => resolve())
  })
  // What happens to it later is seen by its end.
  socket.on('error', () => {})
  return socket
}

export async function openRaw(address: string, options: RawOptions = {}): Promise<RawWebSocket> {
  const socket = await openTcp(address, options.secure)
  const frames: RawFrame[] = []
  const messages: JsonObject[] = []
  const watchers = new Set<() => void>()
  let head = ''
  let ended = false
  const look = (): void => {
    for (const watcher of [...watchers]) watcher()
  }
  const read = createFrameReader((frame) => {
    frames.push(frame)
    if (frame.opcode === opcodes.ping && !options.mute) raw.sendFrame(frame.payload, { opcode: opcodes.pong })
    if (frame.opcode === opcodes.close) socket.end(frameBytes(frame.payload, { opcode: opcodes.close }))
    if (frame.opcode !== opcodes.text) return
    const inflated = frame.rsv1 ? options.inflate?.(frame.payload) : frame.payload.toString()
    if (inflated === undefined) throw new Error('a compressed frame that nobody can read')
    const json = parseJson(inflated)
    if (isObject(json)) messages.push(json)
  })
  socket.on('close', () => {
    ended = true
    look()
  })

  /** Waits until `found` has something; fails at the end of the connection. */
  function seen<T>(found: () => T | undefined, what: string, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(patience)
        watchers.delete(watcher)
      }
      const fail = (why: string): void => {
        finish()
        reject(new Error(`${what}: ${why}; heard ${messages.length} messages, last ${JSON.stringify(messages.at(-1))}`))
      }
      const patience = setTimeout(() => fail(`nothing within ${limitMs} ms`), limitMs)
      const watcher = (): void => {
        const value = found()
        if (value !== undefined) {
          finish()
          resolve(value)
        } else if (ended) fail('the connection ended')
      }
      watchers.add(watcher)
      watcher()
    })
  }

  const raw: RawWebSocket = {
    get head() {
      return head
    },
    frames,
    messages,
    say: (message) => raw.sendFrame(JSON.stringify(message)),
    sendFrame: (payload, shape) => raw.write(frameBytes(payload, shape)),
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    frame: (fits, limitMs = limit) => seen(() => frames.find(fits), 'frame', limitMs),
    message: (fits, limitMs = limit) => {
      let next = 0
      const find = (): JsonObject | undefined => {
        for (; next < messages.length; next++) {
          const message = messages[next]
          if (message && fits(message)) return message
        }
        return undefined
      }
      return seen(find, 'message', limitMs)
    },
    async closed(limitMs = limit) {
      await seen(() => (ended ? true : undefined), 'close', limitMs)
      const close = frames.find(({ opcode }) => opcode === opcodes.close)
      if (!close || close.payload.length < 2) return { code: undefined, reason: '' }
      return { code: close.payload.readUInt16BE(0), reason: close.payload.subarray(2).toString() }
    },
    get isClosed() {
      return ended
    },
    destroy: () => void socket.destroy(),
    async [Symbol.asyncDispose]() {
      socket.resume()
      socket.destroy()
      if (!ended) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    },
  }
  let early = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    if (head !== '') read(bytes)
    else {
      early = Buffer.concat([early, bytes])
      const end = early.indexOf('\r\n\r\n')
      if (end < 0) return
      head = early.subarray(0, end).toString()
      if (head.startsWith('HTTP/1.1 101')) read(early.subarray(end + 4))
    }
    look()
  })
  socket.write(handshakeOf(address, options.path ?? '/spreed', options.headers ?? {}))
  await seen(() => (head === '' ? undefined : true), 'handshake', limit)
  if (!head.startsWith('HTTP/1.1 101')) {
    socket.destroy()
    throw new Error(`no upgrade: ${early}`)
  }
  return raw
}

export const handshakeOf = (address: string, path: string, headers: Readonly<Record<string, string>>): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${address}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')

/** Says hello as `helloAs` does; the answer holds the ids. */
export async function rawHello(raw: RawWebSocket, authUrl: string, userid: string): Promise<JsonObject> {
  raw.say({ id: 'hello', type: 'hello', hello: { version: '1.0', auth: { url: authUrl, params: { userid } } } })
  const answer = await raw.message((message) => textAt(message, 'id') === 'hello')
  if (textAt(answer, 'type') !== 'hello') throw new Error(`no hello: ${JSON.stringify(answer)}`)
  return answer
}

/** Joins a room and waits for the answer. */
export async function rawJoin(raw: RawWebSocket, roomid: string, sessionid: string): Promise<void> {
  raw.say({ id: `join ${roomid}`, type: 'room', room: { roomid, sessionid } })
  const answer = await raw.message((message) => textAt(message, 'id') === `join ${roomid}`)
  if (at(answer, 'room', 'roomid') !== roomid) throw new Error(`not joined: ${JSON.stringify(answer)}`)
}

export interface Member extends RawWebSocket {
  readonly sessionId: string
  readonly resumeId: string
}

/** Connects, says hello as that user and joins the room. */
export async function rawMember(
  address: string,
  authUrl: string,
  user: string,
  room: string,
  options: RawOptions = {},
): Promise<Member> {
  const raw = await openRaw(address, options)
  const answer = await rawHello(raw, authUrl, user)
  await rawJoin(raw, room, `nextcloud session of ${user}`)
  const ids = {
    sessionId: textAt(answer, 'hello', 'sessionid') ?? '',
    resumeId: textAt(answer, 'hello', 'resumeid') ?? '',
  }
  return Object.assign(raw, ids)
}

export interface Numbered {
  readonly from: number
  readonly to: number
  /** Characters that each message carries besides its number. */
  readonly weight: number
}

/** Sends messages `from` to `to`, numbered, to everybody in the room. */
export function sayNumbered(raw: RawWebSocket, { from, to, weight }: Numbered): void {
  const pad = 'x'.repeat(weight)
  for (let number = from; number <= to; number++) {
    raw.say({ type: 'message', message: { recipient: { type: 'room' }, data: { number, pad } } })
  }
}

/** The numbers that arrived, in the order in which they did. */
export function numbersOf(raw: RawWebSocket): readonly number[] {
  return raw.messages
    .map((message) => at(message, 'message', 'data', 'number'))
    .filter((number) => typeof number === 'number')
}

export async function numberHeard(raw: RawWebSocket, number: number, limitMs = 20_000): Promise<void> {
  await raw.message((message) => at(message, 'message', 'data', 'number') === number, limitMs)
}

export const countUp = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
