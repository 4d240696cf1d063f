/** The fake media proxy on a real WebSocket. */
import { createFakeProxy, type FakeProxy } from './fake-proxy.ts'
import type { SelfSigned } from './self-signed.ts'

export interface FakeProxyServer extends AsyncDisposable {
  /** With a slash at the end, and `host` as it was given. */
  readonly url: string
  readonly proxy: FakeProxy
  /** Connections that are open. */
  connections(): number
}

interface Wire {
  readonly hear: (text: string, now: number) => void
  readonly lost: () => void
}

export function startFakeProxy(
  options: { readonly country?: string; readonly tls?: SelfSigned; readonly host?: string } = {},
): FakeProxyServer {
  const { country, tls, host = '127.0.0.1' } = options
  const wires = new Map<unknown, Wire>()
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    ...(tls ? { tls: { key: tls.key, cert: tls.cert } } : {}),
    fetch: (request, self) =>
      new URL(request.url).pathname === '/proxy' && self.upgrade(request)
        ? undefined
        : new Response('not here', { status: 404 }),
    websocket: {
      open: (socket) =>
        void wires.set(
          socket,
          proxy.connected((message) => void socket.send(JSON.stringify(message))),
        ),
      message: (socket, text) => wires.get(socket)?.hear(String(text), Date.now()),
      close(socket) {
        wires.get(socket)?.lost()
        wires.delete(socket)
      },
    },
  })
  const url = `${tls ? 'https' : 'http'}://${host}:${server.port}/`
  const proxy = createFakeProxy(url, country)
  return { url, proxy, connections: () => wires.size, [Symbol.asyncDispose]: () => server.stop(true) }
}
