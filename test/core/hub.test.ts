/** Sessions, users, rooms and calls never disagree. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { toCall, toRoom, toSession, toUser } from '../../src/core/address.ts'
import { createHub, type Member } from '../../src/core/hub.ts'
import { roomKey, sessionId, userKey } from '../../src/core/ids.ts'

const den = roomKey('one', 'den')
const attic = roomKey('one', 'attic')
const alice = userKey('one', 'alice')
const member = (name: string, user?: typeof alice): Member => ({ id: sessionId(name), user })
const names = (members: Iterable<Member>): readonly string[] => [...members].map(({ id }) => id)

function hubOf(...members: readonly Member[]) {
  const hub = createHub<Member>()
  for (const one of members) hub.add(one)
  return hub
}

test('members are told in the order in which they came', () => {
  const hub = hubOf(member('a'), member('b'), member('c'))
  for (const id of ['c', 'a', 'b']) hub.enter(sessionId(id), den)
  expect(names(hub.members(den))).toEqual(['c', 'a', 'b'])
  expect(hub.memberCount(den)).toBe(3)
})

test('a session is in one room at most', () => {
  const hub = hubOf(member('a'))
  hub.enter(sessionId('a'), den)
  hub.enter(sessionId('a'), attic)
  expect([hub.roomOf(sessionId('a')), hub.memberCount(den), names(hub.members(attic))]).toEqual([attic, 0, ['a']])
})

test('who is not known cannot enter', () => {
  const hub = createHub<Member>()
  hub.enter(sessionId('nobody'), den)
  expect([hub.roomOf(sessionId('nobody')), hub.memberCount(den)]).toEqual([undefined, 0])
})

test('the call is joined and left once, and only by those who are in the room', () => {
  const hub = hubOf(member('a'))
  const a = sessionId('a')
  expect(hub.enterCall(a)).toBe(false)
  hub.enter(a, den)
  expect([hub.enterCall(a), hub.enterCall(a), hub.callSize(den), hub.isInCall(a)]).toEqual([true, false, 1, true])
  expect([hub.leaveCall(a), hub.leaveCall(a), hub.callSize(den)]).toEqual([true, false, 0])
  hub.enterCall(a)
  hub.leave(a)
  expect([hub.callSize(den), hub.isInCall(a)]).toEqual([0, false])
})

test('an address stands for those whom it names', () => {
  const hub = hubOf(member('a', alice), member('b', alice), member('c'))
  hub.enter(sessionId('a'), den)
  hub.enter(sessionId('c'), den)
  hub.enterCall(sessionId('c'))
  expect(names(hub.resolve(toSession(sessionId('b'))))).toEqual(['b'])
  expect(names(hub.resolve(toSession(sessionId('nobody'))))).toEqual([])
  expect(names(hub.resolve(toUser(alice)))).toEqual(['a', 'b'])
  expect(names(hub.resolve(toRoom(den)))).toEqual(['a', 'c'])
  expect(names(hub.resolve(toCall(den)))).toEqual(['c'])
  expect(names(hub.resolve(toRoom(attic)))).toEqual([])
})

test('who is removed is nowhere', () => {
  const hub = hubOf(member('a', alice), member('b', alice))
  hub.enter(sessionId('a'), den)
  hub.enterCall(sessionId('a'))
  hub.remove(sessionId('a'))
  hub.remove(sessionId('nobody'))
  expect([hub.size, hub.memberCount(den), hub.callSize(den)]).toEqual([1, 0, 0])
  expect([names(hub.resolve(toUser(alice))), names(hub.all())]).toEqual([['b'], ['b']])
  expect(hub.get(sessionId('a'))).toBeUndefined()
})

const operation = fc.record({
  do: fc.constantFrom('add', 'remove', 'enter', 'leave', 'enterCall', 'leaveCall'),
  who: fc.nat(6),
  room: fc.constantFrom(den, attic),
})

test('members, users, whereabouts and calls agree after anything', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const hub = createHub<Member>()
      const everybody = Array.from({ length: 7 }, (_, n) => member(`s${n}`, n % 2 === 0 ? alice : undefined))
      for (const { do: verb, who, room } of operations) {
        const one = everybody[who]
        if (!one) continue
        if (verb === 'add') {
          if (!hub.get(one.id)) hub.add(one)
        } else if (verb === 'enter') hub.enter(one.id, room)
        else if (verb === 'remove') hub.remove(one.id)
        else if (verb === 'leave') hub.leave(one.id)
        else if (verb === 'enterCall') hub.enterCall(one.id)
        else hub.leaveCall(one.id)

        const here = [...hub.all()]
        expect(here.length).toBe(hub.size)
        for (const each of everybody) {
          const place = hub.roomOf(each.id)
          expect([den, attic].filter((key) => names(hub.members(key)).includes(each.id))).toEqual(place ? [place] : [])
          if (!here.includes(each)) expect([place, hub.isInCall(each.id)]).toEqual([undefined, false])
        }
        for (const key of [den, attic]) {
          const inCall = [...hub.resolve(toCall(key))]
          expect([hub.memberCount(key), hub.callSize(key)]).toEqual([[...hub.members(key)].length, inCall.length])
          expect(inCall.every(({ id }) => hub.roomOf(id) === key && hub.isInCall(id))).toBe(true)
        }
        expect(new Set(hub.resolve(toUser(alice)))).toEqual(new Set(here.filter(({ user }) => user === alice)))
      }
    }),
    { numRuns: 60 },
  )
})

test('a room and a user of whom nobody is left are forgotten', () => {
  const hub = hubOf(member('a', alice))
  hub.enter(sessionId('a'), den)
  hub.remove(sessionId('a'))
  // What is kept would be an iterator or a set, however empty.
  expect<Iterable<Member>>(hub.members(den)).toEqual([])
  expect<Iterable<Member>>(hub.resolve(toUser(alice))).toEqual([])
})
