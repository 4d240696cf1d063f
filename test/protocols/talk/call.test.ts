/** Who is in the call, and what is noted of it. */
import { expect, test } from 'bun:test'
import { joinCall, leaveCall } from '../../../src/protocols/talk/call.ts'
import { talkServer } from './server.ts'

test('[R7] the first in the call starts it, and nobody is in it twice', () => {
  const { room, state, backend } = talkServer()
  room(2)
  const den = state.rooms.find(backend('one'), 'den')
  const [a, b] = den ? [...state.hub.members(den.key)] : []
  if (!den || !a || !b) throw new Error('nobody is in the den')
  state.takeEffects()
  expect([joinCall(state, den, a), joinCall(state, den, a), joinCall(state, den, b)]).toEqual([true, false, true])
  const facts = state.takeEffects().map((effect) => (effect.do === 'note' ? effect.fact.fact : effect.do))
  expect(facts).toEqual(['call-started', 'call-joined', 'call-joined'])
  expect([leaveCall(state, a), leaveCall(state, a), state.hub.callSize(den.key)]).toEqual([true, false, 1])
})
