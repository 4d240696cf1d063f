/** Nextcloud's session ids and who has them. */
import { expect, test } from 'bun:test'
import { createSeats } from '../../../src/protocols/talk/seats.ts'
import { sessionNamed, talkServer } from './server.ts'

test('[R36] a seat belongs to whoever took it last', () => {
  const { backend } = talkServer()
  const [seats, a, b] = [createSeats(), sessionNamed('a'), sessionNamed('b')]
  seats.take(a, 'r1')
  expect(seats.find(backend('one'), 'r1')).toBe(a)
  seats.take(b, 'r1')
  expect(seats.find(backend('one'), 'r1')).toBe(b)
  // The one who lost it does not take it away from the other.
  seats.take(a, '')
  expect(seats.find(backend('one'), 'r1')).toBe(b)
  seats.take(b, '')
  expect([seats.find(backend('one'), 'r1'), seats.size]).toEqual([undefined, 0])
})

test('[R43] a new id replaces the former, and the empty one is nobody', () => {
  const { backend } = talkServer()
  const [seats, a] = [createSeats(), sessionNamed('a')]
  seats.take(a, 'r1')
  seats.take(a, 'r2')
  expect([a.roomSession, seats.size]).toEqual(['r2', 1])
  expect([seats.find(backend('one'), 'r1'), seats.find(backend('one'), '')]).toEqual([undefined, undefined])
})

test('the same id at two Nextclouds is two seats', () => {
  const { backend } = talkServer()
  const [seats, a, b] = [createSeats(), sessionNamed('a'), sessionNamed('b', { backend: backend('two') })]
  seats.take(a, 'r1')
  seats.take(b, 'r1')
  expect([seats.find(backend('one'), 'r1'), seats.find(backend('two'), 'r1')]).toEqual([a, b])
})
