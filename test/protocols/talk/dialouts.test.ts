/** Outgoing calls that are on their way. */
import { expect, test } from 'bun:test'
import { createDialouts, type Dialout } from '../../../src/protocols/talk/dialouts.ts'
import { sessionNamed } from './server.ts'

const [a, b] = [sessionNamed('a', { kind: 'internal' }), sessionNamed('b', { kind: 'internal' })]
const dialout = (id: string, asked: Dialout['asked']): Dialout => ({
  id,
  request: 1,
  backend: asked.backend,
  backendUrl: asked.backendUrl,
  roomId: '1',
  number: '+49123',
  options: undefined,
  asked,
  next: [],
  refusal: undefined,
})

test('[R19] each is there until it is taken, and known by whom it asks', () => {
  const dialouts = createDialouts()
  const [first, second] = [dialout('1', a), dialout('2', b)]
  dialouts.add(first)
  dialouts.add(second)
  expect([dialouts.get('1'), dialouts.askedOf(b), dialouts.size]).toEqual([first, [second], 2])
  expect([dialouts.take('1'), dialouts.take('1'), dialouts.get('1')]).toEqual([first, undefined, undefined])
  expect([dialouts.askedOf(a), dialouts.size]).toEqual([[], 1])
})
