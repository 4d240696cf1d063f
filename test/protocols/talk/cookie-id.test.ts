import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { type ConnectionId, sessionId } from '../../../src/core/ids.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { createTalk } from '../../../src/protocols/talk/connection.ts'
import { createCookieIds, decodeId, encodeId, type IdKind } from '../../../src/protocols/talk/cookie-id.ts'
import type { SessionIdKeys } from '../../../src/protocols/talk/sealed-id.ts'
import type { Talk } from '../../../src/protocols/talk/vocabulary.ts'
import { createDice, morning } from '../../support/clock.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { createWorld } from '../../support/world.ts'
import { usualTalkAnswer } from './nextcloud.ts'
import { checkServerMessage, clouds, codeOf, testSettings } from './server.ts'

const keys: SessionIdKeys = { hashKey: '0123456789abcdef0123456789abcdef', blockKey: 'fedcba9876543210' }
const openKeys: SessionIdKeys = { ...keys, blockKey: undefined }
const otherKeys: SessionIdKeys = { ...keys, hashKey: 'another hash key' }
const dice = createDice(7)
const createIds = (of = keys) =>
  createCookieIds({ keys: of, backendId: 'compat', random: dice.bytes, now: () => morning + 250 })

const data = { sid: 5n, created: Uint8Array.from({ length: 15 }, (_, index) => index), backendId: 'one' }
const iv = new Uint8Array(16)
const kinds: readonly IdKind[] = ['private-session', 'public-session']

/** Signed by somebody who knows the keys, whatever it says. */
function signed(kind: IdKind, content: Uint8Array, { hashKey }: SessionIdKeys = openKeys): string {
  const head = `1|${Buffer.from(content).toString('base64url')}`
  const mac = createHmac('sha256', hashKey).update(`${kind}|${head}`).digest()
  const bytes = Buffer.concat([Buffer.from(`${head}|`), mac])
  const text = (kind === 'public-session' ? bytes.reverse() : bytes).toString('base64url')
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** As 0.4.1's load client does: the public id of another session out of its private one, with a new time and IV. */
function madeOf(resumeId: string, of = keys): string {
  const found = decodeId('private-session', resumeId, of)
  if (!found) throw new Error('not readable')
  return encodeId('public-session', found, of, 1_900_000_000, dice.bytes(16))
}

describe.each([
  ['encrypted', keys],
  ['not encrypted', openKeys],
] as const)('ids that are %s', (_, of) => {
  test('both ids of a session say the same: its number, since when, and at which backend', () => {
    const { id, resumeId } = createIds(of).create(300)
    // 2026-01-05 09:00:00.25 UTC
    const created = Uint8Array.from(
      Buffer.from(`01${(63_903_200_400).toString(16).padStart(16, '0')}0ee6b280ffff`, 'hex'),
    )
    expect(decodeId('public-session', id, of)).toEqual({ sid: 300n, created, backendId: 'compat' })
    expect(decodeId('private-session', resumeId, of)).toEqual({ sid: 300n, created, backendId: 'compat' })
  })

  test('every number that fits is read back', () => {
    const sids = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    fc.assert(
      fc.property(sids, fc.uint8Array({ maxLength: 20 }), fc.string(), (sid, created, name) => {
        const backendId = Buffer.from(name).toString()
        for (const kind of kinds) {
          const id = encodeId(kind, { sid, created, backendId }, of, 1, iv)
          expect(decodeId(kind, id, of)).toEqual({ sid, created, backendId })
        }
      }),
    )
  })
})

test('ids of one session and the next begin differently', () => {
  const ids = createIds()
  const beginnings = Array.from({ length: 50 }, (_, serial) => ids.create(serial).id.slice(0, 6))
  expect(new Set(beginnings).size).toBe(50)
})

test('an id is of one kind and of one set of keys, and has one spelling', () => {
  const publicId = encodeId('public-session', data, keys, 1, iv)
  expect(decodeId('private-session', publicId, keys)).toBeUndefined()
  expect(decodeId('public-session', publicId, otherKeys)).toBeUndefined()
  const padding = encodeId('private-session', { ...data, backendId: 'on' }, keys, 1, iv)
  for (const id of [publicId, padding, encodeId('private-session', data, keys, 12, iv)]) {
    const kind = id === publicId ? 'public-session' : 'private-session'
    expect(decodeId(kind, id, keys)).toBeDefined()
    const spellings = [`${id}=`, ` ${id}`, `${id}\n`, id.replace(/=$/, ''), id.replaceAll('_', '/')]
    for (const other of spellings) if (other !== id) expect(decodeId(kind, other, keys)).toBeUndefined()
  }
})

test('no bit of an id can be changed', () => {
  const id = encodeId('private-session', data, keys, 1, iv)
  fc.assert(
    fc.property(fc.nat(id.length - 1), fc.constantFrom(...'AZaz09-_='), (place, letter) => {
      const changed = id.slice(0, place) + letter + id.slice(place + 1)
      expect(decodeId('private-session', changed, keys) === undefined).toBe(changed !== id)
    }),
  )
})

describe('nothing throws', () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  const text = fc.oneof(fc.string({ maxLength: 400 }), fc.base64String({ maxLength: 400 }))

  test('whatever text it is', () => {
    fc.assert(
      fc.property(text, (id) => {
        for (const kind of kinds) for (const of of [keys, openKeys]) expect(decodeId(kind, id, of)).toBeUndefined()
        const ids = createIds()
        expect(ids.isGenuine(id)).toBe(false)
        expect(ids.canonical(id)).toBe(sessionId(id))
      }),
    )
  })

  test('whatever was signed by somebody who knows the keys', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...kinds), (content, kind) => {
        for (const of of [keys, openKeys]) decodeId(kind, signed(kind, content), of)
      }),
      { numRuns: 2_000 },
    )
  })

  test('wherever the content ends, or says that its parts end', () => {
    const whole = Buffer.from(
      Buffer.from(encodeId('private-session', data, openKeys, 1, iv), 'base64url')
        .toString('latin1')
        .split('|')[1] ?? '',
      'base64url',
    )
    const read = (content: Uint8Array) => decodeId('private-session', signed('private-session', content), openKeys)
    expect(read(whole)).toEqual(data)
    for (let end = 0; end < whole.length; end++) expect(read(whole.subarray(0, end))).toBeUndefined()
    for (let place = 0; place < whole.length; place++) {
      for (const value of [0, 1, 127, 128, 247, 248, 255]) {
        const changed = Uint8Array.from(whole)
        changed[place] = value
        read(changed)
      }
    }
    // A part that claims to be shorter than its own head would lead back to where it began.
    expect(read(Uint8Array.from([0, 1, 0, 1, 0, 1]))).toBeUndefined()
  })

  test('however long it is', () => {
    const long = signed('private-session', new Uint8Array(4_000))
    expect(createIds().isGenuine(long)).toBe(false)
    expect(createIds().isGenuine(signed('private-session', new Uint8Array(1_000)))).toBe(true)
  })
})

