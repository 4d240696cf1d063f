/** Who gets what: the open ones at once, the parked ones when they come back. */
import { expect, test } from 'bun:test'
import { toRoom, toSession, toUser } from '../../../src/core/address.ts'
import { connectionId, roomKey, sessionId, userKey } from '../../../src/core/ids.ts'
import { createMailbox } from '../../../src/core/mailbox.ts'
import { RawJson } from '../../../src/protocols/json-wire.ts'
import { deliver, send, sendTo, told } from '../../../src/protocols/talk/deliver.ts'
import type { ClientSession, Session } from '../../../src/protocols/talk/session.ts'
import type { TalkEvent } from '../../../src/protocols/talk/vocabulary.ts'
import { sessionNamed, talkServer, virtualNamed } from './server.ts'

const den = roomKey('one', 'den')
const open = (number: number) => ({ phase: 'open', connection: connectionId(number) }) as const
const news: TalkEvent = { event: 'news', message: { type: 'room', room: { roomid: 'den' } } }
const messageFrom = (sender: Session): TalkEvent => ({
  event: 'message',
  as: 'message',
  from: { session: sender.id, userId: '', backend: sender.backend.id },
  recipientType: 'room',
  data: new RawJson('1'),
})

/** A state with these in the room. */
function stateWith(...sessions: readonly Session[]) {
  const { state } = talkServer()
  for (const session of sessions) {
    state.hub.add(session)
    state.hub.enter(session.id, den)
  }
  return state
}
const sends = (state: ReturnType<typeof stateWith>) =>
  state.takeEffects().map((effect) => (effect.do === 'send' ? [effect.to, effect.frame.text] : effect.do))
const parked = (name: string, messages = 10): ClientSession =>
  sessionNamed(name, { link: { phase: 'parked', mailbox: createMailbox({ bytes: 1_000, messages }), arrivals: 0 } })
const mailboxOf = ({ link }: ClientSession) => (link.phase === 'parked' ? link.mailbox : undefined)

test('[R32] one effect for all who get the same, and nothing for the sender', () => {
  const [a, b, c] = [1, 2, 3].map((n) => sessionNamed(`s${n}`, { link: open(n) }))
  if (!a || !b || !c) throw new Error('three')
  const state = stateWith(a, b, c)
  told(state, toRoom(den), messageFrom(a))
  expect(sends(state)).toEqual([
    [[2, 3].map(connectionId), '{"type":"message","message":{"sender":{"type":"room","sessionid":"s1"},"data":1}}'],
  ])
})

test('two forms of an event are two effects', () => {
  const plain = sessionNamed('a', { link: open(1) })
  const nameless = sessionNamed('b', { link: open(2), permissions: new Set(['hide-displaynames']) })
  const another = sessionNamed('c', { link: open(3) })
  const state = stateWith(plain, nameless, another)
  const user = new RawJson('{"displayname":"X"}')
  told(state, toRoom(den), { event: 'joined', entries: [{ sessionid: sessionId('x'), userid: '', user }] })
  expect(sends(state).map(([to]) => to)).toEqual([[1, 3].map(connectionId), [connectionId(2)]])
})

test('[R45] for a parked session everything waits in order', () => {
  const session = parked('a')
  const state = stateWith(session)
  told(state, toRoom(den), news)
  send(state, session, { type: 'room', room: { roomid: '' } })
  expect(
    mailboxOf(session)
      ?.takeAll()
      .map(({ text }) => text),
  ).toEqual(['{"type":"room","room":{"roomid":"den"}}', '{"type":"room","room":{"roomid":""}}'])
  expect(state.takeEffects()).toEqual([])
})

test('[R45] past the bound the session is doomed', () => {
  const [first, second] = [parked('a', 1), parked('b', 1)]
  const state = stateWith(first, second)
  told(state, toRoom(den), news)
  expect(state.takeDoomed()).toBeUndefined()
  told(state, toSession(first.id), news)
  deliver(state, second, { text: '1', kind: 'plain' })
  expect([state.takeDoomed(), state.takeDoomed(), state.takeDoomed()]).toEqual([
    { session: first, why: 'queue full' },
    { session: second, why: 'queue full' },
    undefined,
  ])
})

test('[R30] nothing crosses from one backend to another', () => {
  const { backend } = talkServer()
  const stranger = sessionNamed('b', { backend: backend('two') })
  const state = stateWith(stranger)
  told(state, toSession(stranger.id), messageFrom(sessionNamed('a')))
  expect(sends(state)).toEqual([])
})

test('[R31] a user is told on all devices', () => {
  const alice = userKey('one', 'alice')
  const [a, b] = [sessionNamed('a', { user: alice, link: open(1) }), sessionNamed('b', { user: alice, link: open(2) })]
  const state = stateWith(a, b)
  told(state, toUser(alice), messageFrom(sessionNamed('c')))
  expect(sends(state).map(([to]) => to)).toEqual([[1, 2].map(connectionId)])
})

test('news may leave one out', () => {
  const [a, b] = [sessionNamed('a', { link: open(1) }), sessionNamed('b', { link: open(2) })]
  const state = stateWith(a, b)
  told(state, toRoom(den), { ...news, except: a.id })
  expect(sends(state).map(([to]) => to)).toEqual([[connectionId(2)]])
})

test('[R39] who is disinvited from the room that he is in is doomed, from another one not', () => {
  const session = sessionNamed('a')
  const state = stateWith(session)
  told(state, toSession(session.id), { event: 'disinvited', room: 'attic', reason: 'disinvited' })
  expect(state.takeDoomed()).toBeUndefined()
  told(state, toSession(session.id), { event: 'disinvited', room: 'den', reason: 'disinvited' })
  expect(state.takeDoomed()).toEqual({ session, why: 'disinvited' })
})

test("[R49] what is meant for a virtual session goes to its owner, with the owner's name for it", () => {
  const owner = sessionNamed('owner', { kind: 'internal', link: open(1) })
  const virtual = virtualNamed('phone', owner)
  const state = stateWith(owner, virtual)
  told(state, toSession(virtual.id), messageFrom(sessionNamed('a')))
  expect(sends(state)).toEqual([
    [
      [connectionId(1)],
      '{"type":"message","message":{"sender":{"type":"room","sessionid":"a"},"recipient":{"type":"session","sessionid":"phone"},"data":1}}',
    ],
  ])
  // The owner writes to itself; what is for the room the owner gets as a member, if it is one.
  told(state, toSession(virtual.id), messageFrom(owner))
  told(state, toSession(virtual.id), news)
  expect(sends(state)).toEqual([])
})

test('[R15] of the disinvitation of a virtual session its owner is told to hang up', () => {
  const owner = sessionNamed('owner', { kind: 'internal', link: open(1) })
  const virtual = virtualNamed('phone', owner)
  const state = stateWith(virtual)
  told(state, toSession(virtual.id), { event: 'disinvited', room: 'den', reason: 'disinvited' })
  expect(sends(state)).toEqual([
    [
      [connectionId(1)],
      '{"type":"control","control":{"recipient":{"type":"session","sessionid":"phone"},"data":{"type":"hangup","hangup":{"reason":"disinvited"}}}}',
    ],
  ])
  expect(state.takeDoomed()).toBeUndefined()
})

test('a connection is sent to whatever its session', () => {
  const state = stateWith()
  sendTo(state, connectionId(9), { type: 'bye', bye: {} })
  expect(sends(state)).toEqual([[[connectionId(9)], '{"type":"bye","bye":{}}']])
})
