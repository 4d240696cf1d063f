/** A TURN client for tests: asks on a line of its own, signs as it is told, and says what came back. */
import type { TransportAddress } from '../../src/lib/ip-address.ts'
import { parseIp } from '../../src/lib/ip-address.ts'
import { channelDataLength, channelOf, writeChannelHeader } from '../../src/turn/codec/channel-data.ts'
import type { MessageClass, Method } from '../../src/turn/codec/header.ts'
import { longTermKey } from '../../src/turn/codec/keys.ts'
import { decodeMessage, type StunMessage, transactionId } from '../../src/turn/codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../../src/turn/codec/message-writer.ts'
import { type LinePlace, type LineTransport, openLine, type TurnLine } from './turn-line.ts'

export interface Credential {
  readonly username: string
  readonly password: string
}

/** How a request is sent, where it differs from what a good client does. */
export interface Sending {
  /** Another one than the client's; 'none' sends it unsigned. */
  readonly as?: Credential | 'none'
  readonly realm?: string
  readonly nonce?: string
  /** Not to be sent, though the request is signed. */
  readonly without?: readonly ('username' | 'realm' | 'nonce')[]
  readonly transaction?: Uint8Array
  readonly fingerprint?: boolean
  /** What becomes of the whole message before it is sent. */
  readonly change?: (message: Uint8Array) => Uint8Array
}

export type Attributes = (writer: MessageWriter) => void

/** What was relayed to the client. */
export interface Relayed {
  /** The channel, or the peer of a Data indication. */
  readonly over: number | TransportAddress
  readonly data: Uint8Array
  readonly message: StunMessage | undefined
}

export interface TurnClient extends Disposable {
  readonly line: TurnLine
  /** What the last challenge told. */
  readonly challenged: { readonly realm: string; readonly nonce: string } | undefined
  /**
   * Sends a request and resolves with its answer: 'silence' once the server has answered something that was asked
   * later, 'closed' when it has closed the connection. Gets a nonce first, unless the sending says otherwise.
   */
  ask(method: Method, attributes?: Attributes, sending?: Sending): Promise<StunMessage | 'silence' | 'closed'>
  /** Sends octets as if they were a request; the answer is the first message that is none to anything else. */
  askRaw(bytes: Uint8Array): Promise<StunMessage | 'silence' | 'closed'>
  indicate(method: Method, attributes: Attributes, change?: Sending['change']): void
  channelData(channel: number, data: Uint8Array): void
  /** The next thing that was relayed, or undefined if nothing comes although the server answers. */
  relayed(): Promise<Relayed | undefined>
  /** A good Allocate over UDP; throws unless it succeeds. */
  allocate(attributes?: Attributes): Promise<TransportAddress>
}

export const udpTransport = 17

export async function startTurnClient(
  transport: LineTransport,
  place: LinePlace,
  credential: Credential,
  localAddress?: string,
): Promise<TurnClient> {
  return createTurnClient(await openLine(transport, place, localAddress), credential)
}

export function place(host: string, port: number): TransportAddress {
  const ip = parseIp(host)
  if (!ip) throw new Error(`${host} is no address`)
  return { ip, port }
}

/** How long nothing may come after the answer to a later question until it counts as silence. */
const graceMs = 120
const patienceMs = 3_000

