/** The TURN machine's functions one by one: µs of CPU per call, warm, without sockets. For comparing two states of the code. */
import { randomBytes, randomInt } from 'node:crypto'
import { type IpAddress, parseIp, type TransportAddress } from '../../src/lib/ip-address.ts'
import type { OpenAllocation } from '../../src/turn/allocation.ts'
import type { Method } from '../../src/turn/codec/header.ts'
import { integrityHolds } from '../../src/turn/codec/integrity.ts'
import { longTermKey } from '../../src/turn/codec/keys.ts'
import { decodeMessage, type StunMessage } from '../../src/turn/codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../../src/turn/codec/message-writer.ts'
import { type Client, clientKey, ipKey, peerKey } from '../../src/turn/five-tuple.ts'
import { createLedger } from '../../src/turn/ledger.ts'
import { towardsClient, towardsPeer } from '../../src/turn/relaying.ts'
import { createTurnServer, indicationHeadroom, type TurnActions } from '../../src/turn/server.ts'
import type { TurnSettings } from '../../src/turn/settings.ts'
import { time } from '../timing.ts'

const now = 1_800_000_000_000
const realm = 'bench.example'
const account = { username: 'bench', realm, password: 'bench-password' }
const key = longTermKey(account)
const relayPorts = { min: 49_152, max: 65_535 }
const relay = ip('198.51.100.7')
const peer: TransportAddress = { ip: ip('8.8.8.8'), port: 40_000 }
const channel = 0x4000
const data = 160

const settings: TurnSettings = {
  realm,
  credentials: { users: new Map([[account.username, account.password]]), secrets: [], hook: false },
  nonceKey: new Uint8Array(32).fill(7),
  peers: { allowed: [], denied: [], sfu: [], own: [], relayPorts, relays: [relay], closed: [] },
  relays: { 4: { bound: relay, told: relay } },
  quotas: { perUser: 0, perSource: 0, total: 0 },
  ...{ challengeRate: 0, bindingRate: 0, bytesPerSecond: 0 },
  ...{ channels: 'rfc8656', tcpRelay: false, sha256: false },
}
let ids = 0
const server = createTurnServer({
  settings,
  ledger: createLedger({ shape: relayPorts, limits: settings, random: (below) => randomInt(below) }),
  capabilities: { dontFragment: true },
  transports: ['udp'],
  randomOctets: (length) => randomBytes(length),
  newId: () => String(++ids),
})

/** Binds what is to be bound, as a worker does; the last answer, if there was one. */
function carry(actions: TurnActions): Uint8Array | undefined {
  let answer: Uint8Array | undefined
  for (const action of actions) {
    if (action.do === 'answer') answer = action.message
    if (action.do !== 'bind-relay') continue
    answer = carry(server.relayBound(action.for, action.family, action.port, 7, now)) ?? answer
  }
  return answer
}

const receive = (message: Uint8Array, client: Client): Uint8Array | undefined =>
  carry(server.received(message, 0, message.length, client, now))

const client: Client = { address: { ip: ip('203.0.113.5'), port: 5_000 }, listener: 0 }
const plainAllocate = written('allocate', (writer) => writer.put('requestedTransport', 17))
const nonce = answered(plainAllocate).get('nonce') ?? ''
const signed = (method: Method, put: (writer: MessageWriter) => unknown): Uint8Array =>
  written(method, (writer) => {
    put(writer)
    writer.put('username', account.username).put('realm', realm).put('nonce', nonce).sign(key)
  })
const allocate = signed('allocate', (writer) => writer.put('requestedTransport', 17))
const end = signed('refresh', (writer) => writer.put('lifetime', 0))
const refresh = signed('refresh', (writer) => writer.put('lifetime', 600))
const permission = signed('createPermission', (writer) => writer.put('xorPeerAddress', peer))
const bind = signed('channelBind', (writer) => writer.put('channelNumber', channel).put('xorPeerAddress', peer))
const binding = written('binding', () => {})
const send = written(
  'send',
  (writer) => writer.put('xorPeerAddress', peer).put('data', new Uint8Array(data)),
  'indication',
)

const decoded = decoding(allocate)
time('decode a signed Allocate', () => decodeMessage(allocate))
time('check its integrity', () => integrityHolds(decoded, key))
time('Binding', () => receive(binding, client))
time('Allocate of a stranger, 401', () => receive(plainAllocate, client))
// A port rests after its use: no more calls than there are ports.
time('Allocate and its end', () => [receive(allocate, client), receive(end, client)], { calls: 2_000, perCall: 2 })

for (const request of [allocate, bind, refresh, permission, binding]) {
  if (answered(request).messageClass !== 'success') throw new Error('a request that is to be timed is refused')
}
const allocation = opened()
time('Refresh', () => receive(refresh, client), { calls: 50_000 })
time('CreatePermission', () => receive(permission, client), { calls: 50_000 })
time('ChannelBind', () => receive(bind, client), { calls: 50_000 })
time('Send indication', () => receive(send, client))

const slot = new Uint8Array(2_048)
const [senderKey, senderIp] = [peerKey(peer.ip, peer.port), ipKey(peer.ip)]
const someone = clientKey(client)
time('find the allocation of a client', () => server.allocationOf(someone), { calls: 2_000_000 })
time('ChannelData towards a peer', () => towardsPeer(allocation, channel, data, now, 0), { calls: 2_000_000 })
time('data towards a client', () => towardsClient(allocation, senderIp, senderKey, data, now, 0), { calls: 2_000_000 })
time('wrap a Data indication', () => server.wrapData(slot, indicationHeadroom, indicationHeadroom + data, peer))

function ip(text: string): IpAddress {
  const parsed = parseIp(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

function written(
  method: Method,
  put: (writer: MessageWriter) => unknown,
  kind: 'request' | 'indication' = 'request',
): Uint8Array {
  const target = new Uint8Array(1_024)
  const writer = createMessageWriter().begin(target, 0, method, kind, randomBytes(12))
  put(writer)
  return target.slice(0, writer.end())
}

function decoding(bytes: Uint8Array): StunMessage {
  const result = decodeMessage(bytes)
  if (!result.ok) throw new Error(`no message: ${result.error}`)
  return result.value
}

function answered(message: Uint8Array): StunMessage {
  const answer = receive(message, client)
  if (!answer) throw new Error('no answer')
  return decoding(answer.slice())
}

function opened(): OpenAllocation {
  const found = server.allocationOf(clientKey(client))
  if (!found) throw new Error('there is no allocation')
  return found
}
