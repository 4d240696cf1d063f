/** Everything that the client takes from its surroundings, so that a test can put other surroundings in their place. */

/** As much of a WebSocket as is used; those of browsers, Bun, Node and of the package `ws` fit. */
export interface SocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: { readonly data: unknown } & never) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string } & never) => void) | null
  onerror: ((event: never) => void) | null
  /** Bytes that were given to `send` and have not left. */
  readonly bufferedAmount?: number
  send(text: string): void
  close(code?: number, reason?: string): void
}

export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike

/** What the surroundings say of the network. */
export type NetworkHint = 'online' | 'offline' | 'visible'

export interface World {
  /** ms; only differences count. */
  now(): number
  /** Calls once after so many ms, unless the function that it answers is called before. */
  after(milliseconds: number, call: () => void): () => void
  /** At least 0 and less than 1. */
  random(): number
  openSocket(url: string, protocols: readonly string[]): SocketLike
  /** Answers a function that ends the watching. */
  watchNetwork(heard: (hint: NetworkHint) => void): () => void
}

/** The surroundings as they are; what is given replaces its part. */
export function surroundings(own: Partial<World> & { readonly WebSocket?: SocketConstructor | undefined } = {}): World {
  return {
    now: own.now ?? (() => performance.now()),
    after: own.after ?? realTimer,
    random: own.random ?? Math.random,
    openSocket: own.openSocket ?? ((url, protocols) => openSocket(own.WebSocket, url, protocols)),
    watchNetwork: own.watchNetwork ?? watchBrowser,
  }
}

function realTimer(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds)
  return () => clearTimeout(timer)
}

function openSocket(given: SocketConstructor | undefined, url: string, protocols: readonly string[]): SocketLike {
  const Socket = given ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket
  if (!Socket) throw new Error('there is no WebSocket here: give one as the option `WebSocket` (Node before 22)')
  // An empty list is something else than none for some servers.
  return protocols.length > 0 ? new Socket(url, [...protocols]) : new Socket(url)
}

function watchBrowser(heard: (hint: NetworkHint) => void): () => void {
  const ended = new AbortController()
  const { signal } = ended
  const { document, addEventListener } = globalThis as { document?: Document; addEventListener?: unknown }
  if (typeof addEventListener === 'function' && document) {
    globalThis.addEventListener('online', () => heard('online'), { signal })
    globalThis.addEventListener('offline', () => heard('offline'), { signal })
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && heard('visible'), {
      signal,
    })
  }
  return () => ended.abort()
}
