/** Coming back after a break. */
import { expect, test } from 'bun:test'
import { at, type Json } from '../../../support/json.ts'
import { comings, inShort, leftIn, talkServer } from '../server.ts'

const data = (messages: readonly Json[]): readonly (Json | undefined)[] =>
  messages.map((message) => at(message, 'message', 'data')).filter((value) => value !== undefined)

test('[R8] the same ids, one list of those who were there and still are, then what was missed in order', () => {
  const server = talkServer()
  const [a, b, c, d] = server.room(3)
  const before = [a.id, a.resumeId]
  a.loses()
  b.sends({ type: 'room' }, 1)
  c.leaves()
  d.joins('den')
  d.sends({ type: 'room' }, 2)
  const heard = a.returns()
  expect([a.id, a.resumeId]).toEqual(before as [string, string])
  expect(inShort(heard)).toEqual([
    'hello',
    'event room join',
    'message',
    'event room leave',
    'event room join',
    'message',
  ])
  expect(new Set(comings(heard.slice(0, 2)))).toEqual(new Set([`+${a.id}`, `+${b.id}`]))
  expect([comings(heard.slice(2)), data(heard)]).toEqual([
    [`-${c.id}`, `+${d.id}`],
    [1, 2],
  ])
})

test('[R8] who is in no room gets no list', () => {
  const server = talkServer()
  const a = server.user('alice')
  a.loses()
  expect(inShort(a.returns())).toEqual(['hello'])
})

test('[R8] what had been sent and never left is there, before what came later', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.world.stall(a.connection)
  b.sends({ type: 'room' }, 1)
  a.loses()
  b.sends({ type: 'room' }, 2)
  expect(data(a.returns())).toEqual([1, 2])
})

test('[R8] the participants come once: after what was missed, unless they were part of that', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const incall = (flags: number) =>
    server.request({ type: 'incall', incall: { changed: [{ sessionId: b.roomSession, inCall: flags }] } })
  incall(7)
  a.hears()
  a.loses()
  b.sends({ type: 'room' }, 1)
  expect(inShort(a.returns())).toEqual(['hello', 'event room join', 'message', 'event participants update'])
  a.loses()
  incall(3)
  b.sends({ type: 'room' }, 2)
  expect(inShort(a.returns())).toEqual(['hello', 'event room join', 'event participants update', 'message'])
})

test('[R12] the list is without names for who must not see them', () => {
  const server = talkServer()
  const [a] = server.room(2)
  server.request({
    type: 'participants',
    participants: { changed: [{ sessionId: a.roomSession, permissions: ['hide-displaynames'] }] },
  })
  a.loses()
  expect(JSON.stringify(a.returns())).not.toContain('displayname')
})

test('[R45] of several chat refreshes that wait one is enough', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  a.loses()
  for (let n = 0; n < 3; n++) b.sends({ type: 'room' }, { type: 'chat', chat: { refresh: true } })
  expect(inShort(a.returns())).toEqual(['hello', 'event room join', 'message'])
})

test('[R45] past the bound the session ends, once, and that is counted', () => {
  const server = talkServer({ queue: { bytes: 100_000, messages: 3 } })
  const [a, b] = server.room(2)
  a.loses()
  for (let n = 0; n < 3; n++) b.sends({ type: 'room' }, n)
  expect(b.hears()).toEqual([])
  b.sends({ type: 'room' }, 3)
  expect(comings(b.hears())).toEqual([`-${a.id}`])
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
  expect(server.world.facts.filter(({ fact }) => fact === 'queue-overflowed')).toHaveLength(1)
})

test('[R45] more undelivered than the bound ends the session when its connection is lost', () => {
  const server = talkServer({ queue: { bytes: 100_000, messages: 2 } })
  const [a, b] = server.room(2)
  server.world.stall(a.connection)
  for (let n = 0; n < 3; n++) b.sends({ type: 'room' }, n)
  a.loses()
  expect(comings(b.hears())).toEqual([`-${a.id}`])
})

test('[R24] after 30 s there is nothing to come back to', () => {
  const server = talkServer()
  const a = server.user('alice')
  a.loses()
  server.world.pass(29_999)
  expect(inShort(a.returns())).toEqual(['hello'])
  a.loses()
  server.world.pass(30_000)
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
  server.world.pass(20_000)
  expect(leftIn(server.state)).toEqual({})
})

