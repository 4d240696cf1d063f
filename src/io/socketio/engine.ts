/** Engine.IO on our own listener: its requests and its WebSockets, beside those of the other front ends. */
import { Server as EngineServer, type WebSocketData } from '@socket.io/bun-engine'
import type { Server } from 'bun'
import { readBody } from '../read-body.ts'
import { type Handlers, newSocketData, type Socket, type SocketData } from '../socket-data.ts'
import type { Traffic } from '../sockets.ts'

/** Of the original, which clients are told: ms, and bytes of one message or of one request of the polling transport. */
const pingInterval = 25_000
const pingTimeout = 20_000
export const longestPacket = 1_000_000
const messageTooLong = 1009
/** Seconds that a polling request may wait: longer than the time between two pings. */
const longestPoll = 60

export type Transport = WebSocketData['transport']

export interface EngineParts {
  /** Pages of which origins may poll; empty: those of our own. */
  readonly origins: readonly string[]
  /** Bytes that may wait for one WebSocket. */
  readonly mostWaiting: number
  readonly traffic: Traffic
  readonly overflowed: (transport: Transport) => void
  /** For WebSockets that we close. */
  readonly closeCode: () => number
}

export interface Engine {
  readonly server: EngineServer
  /** Answers a request, or makes a WebSocket of it. `address` as `addressKey` has it. */
  handle(request: Request, server: Server<SocketData>, address: string): Promise<Response>
}

export function createEngine(parts: EngineParts): Engine {
  const { origins } = parts
  const isOpen = origins.includes('*')
  const cors = { origin: isOpen ? '*' : [...origins], credentials: !isOpen, methods: ['GET', 'POST'] }
  const engine = new EngineServer({
    pingInterval,
    pingTimeout,
    maxHttpBufferSize: longestPacket,
    ...(origins.length > 0 && { cors }),
  })

  return {
    server: engine,
    async handle(request, server, address) {
      if (request.method === 'POST') {
        const body = await readBody(request, longestPacket)
        if (!body.ok) return new Response(null, { status: body.error === 'too large' ? 413 : 400 })
        const { url, headers } = request
        return engine.handleRequest(
          new Request(url, { method: 'POST', headers, body: Buffer.from(body.value) }),
          upgrading(server, address, parts),
        )
      }
      server.timeout(request, longestPoll)
      return engine.handleRequest(request, upgrading(server, address, parts))
    },
  }
}

/** All that the engine wants of a server is that it makes WebSockets, which are to be those of our listener. */
function upgrading(server: Server<SocketData>, address: string, parts: EngineParts): Server<WebSocketData> {
  const upgrade = (
    request: Request,
    { headers, data }: { readonly headers: Headers; readonly data: WebSocketData },
  ): boolean => {
    // No compression, as in the original: clients that may would compress each small message, which takes a tenth of our time.
    request.headers.set('sec-websocket-extensions', 'none')
    const home = hooks(data.transport, parts)
    return server.upgrade(request, {
      headers,
      data: newSocketData({ home, address, announce: () => undefined, refusal: undefined }),
    })
  }
  return { upgrade } as Server<WebSocketData>
}

function hooks(transport: Transport, { traffic, mostWaiting, overflowed, closeCode }: EngineParts): Handlers {
  /** What the engine sees of a WebSocket. */
  const faceOf = (socket: Socket): Parameters<Transport['onOpen']>[0] => {
    const face = {
      get readyState() {
        return socket.readyState
      },
      send(packet: string | Uint8Array) {
        const sent = socket.send(packet)
        traffic.messagesOut++
        traffic.bytesOut += sent > 0 ? sent : packet.length
        if (sent <= 0 && socket.getBufferedAmount() > mostWaiting) overflowed(transport)
        return sent
      },
      close: () => socket.close(closeCode()),
    }
    return face as Parameters<Transport['onOpen']>[0]
  }
  return {
    open: (socket) => transport.onOpen(faceOf(socket)),
    message(socket, message) {
      traffic.messagesIn++
      traffic.bytesIn += message.length
      if (message.length > longestPacket) return socket.close(messageTooLong, 'message too long')
      transport.onMessage(typeof message === 'string' ? message : Buffer.from(message))
    },
    close: () => transport.onCloseEvent(1000, ''),
    // The engine pings in messages of its own.
    drain: () => undefined,
    ping: () => undefined,
    pong: () => undefined,
  }
}
