/** A WebSocket server made of a TCP or TLS socket: it can answer the handshake wrongly, send any bytes, or keep silent. */

import { createHash } from 'node:crypto'
import type { Socket } from 'bun'
import { type FrameShape, frameBytes } from '../io/raw/frames.ts'

export interface RawPeer {
  /** Head of the request for the WebSocket. */
  head(): string
  /** How many pieces the socket has handed over. */
  pieces(): number
  /** Frames after the handshake. */
  readonly frames: readonly { readonly opcode: number; readonly text: string; readonly bytes: Buffer }[]
  /** Sends a frame, unmasked as a server's are. */
  say(payload: string | Uint8Array, shape?: FrameShape): void
  write(bytes: string | Uint8Array): void
  /** Nothing is read any more. */
  pause(): void
  end(): void
  readonly gone: Promise<void>
}

export interface RawServer extends Disposable {
  readonly port: number
  /** The next connection that has completed its handshake, or its request if that is not answered. */
  next(): Promise<RawPeer>
}

export interface RawServerOptions {
  readonly hostname?: string
  readonly tls?: { readonly key: string; readonly cert: string }
  /** What is answered to a request; as a WebSocket server unless told. Undefined: nothing at all. */
  readonly answer?: (head: string) => string | undefined
}

/** The answer to a request for a WebSocket, with further headers. */
export function switching(head: string, more: readonly string[] = []): string {
  const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`, ...more]
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

export function startRawServer(options: RawServerOptions = {}): RawServer {
  const { hostname = '127.0.0.1', tls, answer = (head: string) => switching(head) } = options
  const arrivals: RawPeer[] = []
  const waiting: ((peer: RawPeer) => void)[] = []

  const arrived = (peer: RawPeer): void => {
    const first = waiting.shift()
    if (first) first(peer)
    else arrivals.push(peer)
  }
  const listener = Bun.listen<Connection>({
    hostname,
    port: 0,
    ...(tls ? { tls } : {}),
    socket: {
      open(socket) {
        socket.data = createConnection(socket, answer, arrived)
      },
      data: (socket, bytes) => socket.data.take(bytes),
      drain: (socket) => socket.data.flush(),
      close: (socket) => socket.data?.closed(),
      error: () => {},
    },
  })
  return {
    port: listener.port,
    next() {
      const first = arrivals.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve))
    },
    [Symbol.dispose]: () => listener.stop(true),
  }
}

interface Connection {
  take(bytes: Buffer): void
  flush(): void
  closed(): void
}

function createConnection(
  socket: Socket<Connection>,
  answer: (head: string) => string | undefined,
  arrived: (peer: RawPeer) => void,
): Connection {
  const gone = Promise.withResolvers<void>()
  const frames: { opcode: number; text: string; bytes: Buffer }[] = []
  let head = ''
  let pieces = 0
  let early = Buffer.alloc(0)
  let unsent = Buffer.alloc(0)
  const flush = (): void => {
    unsent = unsent.subarray(Math.max(0, socket.write(unsent)))
  }
  const write = (bytes: string | Uint8Array): void => {
    unsent = Buffer.concat([unsent, Buffer.from(bytes)])
    flush()
  }
  const peer: RawPeer = {
    head: () => head,
    pieces: () => pieces,
    frames,
    say: (payload, shape) => write(frameBytes(payload, { masked: false, ...shape })),
    write,
    pause: () => void socket.pause(),
    end: () => void socket.end(),
    gone: gone.promise,
  }

  function readFrames(): void {
    for (let frame = clientFrame(early); frame; frame = clientFrame(early)) {
      early = early.subarray(frame.length)
      frames.push({ opcode: frame.opcode, text: frame.bytes.toString(), bytes: frame.bytes })
    }
  }

  return {
    take(bytes) {
      pieces++
      early = Buffer.concat([early, bytes])
      if (head !== '') return readFrames()
      const end = early.indexOf('\r\n\r\n')
      if (end < 0) return
      head = early.subarray(0, end).toString()
      early = early.subarray(end + 4)
      const said = answer(head)
      if (said !== undefined) write(Buffer.from(said, 'latin1'))
      arrived(peer)
      readFrames()
    },
    flush,
    closed: () => gone.resolve(),
  }
}

/** The first whole frame; throws unless it is masked, as every frame of a client has to be. */
function clientFrame(bytes: Buffer): { opcode: number; bytes: Buffer; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const [first = 0, second = 0] = bytes
  if ((second & 0x80) === 0) throw new Error('a frame of a client without a mask')
  const short = second & 127
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start + 4) return undefined
  const size = start === 2 ? short : start === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const length = start + 4 + size
  if (bytes.length < length) return undefined
  const mask = bytes.subarray(start, start + 4)
  const payload = Buffer.from(bytes.subarray(start + 4, length)).map((byte, at) => byte ^ (mask[at & 3] ?? 0))
  return { opcode: first & 15, bytes: Buffer.from(payload), length }
}
