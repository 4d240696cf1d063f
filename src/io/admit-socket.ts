/** Makes a WebSocket of a request, or says why not: what all front ends on WebSockets have in common. */
import type { Server } from 'bun'
import { addressKey } from '../lib/ip-range.ts'
import type { SocketData } from './socket-data.ts'
import type { Admission, Arrival, Sockets } from './sockets.ts'

export interface Gate {
  /** Whether new connections are refused because the server is about to stop. */
  readonly isStopping: () => boolean
  /** 0 is no limit. */
  readonly maxConnectionsPerAddress: number
  readonly refusedUpgrade: (address: string, why: string) => void
}

/** Who asks: the request, the server that it came to, and the address that it came from. */
export interface Asking {
  readonly request: Request
  readonly server: Server<SocketData>
  readonly address: string
}

/** Undefined once the connection is a WebSocket. */
export function admitSocket<A extends Arrival>(
  gate: Gate,
  sockets: Sockets<A>,
  { request, server, address }: Asking,
  arrive: (key: string) => A,
  admission?: Admission,
): Response | undefined {
  const refusal = refusalAtGate(gate, sockets, address)
  if (refusal) return refusal
  const key = addressKey(address)
  if (sockets.admit(server, request, arrive(key), admission)) return undefined
  gate.refusedUpgrade(address, missingHeaders(request))
  return new Response(
    'This is a WebSocket endpoint. A proxy in front has to pass the Upgrade and Connection headers on.\n',
    { status: 400 },
  )
}

/** Undefined for whoever may connect. */
export function refusalAtGate(
  gate: Gate,
  sockets: Pick<Sockets<Arrival>, 'countOf'>,
  address: string,
): Response | undefined {
  if (gate.isStopping()) {
    return new Response('The server is stopping\n', { status: 503, headers: { 'retry-after': '2' } })
  }
  const limit = gate.maxConnectionsPerAddress
  if (limit === 0 || sockets.countOf(addressKey(address)) < limit) return undefined
  gate.refusedUpgrade(address, `more than [http] maxconnectionsperaddress = ${limit}`)
  return new Response('Too many connections\n', { status: 429 })
}

/** What a failed upgrade lacked: nearly always a proxy that swallowed it. */
function missingHeaders(request: Request): string {
  const names = ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version']
  const missing = names.filter((name) => !request.headers.has(name))
  return missing.length > 0 ? `without ${missing.join(', ')}` : 'the WebSocket headers do not fit'
}