test('[R25] an id that was genuine is refused at once and not counted, a guess is', () => {
  const server = talkServer()
  const a = server.user('alice')
  a.say({ type: 'bye' })
  for (let count = 0; count < 20; count++) expect(inShort(a.returns())).toEqual(['error no_such_session'])
  const guesser = server.visitor()
  const changed = `${a.resumeId.startsWith('A') ? 'B' : 'A'}${a.resumeId.slice(1)}`
  for (const [index, resumeid] of [a.id, changed, 'x'].entries()) {
    expect(guesser.hello({ version: '1.0', resumeid })).toEqual([])
    server.world.pass(100 * 2 ** index)
    expect(inShort(guesser.hears())).toEqual(['error no_such_session'])
  }
})

test('[R2] a session resumes with either version', () => {
  const server = talkServer()
  const a = server.user('alice')
  a.loses()
  expect(at(a.returns('2.0')[0], 'hello', 'version')).toBe('2.0')
  a.loses()
  expect(at(a.returns('1.0')[0], 'hello', 'version')).toBe('1.0')
})

test('[R56] a second connection may take the session over: the first gets bye and is closed', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const first = a.connection
  const heard = a.returns()
  expect(inShort(heard)).toEqual(['hello', 'event room join'])
  expect(comings(heard)).toHaveLength(2)
  expect(server.world.hear(first).map((text) => JSON.parse(text))).toEqual([
    { type: 'bye', bye: { reason: 'session_resumed' } },
  ])
  expect([server.world.isOpen(first), server.state.connections.size]).toEqual([false, 4])
  b.sends({ type: 'room' }, 1)
  expect([inShort(a.hears()), b.hears()]).toEqual([['message'], []])
})

test('the deadline of a session that came back is gone', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  a.loses()
  a.returns()
  server.world.pass(60_000)
  expect(b.hears()).toEqual([])
})

test('[R56] what the first connection still says is not heard any more', () => {
  const server = talkServer()
  const { talk, world } = server
  const [a, b] = server.room(2)
  const [old, now] = [a.connection, world.clock.now()]
  const resumption = talk.decode(JSON.stringify({ type: 'hello', hello: { version: '1.0', resumeid: a.resumeId } }))
  const message = talk.decode('{"type":"message","message":{"recipient":{"type":"room"},"data":1}}')
  if (!resumption.ok || !message.ok) throw new Error('messages')
  const second = world.open()
  // Both arrive before the first connection is really closed.
  const effects = [
    ...talk.received(second, resumption.value, now),
    ...talk.received(old, message.value, now),
    ...talk.closed(old, [], now),
  ]
  const reached = effects.flatMap((effect) => (effect.do === 'send' ? effect.to : []))
  expect(reached).toContain(second)
  expect(reached).not.toContain(b.connection)
})

test('[R56] [R45] what the first connection could not deliver reaches the second, after the list and in order', () => {
  const server = talkServer()
  const { talk, world } = server
  const [a] = server.room(2)
  const [old, now] = [a.connection, world.clock.now()]
  const resumption = talk.decode(JSON.stringify({ type: 'hello', hello: { version: '1.0', resumeid: a.resumeId } }))
  if (!resumption.ok) throw new Error('message')
  const second = world.open()
  const stuck = ['{"n":1}', '{"n":2}'].map((text) => ({ text, kind: 'plain' as const }))

  expect(
    talk.received(second, resumption.value, now).flatMap((effect) => (effect.do === 'send' ? effect.to : [])),
  ).toEqual([old])
  const sent = talk.closed(old, stuck, now).flatMap((effect) => (effect.do === 'send' ? [effect] : []))

  expect(sent.every(({ to }) => to.length === 1 && to[0] === second)).toBe(true)
  const texts = sent.map(({ frame }) => frame.text)
  expect(texts[0]).toContain('"type":"hello"')
  expect(texts[1]).toContain('"type":"join"')
  expect(texts.slice(2, 4)).toEqual(['{"n":1}', '{"n":2}'])
})

test('[R56] whoever took over and is gone before the first connection has closed leaves the session waiting', () => {
  const server = talkServer()
  const { talk, world } = server
  const [a] = server.room(1)
  const now = world.clock.now()
  const resumption = talk.decode(JSON.stringify({ type: 'hello', hello: { version: '1.0', resumeid: a.resumeId } }))
  if (!resumption.ok) throw new Error('message')
  const second = world.open()
  talk.received(second, resumption.value, now)
  talk.closed(second, [], now)
  talk.closed(a.connection, [{ text: '{"n":1}', kind: 'plain' }], now)

  const third = world.open()
  const sent = talk
    .received(third, resumption.value, now)
    .flatMap((effect) => (effect.do === 'send' ? [effect.frame.text] : []))
  expect(sent).toContain('{"n":1}')
})
