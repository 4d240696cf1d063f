/** Surroundings in the hands of the test: time that it moves, chance that it sets, sockets whose other end it is. */
import type { NetworkHint, SocketLike, World } from '../../../sdk/src/core/world.ts'

export interface VirtualSocket extends SocketLike {
  readonly url: string
  readonly protocols: readonly string[]
  /** What the client sent, oldest first. */
  readonly sent: string[]
  /** The code with which the client closed it. */
  readonly closedWith: number | undefined
  bufferedAmount: number
  open(): void
  /** Text as it is, anything else as JSON. */
  say(message: unknown): void
  /** The server closes, or the network does. */
  end(code?: number, reason?: string): void
  /** What was sent since the last call, read as JSON where it is. */
  heard(): readonly unknown[]
}

export interface VirtualWorld extends World {
  readonly sockets: VirtualSocket[]
  /** The socket opened last; fails if there is none. */
  socket(): VirtualSocket
  /** Lets every timer ring that is due by then, in order, and what follows from it. */
  pass(milliseconds: number): Promise<void>
  /** Until no promise is on its way any more. */
  settled(): Promise<void>
  hint(hint: NetworkHint): void
  /** ms until the next timer. */
  next(): number | undefined
  chance: number
}

interface Timer {
  readonly at: number
  readonly call: () => void
}

export function virtualWorld(): VirtualWorld {
  let time = 1_000
  const timers = new Set<Timer>()
  const watchers = new Set<(hint: NetworkHint) => void>()
  const sockets: VirtualSocket[] = []
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  const earliest = () => [...timers].sort((a, b) => a.at - b.at)[0]
  const world: VirtualWorld = {
    chance: 0.5,
    sockets,
    now: () => time,
    after(milliseconds, call) {
      const timer = { at: time + milliseconds, call }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    random: () => world.chance,
    openSocket(url, protocols) {
      const socket = virtualSocket(url, protocols)
      sockets.push(socket)
      return socket
    },
    watchNetwork(heard) {
      watchers.add(heard)
      return () => watchers.delete(heard)
    },
    socket() {
      const last = sockets.at(-1)
      if (!last) throw new Error('no socket was opened')
      return last
    },
    async pass(milliseconds) {
      const end = time + milliseconds
      await settled()
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        time = timer.at
        timers.delete(timer)
        timer.call()
        await settled()
      }
      time = end
    },
    settled,
    hint(hint) {
      for (const heard of [...watchers]) heard(hint)
    },
    next() {
      const timer = earliest()
      return timer && timer.at - time
    },
  }
  return world
}

function virtualSocket(url: string, protocols: readonly string[]): VirtualSocket {
  let read = 0
  let closedWith: number | undefined
  const sent: string[] = []
  const socket: VirtualSocket = {
    url,
    protocols,
    sent,
    get closedWith() {
      return closedWith
    },
    bufferedAmount: 0,
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (text) => void sent.push(text),
    close(code = 1000) {
      closedWith = code
    },
    open: () => tell(socket.onopen, {}),
    say: (message) => tell(socket.onmessage, { data: typeof message === 'string' ? message : JSON.stringify(message) }),
    end: (code = 1006, reason = '') => tell(socket.onclose, { code, reason }),
    heard() {
      const fresh = sent.slice(read)
      read = sent.length
      return fresh.map(readable)
    },
  }
  return socket
}

/** The handlers take events of a type that nobody can make but a browser. */
function tell<E>(listener: ((event: E & never) => void) | null, event: E): void {
  ;(listener as ((event: E) => void) | null)?.(event)
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
