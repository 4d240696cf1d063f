/** What no good client sends: octets by chance, messages with something changed, and many senders at once. */
import { createSocket } from 'node:dgram'
import type { Method } from '../../../src/turn/codec/header.ts'
import { type Attributes, message } from '../../support/turn-client.ts'
import type { LinePlace } from '../../support/turn-line.ts'

export type Chance = (below: number) => number

/** mulberry32: the same numbers each time, so that a failure comes again. */
export function chance(seed: number): Chance {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function octetsBy(below: Chance, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(256))
}

/** Octets of any length, a good part of which begin as a STUN message or as ChannelData. */
export function nonsense(below: Chance): Uint8Array {
  const bytes = octetsBy(below, below(8) === 0 ? below(60_000) : below(300))
  const kind = below(3)
  if (kind === 0) bytes.set([0, 1 + below(12), 0, below(64) * 4, 0x21, 0x12, 0xa4, 0x42].slice(0, bytes.length))
  if (kind === 1) bytes.set([0x40 + below(16)].slice(0, bytes.length))
  return bytes
}

const methods = ['binding', 'allocate', 'refresh', 'createPermission', 'channelBind', 'send', 'connect'] as const

/** A message as a client would send it, unsigned or signed with some key. */
export function anyMessage(below: Chance): Uint8Array {
  const attributes: readonly Attributes[] = [
    (writer) => writer.put('requestedTransport', below(3) === 0 ? below(256) : 17),
    (writer) => writer.put('username', 'a'.repeat(below(600))),
    (writer) => writer.put('realm', 'turn.example.org'),
    (writer) => writer.put('nonce', Buffer.from(octetsBy(below, 12)).toString('hex')),
    (writer) => writer.put('lifetime', below(2 ** 31)),
    (writer) => writer.put('xorPeerAddress', { ip: { family: 4, value: below(2 ** 31) }, port: below(65_536) }),
    (writer) => writer.put('channelNumber', below(65_536)),
    (writer) => writer.put('data', octetsBy(below, below(1_400))),
    (writer) => writer.put('evenPort', below(2) === 0),
    (writer) => writer.put('dontFragment', true),
    (writer) => writer.putOctets(below(65_536), octetsBy(below, below(40))),
    (writer) => writer.sign(octetsBy(below, 16)),
  ]
  const method: Method = methods[below(methods.length)] ?? 'binding'
  return message(method, below(5) === 0 ? 'indication' : 'request', octetsBy(below, 12), (writer) => {
    for (const put of attributes) if (below(3) === 0) put(writer)
    if (below(3) === 0) writer.fingerprint()
  })
}

/** The same with something changed: octets, its length, or its end. */
export function mutated(below: Chance, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice(0, below(4) === 0 ? below(bytes.length + 1) : bytes.length)
  for (let count = below(4); count > 0 && changed.length > 0; count--) changed[below(changed.length)] = below(256)
  return below(6) === 0 ? new Uint8Array([...changed, ...octetsBy(below, below(30))]) : changed
}

export interface Flood {
  readonly datagramsSent: number
  readonly octetsSent: number
  readonly datagramsGot: number
  readonly octetsGot: number
}

/** Sends datagrams from this many ports of these addresses, in turn, and counts what comes back. */
export async function flood(
  to: LinePlace,
  senders: { readonly ports: number; readonly addresses?: number },
  datagrams: Iterable<Uint8Array>,
): Promise<Flood> {
  const got = { datagrams: 0, octets: 0 }
  const sockets = await Promise.all(
    Array.from({ length: senders.ports }, (_, index) => {
      const socket = createSocket('udp4')
      socket.on('error', () => {})
      socket.on('message', (answer) => {
        got.datagrams++
        got.octets += answer.length
      })
      return new Promise<typeof socket>((resolve) => {
        socket.bind(0, `127.0.0.${1 + (index % (senders.addresses ?? 1))}`, () => resolve(socket))
      })
    }),
  )
  const sent = { datagrams: 0, octets: 0 }
  for (const datagram of datagrams) {
    sockets[sent.datagrams % sockets.length]?.send(datagram, to.port, to.host, () => {})
    sent.datagrams++
    sent.octets += datagram.length
    // What the receive buffer of the server holds: more would be lost unseen.
    if (sent.datagrams % 50 === 0) await Bun.sleep(2)
  }
  await Bun.sleep(200)
  for (const socket of sockets) socket.close()
  return {
    datagramsSent: sent.datagrams,
    octetsSent: sent.octets,
    datagramsGot: got.datagrams,
    octetsGot: got.octets,
  }
}

export function* times(count: number, make: () => Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield make()
}
