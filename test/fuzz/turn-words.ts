/** What a client of TURN may say, mostly sensible: requests of every method with attributes picked at random, and how octets get spoilt. */
import type { TransportAddress } from '../../src/lib/ip-address.ts'
import type { Method } from '../../src/turn/codec/header.ts'
import { longTermKey } from '../../src/turn/codec/keys.ts'
import { createMessageWriter, type MessageWriter } from '../../src/turn/codec/message-writer.ts'
import { restPassword } from '../../src/turn/credentials.ts'
import type { Dice } from '../support/clock.ts'
import { at } from '../turn/ip.ts'
import type { Who } from '../turn/requests/stage.ts'

/** What has been seen, to be said again. */
export interface Pool {
  readonly requests: Uint8Array[]
  readonly tokens: Uint8Array[]
  readonly connections: number[]
}

export interface Credentials extends Who {
  readonly realm: string
  readonly nonce: string
  readonly signed: boolean
  readonly sha256: boolean
}

const alice = { username: 'alice', password: 'wonder' }
const bob = { username: 'bob', password: 'builder' }
const people = [
  ...([alice, alice, alice, alice, alice, bob, bob] as const),
  { username: 'bob', password: 'wrong' },
  { username: 'rest', password: '' },
  { username: 'carol', password: 'hooked' },
] as const

export function whoever(dice: Dice): Partial<Who> {
  const address = dice.pick(['203.0.113.5', '203.0.113.6', '2001:db8::5', '::ffff:203.0.113.5'])
  return { ...dice.pick(people), address }
}

export const anyPeer = (dice: Dice): TransportAddress =>
  at(
    dice.pick([
      '8.8.8.8',
      '8.8.8.8',
      '8.8.8.8',
      '8.8.8.9',
      '2a00::8',
      '8.8.4.4',
      '127.0.0.1',
      '10.0.0.1',
      '2a00::8',
      '::ffff:8.8.8.8',
      '::1',
    ]),
    dice.pick([1, 2, 3478, 40_000]),
  )

type Word = (to: MessageWriter, dice: Dice, pool: Pool) => unknown

const peer: Word = (to, dice) => to.put('xorPeerAddress', anyPeer(dice))
const transport: Word = (to, dice) => to.put('requestedTransport', dice.pick([17, 17, 17, 6, 6, 99]))
const channel: Word = (to, dice) =>
  to.put('channelNumber', dice.pick([0x4000, 0x4001, 0x4002, 0x4fff, 0x5000, 0x3fff, dice.below(0x10000)]))
const connection: Word = (to, dice, pool) =>
  to.put('connectionId', pool.connections[dice.below(pool.connections.length)] ?? dice.below(2 ** 32))

/** What each method cannot do without. */
const needed = {
  binding: [],
  allocate: [transport],
  refresh: [(to, dice) => dice.chance(0.3) && to.put('lifetime', 0)],
  createPermission: [peer],
  channelBind: [channel, peer],
  connect: [peer],
  connectionBind: [connection],
  send: [],
  data: [],
  connectionAttempt: [],
} as const satisfies Record<Method, readonly Word[]>

const extras: readonly Word[] = [
  peer,
  transport,
  channel,
  connection,
  (to, dice) => to.put('lifetime', dice.pick([0, 0, 1, 700, 2 ** 32 - 1])),
  (to, dice) => to.put('requestedAddressFamily', dice.pick([1, 2, 2, 3])),
  (to, dice) => to.put('additionalAddressFamily', dice.pick([2, 2, 1])),
  (to, dice) => to.put('evenPort', dice.chance(0.7)),
  (to) => to.put('dontFragment', true),
  (to, dice, pool) => to.put('reservationToken', pool.tokens[dice.below(pool.tokens.length)] ?? new Uint8Array(8)),
  (to, dice) => to.putOctets(dice.pick([0x0003, 0x7ffe, 0xff04, 0x000d, 0x0012]), dice.bytes(dice.below(9))),
  (to, dice) => to.put('userhash', dice.bytes(32)),
]

const methods: readonly [Method, ...Method[]] = [
  'allocate',
  'allocate',
  'allocate',
  'refresh',
  'createPermission',
  'createPermission',
  'channelBind',
  'channelBind',
  'connect',
  'connect',
  'connectionBind',
  'binding',
  'send',
]

const none = new Uint8Array(0)
const algorithms = [
  { algorithm: 2, parameters: none },
  { algorithm: 1, parameters: none },
]

/** `seconds` since 1970, for names that have an end. */
export function request(dice: Dice, pool: Pool, who: Credentials, seconds: number): Uint8Array {
  const target = new Uint8Array(2048)
  const method = dice.pick(methods)
  const writer = createMessageWriter().begin(target, 0, method, 'request', dice.bytes(12))
  for (const word of needed[method]) if (dice.chance(0.97)) word(writer, dice, pool)
  while (dice.chance(0.25)) extras[dice.below(extras.length)]?.(writer, dice, pool)
  if (who.signed) sign(writer, dice, who, seconds)
  if (dice.chance(0.3)) writer.fingerprint()
  return target.slice(0, writer.end())
}

function sign(writer: MessageWriter, dice: Dice, who: Credentials, seconds: number): void {
  const { realm, nonce, sha256 } = who
  // A name of one hour, so that the same client keeps it for a while.
  const name = `${seconds - (seconds % 3600) + 7200}:rest`
  const [username, password] =
    who.username === 'rest' ? [name, restPassword('secret', name)] : [who.username, who.password]
  if (dice.chance(0.98)) writer.put('username', username)
  if (dice.chance(0.98)) writer.put('realm', realm)
  if (dice.chance(0.98)) writer.put('nonce', nonce)
  const algorithm = sha256 && dice.chance(0.8) ? dice.pick([1, 2]) : undefined
  if (algorithm !== undefined) {
    writer.put('passwordAlgorithms', algorithms).put('passwordAlgorithm', { algorithm, parameters: none })
  }
  const key = longTermKey({ username, realm, password }, algorithm === 2 ? 'sha256' : 'md5')
  if (sha256 && dice.chance(0.7)) writer.signSha256(key)
  else writer.sign(key)
}

export function indicationOf(dice: Dice): Uint8Array {
  const target = new Uint8Array(2048)
  const method = dice.pick(['send', 'send', 'send', 'send', 'data', 'binding', 'allocate'] as const)
  const writer = createMessageWriter().begin(target, 0, method, 'indication', dice.bytes(12))
  if (dice.chance(0.95)) writer.put('xorPeerAddress', anyPeer(dice))
  if (dice.chance(0.95)) writer.put('data', dice.bytes(dice.below(40)))
  if (dice.chance(0.1)) writer.put('dontFragment', true)
  return target.slice(0, writer.end())
}

/** Octets flipped, cut off, doubled, or added. */
export function mutated(dice: Dice, octets: Uint8Array): Uint8Array {
  const changed = octets.slice()
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const place = dice.below(Math.max(changed.length, 1))
    if (dice.chance(0.8)) changed[place] = dice.below(256)
    else changed[place] = (changed[place] ?? 0) ^ (1 << dice.below(8))
  }
  if (dice.chance(0.2)) return changed.subarray(0, dice.below(changed.length + 1))
  return dice.chance(0.1) ? new Uint8Array([...changed, ...dice.bytes(4)]) : changed
}
