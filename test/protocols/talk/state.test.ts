/** The verbs of the state: questions, effects, and the end of those who are doomed. */
import { expect, test } from 'bun:test'
import { toRoom } from '../../../src/core/address.ts'
import { connectionId, roomKey } from '../../../src/core/ids.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { createState } from '../../../src/protocols/talk/state.ts'
import type { TalkEvent } from '../../../src/protocols/talk/vocabulary.ts'
import { sessionNamed, testIds, testSettings } from './server.ts'

const newState = (told: TalkEvent[] = []) =>
  createState(testSettings(), testIds(), createThrottle(), (_, __, event) => void told.push(event))

test('effects are handed out once, in order', () => {
  const state = newState()
  state.note({ fact: 'message-received', type: 'room' })
  state.emit({ do: 'reply', to: 1, status: 200, body: '' })
  expect(state.takeEffects().map(({ do: verb }) => verb)).toEqual(['note', 'reply'])
  expect(state.takeEffects()).toEqual([])
})

test('those who are here are told at once, the other nodes by an effect', () => {
  const told: TalkEvent[] = []
  const state = newState(told)
  const event: TalkEvent = { event: 'disinvited', room: 'den', reason: 'deleted' }
  const to = toRoom(roomKey('one', 'den'))
  state.tell(to, event)
  expect([told, state.takeEffects()]).toEqual([[event], [{ do: 'tell', to, event }]])
})

test('a question has a number, and what to do with its answer is kept', () => {
  const state = newState()
  const connection = {
    id: connectionId(1),
    peer: { address: '', userAgent: '' },
    phase: { phase: 'greeting' as const },
    awaits: undefined,
    inbox: [],
  }
  const backend = sessionNamed('a').backend
  const pending = { for: 'notice', backend: 'one', what: 'leave' } as const
  const ask = { ask: 'ping', backend, url: '', rooms: [] } as const
  const first = state.ask(ask, pending)
  state.askFor(connection, ask, pending)
  expect(state.pending.get(first)).toBe(pending)
  expect(state.awaiting.get(connection.awaits ?? 0)).toBe(connection.id)
  expect(state.takeEffects()).toEqual([
    { do: 'ask', number: first, ask },
    { do: 'ask', number: connection.awaits ?? 0, ask },
  ])
})

test('numbers run on, and the time is what it was told', () => {
  const state = newState()
  const [first, second] = [state.serial(), state.serial()]
  expect([second - first, state.lastSerial()]).toEqual([1, second])
  state.setNow(42)
  expect(state.now()).toBe(42)
})

test('the doomed come in the order in which they were', () => {
  const state = newState()
  const [a, b] = [sessionNamed('a'), sessionNamed('b')]
  state.doom(a, 'queue full')
  state.doom(b, 'disinvited')
  expect([state.takeDoomed()?.session, state.takeDoomed()?.why, state.takeDoomed()]).toEqual([
    a,
    'disinvited',
    undefined,
  ])
})
