/** What a fuzzer says to the Talk front end: sense, nearly sense and nonsense, all drawn with dice. */
import { clouds, internalAuth } from '../protocols/talk/server.ts'
import type { Dice } from '../support/clock.ts'
import type { Json, JsonObject } from '../support/json.ts'

/** Names that may mean something: ids of sessions that were seen, rooms, users. */
export interface Pool {
  readonly sessions: string[]
  readonly resumeIds: string[]
}

const rooms = ['den', 'den', 'den', 'attic', '1234', ''] as const
const users = ['alice', 'bob', 'carol', ''] as const
const roomSessions = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', '0', ''] as const
const keys = ['k', 'callstatus_1', '__proto__', 'toString', ''] as const
const flags = [0, 1, 3, 7, 9, -1, 2 ** 40] as const
type Lists = readonly [readonly string[], ...(readonly string[])[]]
const featureLists: Lists = [[], ['chat-relay'], ['internal-incall'], ['start-dialout'], ['start-dialout', 'x']]
const permissionLists: Lists = [[], ['hide-displaynames'], ['transient-data'], ['control', 'publish-media']]

const oneOf = (dice: Dice, items: readonly string[]): string => items[dice.below(items.length)] ?? 'nobody'

/** Any JSON, not too deep. */
export function anyJson(dice: Dice, depth = 3): Json {
  switch (dice.below(depth > 0 ? 9 : 7)) {
    case 0:
      return null
    case 1:
      return dice.chance(0.5)
    case 2:
      return dice.pick([0, -1, 1.5, 2 ** 53, 1e300, 7])
    case 3:
      return dice.pick(['', 'text', 'nickChanged', 'chat', '\u2028"\\', '\ud800', '0', '__proto__'])
    case 4:
      return { type: 'chat', chat: { refresh: dice.chance(0.7), comment: anyJson(dice, 0) } }
    case 5:
      return { type: 'chat', chat: anyJson(dice, 0) }
    case 6:
      return { type: 'nickChanged', name: 'n' }
    case 7:
      return Array.from({ length: dice.below(4) }, () => anyJson(dice, depth - 1))
    default:
      return Object.fromEntries(
        Array.from({ length: dice.below(4) }, () => [oneOf(dice, keys), anyJson(dice, depth - 1)]),
      )
  }
}

function recipient(dice: Dice, pool: Pool): JsonObject {
  switch (dice.below(5)) {
    case 0:
      return { type: 'session', sessionid: oneOf(dice, pool.sessions) }
    case 1:
      return { type: 'user', userid: dice.pick(users) }
    case 2:
      return { type: 'room' }
    case 3:
      return { type: 'call' }
    default:
      return { type: 'planet' }
  }
}

export function hello(dice: Dice, pool: Pool): JsonObject {
  const features = [...dice.pick(featureLists)]
  const lately = pool.resumeIds.slice(-6)
  switch (dice.below(12)) {
    case 0:
      return { version: '1.0', resumeid: oneOf(dice, [...pool.resumeIds, ...pool.sessions.slice(0, 1), 'guess']) }
    case 1:
    case 2:
      if (lately.length > 0) return { version: '1.0', resumeid: oneOf(dice, lately) }
      return { version: '1.0', auth: internalAuth('two') }
    case 3:
      return { version: '2.0', features, auth: { url: 'https://one.example/', params: { token: dice.pick(users) } } }
    case 4:
    case 5:
      return { version: '1.0', features, auth: internalAuth('one') }
    case 6:
      return { version: dice.pick(['1.0', '3.0']), auth: { type: dice.pick(['federation', 'internal']), params: {} } }
    default: {
      const url = dice.pick(['https://one.example/', 'https://one.example/', 'https://two.example/', clouds.small])
      return { version: '1.0', features, auth: { url, params: { userid: dice.pick(users) } } }
    }
  }
}

function internal(dice: Dice): JsonObject {
  const sessionid = dice.pick(['v1', 'v2', 'v3'])
  const roomid = dice.pick(['den', 'attic', '1234'])
  const more = dice.chance(0.5) ? {} : { flags: dice.pick(flags), incall: dice.pick(flags) }
  switch (dice.below(7)) {
    case 0:
    case 1: {
      const options = dice.chance(0.5) ? {} : { options: { actorId: 'a', actorType: 'phones' } }
      return { type: 'addsession', addsession: { sessionid, roomid, user: anyJson(dice, 1), ...options, ...more } }
    }
    case 2:
      return { type: 'updatesession', updatesession: { sessionid, roomid, ...more } }
    case 3:
      return { type: 'removesession', removesession: { sessionid, roomid } }
    case 4:
      return { type: 'incall', incall: { incall: dice.pick(flags) } }
    default: {
      const status = { callid: 'c1', status: dice.pick(['accepted', 'ringing', 'cleared', 'rejected']) }
      const error = { error: { code: 'busy', message: 'Nobody there.' } }
      const word = dice.chance(0.6) ? { type: 'status', status } : { type: dice.pick(['error', 'odd']), ...error }
      return { type: 'dialout', dialout: { roomid, ...word } }
    }
  }
}

