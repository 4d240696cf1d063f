/** One WebSocket connection of the load generator, on a bare TCP socket: cheaper per frame than a WebSocket object, and it counts the bytes. */

import type { Socket } from 'bun'
import { createFrameReader, type MessageSink, maskedFrame, opcode } from './frames.ts'

/** The masking key of every frame: its secrecy protects browsers' proxies, of which there are none here. */
export const maskKey: Uint8Array = new Uint8Array([0x4a, 0xc3, 0x19, 0xe6])

/** The sample nonce of RFC 6455, section 1.3, and the answer it must get. */
const nonce = 'dGhlIHNhbXBsZSBub25jZQ=='
const expectedAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const endOfHead = Buffer.from('\r\n\r\n')

export interface Line {
  /** Gets every message; replace it at will. */
  onMessage: MessageSink
  /** Called once when the connection is over, unless this side closed it. */
  onLost: (why: string) => void
  /** Bytes received since the upgrade, frame headers included. */
  readonly bytesIn: () => number
  send(frame: Uint8Array): void
  sendText(text: string): void
  /** From now on stops reading after each chunk until `resume` is called, so that many frames come in one chunk. */
  readLazily(): void
  resume(): void
  close(): void
}

/** Connects and upgrades; rejects when the server does not agree. Messages go to `onMessage` from the first one on. */
export function openLine(url: URL, onMessage: MessageSink): Promise<Line> {
  const tls = url.protocol === 'wss:'
  const port = Number(url.port || (tls ? 443 : 80))
  const opened = Promise.withResolvers<Line>()
  let socket: Socket<undefined> | undefined
  let head: Buffer | undefined = Buffer.alloc(0)
  let unsent: Buffer | undefined
  let bytesIn = 0
  let closed = false
  let lazy = false

  const line: Line = {
    onMessage,
    onLost: () => {},
    bytesIn: () => bytesIn,
    send: write,
    sendText: (text) => write(maskedFrame(opcode.text, Buffer.from(text), maskKey)),
    readLazily() {
      lazy = true
    },
    resume: () => socket?.resume(),
    close() {
      closed = true
      socket?.end(maskedFrame(opcode.close, Buffer.from([0x03, 0xe8]), maskKey))
    },
  }
  const reader = createFrameReader({
    message: (buffer, start, end) => line.onMessage(buffer, start, end),
    control(code, payload) {
      if (code === opcode.ping) write(maskedFrame(opcode.pong, payload, maskKey))
      if (code === opcode.close) lost(`closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 'no code'}`)
    },
  })

  Bun.connect({
    hostname: url.hostname,
    port,
    tls,
    socket: {
      open(connected) {
        socket = connected
        connected.setNoDelay(true)
        connected.write(upgradeRequest(url))
      },
      data(connected, chunk) {
        if (lazy) connected.pause()
        try {
          if (head === undefined) {
            bytesIn += chunk.length
            reader.push(chunk)
          } else {
            readHead(chunk)
          }
        } catch (error) {
          lost(String(error))
        }
      },
      drain() {
        const rest = unsent
        unsent = undefined
        if (rest !== undefined) write(rest)
      },
      close: () => lost('the connection ended'),
      error: (_socket, error) => lost(String(error)),
      connectError: (_socket, error) => lost(String(error)),
    },
  }).catch((error: unknown) => lost(`${url.host}: ${error instanceof Error ? error.message : String(error)}`))
  return opened.promise

  function readHead(chunk: Buffer): void {
    const sofar = Buffer.concat([head ?? Buffer.alloc(0), chunk])
    const end = sofar.indexOf(endOfHead)
    if (end < 0) {
      if (sofar.length > 16_384) throw new Error('an endless answer to the upgrade')
      head = sofar
      return
    }
    const text = sofar.toString('latin1', 0, end)
    if (!text.startsWith('HTTP/1.1 101') || !text.includes(expectedAccept)) {
      throw new Error(`no upgrade: ${text.split('\r\n', 1)[0]}`)
    }
    head = undefined
    opened.resolve(line)
    const rest = sofar.subarray(end + endOfHead.length)
    bytesIn += rest.length
    if (rest.length > 0) reader.push(rest)
  }

  function write(bytes: Uint8Array): void {
    if (closed || socket === undefined) return
    if (unsent !== undefined) {
      unsent = Buffer.concat([unsent, bytes])
      return
    }
    const written = Math.max(0, socket.write(bytes))
    if (written < bytes.length) unsent = Buffer.from(bytes.subarray(written))
  }

  function lost(why: string): void {
    if (closed) return
    closed = true
    opened.reject(new Error(why))
    socket?.end()
    line.onLost(why)
  }
}

function upgradeRequest(url: URL): string {
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'User-Agent: heliograph-bench',
    `Sec-WebSocket-Key: ${nonce}`,
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n')
}