function createTurnClient(line: TurnLine, credential: Credential): TurnClient {
  let challenged: { realm: string; nonce: string } | undefined
  const answers = new Map<string, (message: StunMessage) => void>()
  let others: ((message: StunMessage) => void) | undefined
  const inbox: Relayed[] = []
  let awaited: ((relayed: Relayed) => void) | undefined

  line.onFrame((frame) => {
    const relayed = readRelayed(frame)
    if (relayed) {
      if (awaited) awaited(relayed)
      else inbox.push(relayed)
      return
    }
    const decoded = decodeMessage(frame)
    if (!decoded.ok) return
    const answer = answers.get(nameOf(transactionId(decoded.value)))
    if (answer) answer(decoded.value)
    else others?.(decoded.value)
  })

  const answerTo = (transaction: Uint8Array): Promise<StunMessage> =>
    new Promise((resolve) => answers.set(nameOf(transaction), resolve))

  /** Resolves when the server has had time to answer everything that was sent before. */
  const quiet = async (): Promise<'silence'> => {
    const transaction = randomTransaction()
    const end = performance.now() + patienceMs
    const answered = answerTo(transaction)
    while (performance.now() < end) {
      line.send(message('binding', 'request', transaction, () => {}))
      const got = await Promise.race([answered, Bun.sleep(line.transport === 'udp' ? 500 : patienceMs)])
      if (got) break
    }
    await Bun.sleep(graceMs)
    return 'silence'
  }

  const outcome = (answer: Promise<StunMessage>): Promise<StunMessage | 'silence' | 'closed'> =>
    Promise.race([answer, quiet(), line.closed.then(() => 'closed' as const)])

  const key = (as: Credential, realm: string): Uint8Array => longTermKey({ ...as, realm })

  const client: TurnClient = {
    line,
    get challenged() {
      return challenged
    },

    async ask(method, attributes = () => {}, sending = {}) {
      const as = sending.as ?? credential
      const unsigned = as === 'none'
      if (!unsigned && !challenged && sending.nonce === undefined) await challenge()
      const transaction = sending.transaction ?? randomTransaction()
      const bytes = message(method, 'request', transaction, (writer) => {
        attributes(writer)
        if (!unsigned) sign(writer, as, sending)
        if (sending.fingerprint) writer.fingerprint()
      })
      const answer = answerTo(transaction)
      line.send(sending.change?.(bytes) ?? bytes)
      return outcome(answer)
    },

    async askRaw(bytes) {
      const answer = new Promise<StunMessage>((resolve) => {
        others = resolve
      })
      line.send(bytes)
      return outcome(answer)
    },

    indicate(method, attributes, change) {
      const bytes = message(method, 'indication', randomTransaction(), attributes)
      line.send(change?.(bytes) ?? bytes)
    },

    channelData(channel, data) {
      const padding = line.transport === 'udp' ? 0 : -data.length & 3
      const bytes = new Uint8Array(4 + data.length + padding)
      writeChannelHeader(bytes, 0, channel, data.length)
      bytes.set(data, 4)
      line.send(bytes)
    },

    relayed() {
      const first = inbox.shift()
      if (first) return Promise.resolve(first)
      const next = new Promise<Relayed>((resolve) => {
        awaited = (relayed) => {
          awaited = undefined
          resolve(relayed)
        }
      })
      return Promise.race([next, quiet().then(() => undefined)])
    },

    async allocate(attributes = () => {}) {
      const answer = await client.ask('allocate', (writer) => {
        writer.put('requestedTransport', udpTransport)
        attributes(writer)
      })
      const address = typeof answer === 'string' ? undefined : answer.get('xorRelayedAddress')
      if (!address) {
        throw new Error(`no allocation: ${typeof answer === 'string' ? answer : answer.get('errorCode')?.code}`)
      }
      return address
    },

    [Symbol.dispose]: () => line[Symbol.dispose](),
  }

  async function challenge(): Promise<void> {
    const ask = () => client.ask('allocate', (writer) => writer.put('requestedTransport', udpTransport), { as: 'none' })
    let answer = await ask()
    // A server may answer a source only so often in a second; over UDP, whoever gets no answer asks again.
    for (let again = 0; again < 10 && answer === 'silence' && line.transport === 'udp'; again++) {
      await Bun.sleep(150)
      answer = await ask()
    }
    if (typeof answer === 'string') throw new Error(`the server does not challenge: ${answer}`)
    const [realm, nonce] = [answer.get('realm'), answer.get('nonce')]
    if (realm === undefined || nonce === undefined) throw new Error('the server does not challenge')
    challenged = { realm, nonce }
  }

  function sign(writer: MessageWriter, as: Credential, { realm, nonce, without = [] }: Sending): void {
    const usedRealm = realm ?? challenged?.realm ?? ''
    if (!without.includes('username')) writer.put('username', as.username)
    if (!without.includes('realm')) writer.put('realm', usedRealm)
    if (!without.includes('nonce')) writer.put('nonce', nonce ?? challenged?.nonce ?? '')
    writer.sign(key(as, usedRealm))
  }

  return client
}

function readRelayed(frame: Uint8Array): Relayed | undefined {
  if (((frame[0] ?? 0) & 0xc0) === 0x40) {
    const length = channelDataLength(frame, 0, frame.length)
    return length < 0 ? undefined : { over: channelOf(frame, 0), data: frame.slice(4, 4 + length), message: undefined }
  }
  const decoded = decodeMessage(frame)
  if (!decoded.ok || decoded.value.method !== 'data' || decoded.value.messageClass !== 'indication') return undefined
  const peer = decoded.value.get('xorPeerAddress')
  return peer && { over: peer, data: decoded.value.get('data') ?? new Uint8Array(), message: decoded.value }
}

export function randomTransaction(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(12))
}

/** One message as octets. */
export function message(
  method: Method,
  messageClass: MessageClass,
  transaction: Uint8Array,
  attributes: Attributes,
): Uint8Array {
  const target = new Uint8Array(70_000)
  const writer = createMessageWriter().begin(target, 0, method, messageClass, transaction)
  attributes(writer)
  return target.slice(0, writer.end())
}

const nameOf = (transaction: Uint8Array): string => Buffer.from(transaction).toString('hex')