/** A message that fits the schemas, more or less. */
export function message(dice: Dice, pool: Pool): JsonObject {
  const id = dice.chance(0.3) ? {} : { id: dice.pick(['1', 'dialout-1', 'dialout-9', '', 'x']) }
  switch (dice.below(12)) {
    case 0:
    case 1:
    case 2:
      return { ...id, type: 'room', room: { roomid: dice.pick(rooms), sessionid: dice.pick(roomSessions) } }
    case 3:
    case 4:
      return { ...id, type: 'message', message: { recipient: recipient(dice, pool), data: anyJson(dice) } }
    case 5:
      return { ...id, type: 'control', control: { recipient: recipient(dice, pool), data: anyJson(dice) } }
    case 6:
    case 7:
      return { ...id, type: 'internal', internal: internal(dice) }
    case 8:
    case 9: {
      const key = dice.chance(0.2) ? `sd:${oneOf(dice, pool.sessions)}` : dice.pick(keys)
      const ttl = dice.chance(0.3) ? {} : { ttl: dice.pick([0, 5e9, 1, -1]) }
      const type = dice.pick(['set', 'set', 'set', 'remove', 'odd'])
      return { ...id, type: 'transient', transient: { type, key, value: anyJson(dice, 2), ...ttl } }
    }
    case 10:
      return dice.chance(0.3) ? { ...id, type: 'bye', bye: {} } : { ...id, type: 'unheard-of' }
    default:
      return { ...id, type: 'hello', hello: hello(dice, pool) }
  }
}

/** The same text with something done to it. */
export function mutated(dice: Dice, text: string): string {
  let result = text
  for (let times = 1 + dice.below(3); times > 0; times--) {
    const from = dice.below(result.length + 1)
    const to = Math.min(result.length, from + dice.below(12))
    switch (dice.below(5)) {
      case 0:
        result = result.slice(0, from) + result.slice(to)
        break
      case 1:
        result = result.slice(0, to) + result.slice(from)
        break
      case 2:
        result = result.slice(0, from) + String.fromCharCode(dice.below(0x250)) + result.slice(from)
        break
      case 3:
        result = result.slice(0, from) + dice.pick(['null', '{}', '[]', '"', '1e999', 'true', '\\']) + result.slice(to)
        break
      default:
        result = result.slice(0, from)
    }
  }
  return result
}

/** A frame of any quality. */
export function frame(dice: Dice, pool: Pool): string {
  const text = JSON.stringify(message(dice, pool))
  const quality = dice.next()
  if (quality < 0.75) return text
  if (quality < 0.95) return mutated(dice, text)
  return Buffer.from(dice.bytes(dice.below(60))).toString('latin1')
}

/** The body of a request of Nextcloud's. */
export function roomRequest(dice: Dice): JsonObject {
  const ids = (): Json => Array.from({ length: dice.below(4) }, () => dice.pick(roomSessions))
  const names = (): Json => Array.from({ length: dice.below(3) }, () => dice.pick(users))
  const entries = (): Json =>
    Array.from({ length: dice.below(4) }, () => ({
      sessionId: dice.pick(roomSessions),
      inCall: dice.pick([0, 1, 7, true, false]),
      ...(dice.chance(0.5) ? {} : { permissions: [...dice.pick(permissionLists)] }),
      ...(dice.chance(0.5) ? {} : { userId: dice.pick(users) }),
    }))
  const properties = anyJson(dice, 1)
  const users_ = dice.chance(0.5) ? {} : { users: entries() }
  switch (dice.below(11)) {
    case 0:
      return { type: 'invite', invite: { userids: names(), alluserids: names(), properties } }
    case 1:
      return { type: 'disinvite', disinvite: { userids: names(), sessionids: ids(), alluserids: names(), properties } }
    case 2:
      return { type: 'update', update: { userids: names(), properties } }
    case 3:
      return dice.chance(0.4) ? { type: 'delete', delete: { userids: names() } } : { type: 'update', update: {} }
    case 4:
    case 5:
      return { type: 'incall', incall: { incall: 7, changed: entries(), ...users_ } }
    case 6:
      return { type: 'incall', incall: { all: true, incall: dice.pick([0, 1, 7, true, false]) } }
    case 7:
      return { type: 'participants', participants: { changed: entries(), ...users_ } }
    case 8:
      return { type: 'message', message: { data: anyJson(dice) } }
    case 9:
      return { type: 'switchto', switchto: { roomid: 'attic', sessions: ids() } }
    default:
      return { type: 'dialout', dialout: { number: dice.pick(['+491234', '12', '']), options: anyJson(dice, 1) } }
  }
}
