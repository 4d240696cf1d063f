/** Peers over TCP (RFC 6062): connects to them, lets them in, and joins each with the client's connection that is for it. */
import type { Socket, SocketHandler } from 'bun'
import type { TurnAction } from '../../../turn/action.ts'
import type { Client } from '../../../turn/five-tuple.ts'
import { createPipe, type PipeEnd, type RawStream } from './pipe.ts'
import type { RelayHolder, RelaySocket } from './relays.ts'
import type { Shared } from './shared.ts'
import type { StreamClients } from './stream-clients.ts'

export interface TcpPeers {
  /** A relay socket. Throws if the address cannot be had. */
  listen(host: string, port: number, holder: RelayHolder): RelaySocket
  connect(action: Extract<TurnAction, { readonly do: 'connect-peer' }>): void
  join(client: Client, connection: number): void
  disconnect(connection: number): void
  stop(): void
}

/** ms; RFC 6062 section 5.2 wants at least 30 s for a connection to be made. */
export interface PeerLimits {
  readonly connect: number
  /** For the end that is left to take what the other one said before it went. */
  readonly parting: number
}

export const peerLimits: PeerLimits = { connect: 30_000, parting: 30_000 }

/** What a socket to or from a peer knows. */
interface Peer {
  readonly connection: number
  socket: Socket<Peer | undefined> | undefined
  /** Of the pipe, once it is joined. */
  end: PipeEnd | undefined
  /** The client's side of the pipe. */
  client: RawStream | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  /** The client's data connection is gone; the peer still gets what it said. */
  isLeft: boolean
  isOver: boolean
}

export function createTcpPeers(
  shared: Pick<Shared, 'server' | 'inputs' | 'addresses' | 'settings'>,
  clients: Pick<StreamClients, 'leaveFrames' | 'close'>,
  limits: PeerLimits = peerLimits,
): TcpPeers {
  const { server, inputs, addresses, settings } = shared
  const peers = new Map<number, Peer>()

  function add(connection: number, socket?: Socket<Peer | undefined>): Peer {
    const peer = {
      connection,
      socket,
      end: undefined,
      client: undefined,
      timer: undefined,
      isLeft: false,
      isOver: false,
    }
    peers.set(connection, peer)
    return peer
  }

  /** A peer waits for one thing at a time. */
  function later(peer: Peer, ms: number, step: () => void): void {
    clearTimeout(peer.timer)
    peer.timer = setTimeout(() => {
      try {
        step()
      } catch (error) {
        inputs.broke(error)
      }
    }, ms)
  }

  /** Nobody reads what it says until it is joined with a client's connection. */
  function prepare(socket: Socket<Peer | undefined>): void {
    socket.pause()
    socket.setNoDelay(true)
  }

  function failed(peer: Peer, error: string): void {
    if (peer.isOver) return
    forget(peer)
    inputs.put((time) => server.peerFailed(peer.connection, error, time))
  }

  function forget(peer: Peer): void {
    peer.isOver = true
    clearTimeout(peer.timer)
    peers.delete(peer.connection)
  }

  /** The peer is gone; the machine is told when its client has what it said before. */
  function closed(peer: Peer): void {
    if (peer.isOver) return
    clearTimeout(peer.timer)
    if (!peer.end || !peer.client || peer.isLeft) return over(peer)
    later(peer, limits.parting, () => peer.client?.end())
    peer.end.ended()
  }

  function over(peer: Peer): void {
    if (peer.isOver) return
    forget(peer)
    inputs.put((time) => server.peerClosed(peer.connection, time))
  }

  const guarded =
    <Rest extends readonly unknown[]>(handle: (peer: Peer, ...rest: Rest) => void) =>
    (socket: Socket<Peer | undefined>, ...rest: Rest): void => {
      try {
        if (socket.data) handle(socket.data, ...rest)
      } catch (error) {
        inputs.broke(error)
        socket.terminate()
      }
    }
  const handlers: SocketHandler<Peer | undefined> = {
    data: guarded((peer, bytes) => peer.end?.received(bytes)),
    drain: guarded((peer) => peer.end?.drained()),
    close: guarded(closed),
    error() {},
  }

  function connected(peer: Peer, socket: Socket<Peer | undefined>): void {
    if (peer.isOver) return socket.terminate()
    clearTimeout(peer.timer)
    peer.socket = socket
    prepare(socket)
    inputs.put((time) => server.peerConnected(peer.connection, time))
  }

  function arrived(holder: RelayHolder, socket: Socket<Peer | undefined>): void {
    const { allocation } = holder
    const known = addresses.known(socket.remoteAddress ?? '')
    if (!allocation || !known) return socket.terminate()
    prepare(socket)
    const address = { ip: known.ip, port: socket.remotePort }
    inputs.put((time) => {
      const { connection, actions } = server.peerArrived(allocation, address, time)
      if (connection === undefined) socket.terminate()
      else socket.data = add(connection, socket)
      return actions
    })
  }

  function disconnect(peer: Peer): void {
    // It ends by itself.
    if (peer.isLeft) return
    const { socket, client } = peer
    forget(peer)
    socket?.end()
    client?.end()
  }

  return {
    listen(host, port, holder) {
      const opened = (socket: Socket<Peer | undefined>): void => {
        try {
          arrived(holder, socket)
        } catch (error) {
          inputs.broke(error)
          socket.terminate()
        }
      }
      const listener = Bun.listen<Peer | undefined>({
        hostname: host,
        port,
        socket: { ...handlers, open: opened },
      })
      return { send() {}, close: () => listener.stop() }
    },

    connect({ connection, peer: { ip, port } }) {
      const peer = add(connection)
      const relay = settings().relays[ip.family]
      later(peer, limits.connect, () => failed(peer, 'timed out'))
      // From the relay address, but not from its port: Bun cannot connect from a port on which somebody listens.
      const options = {
        hostname: addresses.text(ip),
        port,
        ...(relay ? { localAddress: addresses.text(relay.bound) } : {}),
        data: peer,
        socket: {
          ...handlers,
          open: (socket: Socket<Peer | undefined>) => connected(peer, socket),
          connectError: (_socket: Socket<Peer | undefined>, error: Error) => failed(peer, error.message),
        },
      }
      const attempt = async () => Bun.connect<Peer | undefined>(options)
      attempt().catch((error: unknown) => failed(peer, error instanceof Error ? error.message : String(error)))
    },

    join(client, connection) {
      const peer = peers.get(connection)
      if (!peer?.socket) return clients.close(client)
      const { socket } = peer
      const left = clients.leaveFrames(client)
      if (!left) return disconnect(peer)
      const ofClient: RawStream = {
        ...left.stream,
        end() {
          left.stream.end()
          over(peer)
        },
      }
      const ofPeer: RawStream = {
        write: (bytes, start, length) => socket.write(bytes, start, length),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        end: () => void socket.end(),
      }
      const [clientEnd, peerEnd] = createPipe(ofClient, ofPeer)
      peer.client = ofClient
      peer.end = peerEnd
      left.attach({
        ...clientEnd,
        ended() {
          peer.isLeft = true
          later(peer, limits.parting, () => socket.terminate())
          clientEnd.ended()
        },
      })
      socket.resume()
    },

    disconnect(connection) {
      const peer = peers.get(connection)
      if (peer) disconnect(peer)
    },

    stop() {
      for (const peer of [...peers.values()]) {
        forget(peer)
        peer.socket?.terminate()
      }
    },
  }
}
