/** What the list of requests is written with: a client per row, and answers told in words. */
import { formatIp, type TransportAddress } from '../../../src/lib/ip-address.ts'
import type { Method } from '../../../src/turn/codec/header.ts'
import type { StunMessage } from '../../../src/turn/codec/message.ts'
import type { MessageWriter } from '../../../src/turn/codec/message-writer.ts'
import {
  type Attributes,
  type Credential,
  place,
  type Sending,
  startTurnClient,
  type TurnClient,
  udpTransport,
} from '../../support/turn-client.ts'
import type { LineTransport } from '../../support/turn-line.ts'
import { restCredential, type TurnUnderTest } from '../../support/turn-under-test.ts'

export interface Row {
  readonly asked: string
  readonly ask: (table: Table) => Promise<string>
}

export const row = (asked: string, ask: Row['ask']): Row => ({ asked, ask })

/** What a row has at hand. */
export interface Table {
  readonly server: TurnUnderTest
  /** A client with a good credential that has sent nothing so far; it is gone after the row. */
  client(transport?: LineTransport, credential?: Credential): Promise<TurnClient>
  /** A client with an allocation, and its relayed address. */
  allocated(attributes?: Attributes): Promise<{ readonly client: TurnClient; readonly relay: TransportAddress }>
  /** A client with an allocation of IPv6. */
  allocated6(): Promise<TurnClient>
  /** A peer on 127.0.0.1 that keeps what it gets. */
  peer(): Promise<Peer>
}

export interface Peer extends AsyncDisposable {
  readonly at: TransportAddress
  /** What came, in words of hexadecimal octets. */
  readonly got: readonly string[]
  /** Resolves with the next datagram and who sent it; fails when none comes for seconds. */
  next(): Promise<{ readonly text: string; readonly from: TransportAddress }>
  send(text: string, to: TransportAddress): void
}

export function setTable(server: TurnUnderTest): Table & AsyncDisposable {
  const parts = new AsyncDisposableStack()
  const table: Table = {
    server,
    async client(transport = 'udp', credential = restCredential(server.secret)) {
      const port = transport === 'tls' ? (server.tlsPort ?? 0) : server.port
      return parts.use(await startTurnClient(transport, { host: server.host, port }, credential))
    },
    async allocated(attributes) {
      const client = await table.client()
      return { client, relay: await client.allocate(attributes) }
    },
    async allocated6() {
      const { client } = await table.allocated((writer) => writer.put('requestedAddressFamily', 2))
      return client
    },
    peer: async () => parts.use(await startPeer()),
  }
  return { ...table, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

export async function startPeer(host = '127.0.0.1'): Promise<Peer> {
  const got: string[] = []
  let awaited: ((one: { text: string; from: TransportAddress }) => void) | undefined
  const kept: { text: string; from: TransportAddress }[] = []
  const socket = await Bun.udpSocket({
    hostname: host,
    socket: {
      data(_socket, data, port, address) {
        const one = { text: data.toString(), from: place(address, port) }
        got.push(one.text)
        if (awaited) awaited(one)
        else kept.push(one)
      },
      error() {},
    },
  })
  return {
    at: place(host, socket.port),
    got,
    next: async () =>
      kept.shift() ??
      new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('nothing came to the peer')), 5_000)
        awaited = (one) => {
          awaited = undefined
          resolve(one)
        }
      }),
    send: (text, { ip, port }) => void socket.send(text, port, formatIp(ip)),
    [Symbol.asyncDispose]: async () => socket.close(),
  }
}

/** `ok` and what was given, or the number of the error and what came with it. */
export function words(answer: StunMessage | 'silence' | 'closed'): string {
  if (typeof answer === 'string') return answer
  const said = answer.messageClass === 'error' ? String(answer.get('errorCode')?.code) : 'ok'
  return [said, ...particulars(answer)].join(' ')
}

function particulars(answer: StunMessage): readonly string[] {
  const lifetime = answer.get('lifetime')
  const addressError = answer.get('addressErrorCode')
  const unknown = answer.get('unknownAttributes')
  return [
    ...answer.all('xorRelayedAddress').map(({ ip }) => `relay${ip.family}`),
    ...(lifetime === undefined ? [] : [`${lifetime}s`]),
    ...(answer.get('reservationToken') ? ['token'] : []),
    ...(addressError ? [`family ${addressError.family}: ${addressError.code}`] : []),
    ...(unknown ? [`unknown ${[...unknown].map((type) => type.toString(16)).join(',')}`] : []),
    ...(answer.get('realm') === undefined ? [] : ['realm']),
    ...(answer.get('nonce') === undefined ? [] : ['nonce']),
    ...(answer.get('channelNumber') === undefined ? [] : ['channel']),
  ]
}

/** The names of all attributes of an answer, in order, and its length. */
export function whole(answer: StunMessage | 'silence' | 'closed'): string {
  if (typeof answer === 'string') return answer
  const types: string[] = []
  for (let at = answer.start + 20; at < answer.end; ) {
    const length = ((answer.bytes[at + 2] ?? 0) << 8) | (answer.bytes[at + 3] ?? 0)
    types.push((((answer.bytes[at] ?? 0) << 8) | (answer.bytes[at + 1] ?? 0)).toString(16).padStart(4, '0'))
    at += 4 + length + (-length & 3)
  }
  return `${answer.end - answer.start} octets: ${types.join(' ')}`
}

export const udp: Attributes = (writer) => writer.put('requestedTransport', udpTransport)

/** REQUESTED-TRANSPORT of UDP and more. */
export const udpAnd =
  (more: Attributes): Attributes =>
  (writer) => {
    udp(writer)
    more(writer)
  }

export const peerAt =
  (...all: readonly (TransportAddress | string)[]): Attributes =>
  (writer) => {
    for (const one of all) writer.put('xorPeerAddress', typeof one === 'string' ? place(one, 9) : one)
  }

export const channel =
  (number: number, peer: TransportAddress | string): Attributes =>
  (writer: MessageWriter) => {
    writer.put('channelNumber', number)
    peerAt(peer)(writer)
  }

export const raw = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
export const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The header of a message, with the length of the attributes that follow. */
export const header = (type: string, length = '0000'): string => `${type} ${length} 2112a442 0102030405060708090a0b0c`

/** One request of a client that has no allocation. */
export const fresh =
  (method: Method, attributes?: Attributes, sending?: Sending): Row['ask'] =>
  async ({ client }) =>
    words(await (await client()).ask(method, attributes, sending))

/** Octets instead of a request. */
export const freshRaw =
  (bytes: Uint8Array): Row['ask'] =>
  async ({ client }) =>
    words(await (await client()).askRaw(bytes))

/** One request of a client that has an allocation. */
export const allocatedThen =
  (method: Method, attributes?: Attributes, sending?: Sending): Row['ask'] =>
  async ({ allocated }) =>
    words(await (await allocated()).client.ask(method, attributes, sending))
