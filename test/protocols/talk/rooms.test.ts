/** Rooms beyond their members: the list of participants above all. */
import { expect, test } from 'bun:test'
import { sessionId } from '../../../src/core/ids.ts'
import { RawJson } from '../../../src/protocols/json-wire.ts'
import {
  createRooms,
  isInCall,
  mergeParticipants,
  type Participant,
  sameValue,
} from '../../../src/protocols/talk/rooms.ts'
import { talkServer } from './server.ts'

const { backend } = talkServer()
const entry = (name: string, inCall: unknown, more: object = {}): Participant => ({
  sessionId: sessionId(name),
  inCall,
  ...more,
})
const newRoom = () => createRooms().open(backend('one'), 'den', undefined)

test('a room is opened once, and rooms of two Nextclouds do not meet', () => {
  const rooms = createRooms()
  const properties = new RawJson('{}')
  const den = rooms.open(backend('one'), 'den', properties)
  expect(rooms.open(backend('one'), 'den', undefined)).toBe(den)
  expect(den.properties).toBe(properties)
  expect(rooms.open(backend('two'), 'den', undefined)).not.toBe(den)
  expect([rooms.size, rooms.find(backend('one'), 'den'), rooms.get(den.key)]).toEqual([2, den, den])
  rooms.close(den.key)
  expect([rooms.size, rooms.get(den.key), [...rooms.all()].length]).toEqual([1, undefined, 1])
})

test('two raw values are the same if they mean the same', () => {
  expect(sameValue(new RawJson('{"a":1,"b":2}'), new RawJson('{ "b":2, "a":1.0 }'))).toBe(true)
  expect(sameValue(new RawJson('[1,2]'), new RawJson('[2,1]'))).toBe(false)
})

test('flags say who is in the call, in the words of every version of Talk', () => {
  expect([7, 1, true, 6, 0, false, '1', undefined, null].map(isInCall)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    undefined,
    undefined,
    undefined,
  ])
})

test('[R40] with `users` that is the list, and what changed is told beside it', () => {
  const room = newRoom()
  mergeParticipants(room, [], [entry('old', 7)])
  const told = mergeParticipants(room, [entry('gone', 0), entry('a', 0)], [entry('a', 7), entry('b', 3)])
  expect(told).toEqual([entry('a', 7), entry('b', 3), entry('gone', 0)])
  expect([...room.participants.values()]).toEqual([entry('a', 7), entry('b', 3)])
})

test('[R40] without `users` the list is kept here: changes are laid over it, and who leaves is told once', () => {
  const room = newRoom()
  mergeParticipants(room, [entry('a', 7, { userId: 'alice' }), entry('b', 7)], undefined)
  expect(mergeParticipants(room, [entry('a', 3)], undefined)).toEqual([
    entry('a', 3, { userId: 'alice' }),
    entry('b', 7),
  ])
  expect(mergeParticipants(room, [entry('b', 0)], undefined)).toEqual([
    entry('a', 3, { userId: 'alice' }),
    entry('b', 0),
  ])
  expect(mergeParticipants(room, [], undefined)).toEqual([entry('a', 3, { userId: 'alice' })])
})