describe('whom a public id means', () => {
  test('the session of that number, as long as it is there', () => {
    const ids = createIds()
    const [one, two] = [ids.create(1), ids.create(2)]
    ids.present?.add(one.id)
    ids.present?.add(two.id)
    const other = madeOf(two.resumeId)
    expect(other).not.toBe(two.id)
    expect([one.id, two.id, other, other].map(ids.canonical)).toEqual([one.id, two.id, two.id, two.id])
    ids.present?.remove(two.id)
    expect(ids.canonical(other)).toBe(sessionId(other))
    expect(ids.canonical(one.id)).toBe(one.id)
  })

  test('a private id means nobody, nor does one of other keys', () => {
    const ids = createIds()
    const { id, resumeId } = ids.create(1)
    ids.present?.add(id)
    const foreign = encodeId('public-session', { ...data, sid: 1n }, otherKeys, 1, iv)
    for (const text of [resumeId, foreign]) expect(ids.canonical(text)).toBe(sessionId(text))
  })

  test('many spellings do not pile up, and go on to be understood', () => {
    const ids = createIds()
    const { id, resumeId } = ids.create(1)
    ids.present?.add(id)
    for (let count = 0; count < 10_050; count++)
      ids.canonical(encodeId('public-session', { ...data, sid: 1n }, keys, count, iv))
    expect(ids.canonical(madeOf(resumeId))).toBe(id)
  })
})

describe('in the machine', () => {
  function start() {
    const ids = createIds()
    const world = createWorld<Talk>(createTalk(testSettings(), ids, createThrottle()), {
      answering: usualTalkAnswer,
      check: checkServerMessage,
    })
    const say = (on: ConnectionId, message: object) => {
      world.text(on, JSON.stringify(message))
      return world.hear(on).map(parseJson)
    }
    const hello = (body: object) => {
      const on = world.open()
      world.hear(on)
      const [heard] = say(on, { type: 'hello', hello: { version: '1.0', ...body } })
      return {
        on,
        heard,
        id: textAt(heard, 'hello', 'sessionid') ?? '',
        resumeId: textAt(heard, 'hello', 'resumeid') ?? '',
      }
    }
    const user = (userid: string) => hello({ auth: { url: clouds.one, params: { userid } } })
    const message = (sessionid: string) => ({
      type: 'message',
      message: { recipient: { type: 'session', sessionid }, data: 'found' },
    })
    return { world, say, hello, user, message }
  }

  test('a message reaches the session by an id that another made of its number, and names the sender as all know him', () => {
    const { world, say, user, message } = start()
    const [alice, bob] = [user('alice'), user('bob')]
    say(bob.on, message(madeOf(alice.resumeId)))
    say(bob.on, message(alice.id))
    const sender = { type: 'session', sessionid: bob.id, userid: 'bob' }
    const expected = { type: 'message', message: { sender, data: 'found' } }
    expect(world.hear(alice.on).map(parseJson)).toEqual([expected, expected])
    say(alice.on, message(madeOf(alice.resumeId)))
    expect(world.hear(alice.on)).toEqual([])
  })

  test('who is gone is not reached', () => {
    const { world, say, user, message } = start()
    const [alice, bob] = [user('alice'), user('bob')]
    say(alice.on, { type: 'bye', bye: {} })
    say(bob.on, message(madeOf(alice.resumeId)))
    expect(world.hear(bob.on)).toEqual([])
    expect(world.hear(alice.on)).toEqual([])
  })

  test('resuming needs the private id to the letter; another of the same session comes too late, but is no forgery', () => {
    const { world, hello, user } = start()
    const alice = user('alice')
    world.lose(alice.on)
    const found = decodeId('private-session', alice.resumeId, keys)
    if (!found) throw new Error('not readable')
    const minted = encodeId('private-session', found, keys, 1, iv)
    const late = hello({ resumeid: minted })
    expect(codeOf(late.heard)).toBe('no_such_session')
    expect(world.facts.filter(({ fact }) => fact === 'resume-failed')).toMatchObject([{ genuine: true }])

    const forged = hello({ resumeid: alice.id })
    expect(forged.heard).toBeUndefined()
    expect(world.facts.filter(({ fact }) => fact === 'resume-failed')).toMatchObject([{}, { genuine: false }])

    expect(hello({ resumeid: alice.resumeId })).toMatchObject({ id: alice.id, resumeId: alice.resumeId })
  })
})
