/** A TCP proxy that can lose the network: what is connected ends, and nobody gets through for a while. */
import type { Socket } from 'bun'

export interface CutableWay {
  readonly port: number
  /** Ends every connection. */
  cut(): void
  /** From now on nobody gets through, or everybody again. */
  block(isBlocked: boolean): void
  /** Connections that are open stay so, and nothing comes through them any more. */
  freeze(): void
  stop(): void
}

interface End {
  other: Socket<End> | undefined
  /** What came before the other end was there, or what it could not take yet. */
  waiting: Uint8Array[]
  isOver: boolean
}

/** `target` is asked for each connection. */
export function startWay(target: () => number): CutableWay {
  const open = new Set<Socket<End>>()
  const frozen = new WeakSet<Socket<End>>()
  let isBlocked = false
  const newEnd = (other?: Socket<End>): End => ({ other, waiting: [], isOver: false })

  function pass(to: Socket<End>, bytes: Uint8Array): void {
    to.data.waiting.push(Uint8Array.from(bytes))
    flush(to)
  }

  function flush(socket: Socket<End>): void {
    const { waiting } = socket.data
    for (let first = waiting[0]; first; first = waiting[0]) {
      const written = socket.write(first)
      if (written < first.length) {
        waiting[0] = first.subarray(Math.max(0, written))
        return
      }
      waiting.shift()
    }
    if (socket.data.isOver) socket.end()
  }

  function closed(socket: Socket<End>): void {
    open.delete(socket)
    const { other } = socket.data
    if (!other || other.data.isOver) return
    other.data.isOver = true
    flush(other)
  }

  const hooks = { drain: flush, close: closed, error: closed, data: forward } as const

  function forward(socket: Socket<End>, bytes: Uint8Array): void {
    if (frozen.has(socket)) return
    if (socket.data.other) pass(socket.data.other, bytes)
    else early.get(socket)?.push(Uint8Array.from(bytes))
  }

  const early = new WeakMap<Socket<End>, Uint8Array[]>()
  const listener = Bun.listen<End>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      ...hooks,
      open(client) {
        client.data = newEnd()
        if (isBlocked) return void client.end()
        open.add(client)
        early.set(client, [])
        void connect(client)
      },
    },
  })

  async function connect(client: Socket<End>): Promise<void> {
    try {
      const server = await Bun.connect<End>({
        hostname: '127.0.0.1',
        port: target(),
        data: newEnd(client),
        socket: { ...hooks },
      })
      open.add(server)
      client.data.other = server
      for (const bytes of early.get(client) ?? []) pass(server, bytes)
      if (!open.has(client)) server.end()
    } catch {
      client.end()
    }
  }

  function cut(): void {
    for (const socket of [...open]) socket.terminate()
  }

  return {
    port: listener.port,
    cut,
    block(next) {
      isBlocked = next
    },
    freeze() {
      for (const socket of open) frozen.add(socket)
    },
    stop() {
      listener.stop()
      cut()
    },
  }
}
