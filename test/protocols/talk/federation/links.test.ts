/** Links that break and come back, and clients that do. */
import { expect, test } from 'bun:test'
import { at, type Json, type JsonObject } from '../../../support/json.ts'
import { comings, inShort } from '../server.ts'
import { joinThere, pair, solo } from './pair.ts'

const resumedOf = (messages: readonly Json[]) => messages.map((message) => at(message, 'event', 'resumed'))

test('[R87] a short cut: two events, and nothing is lost either way', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  both.cut()
  expect(inShort(a.hears())).toEqual(['event room federation_interrupted'])
  a.sends({ type: 'room' }, { n: 1 })
  a.sends({ type: 'session', sessionid: b.id }, { n: 2 })
  b.sends({ type: 'room' }, { n: 3 })
  both.mend()
  both.pass(100)
  const heard = a.hears()
  expect(inShort(heard).filter((name) => name !== 'event room join')).toEqual([
    'event room federation_resumed',
    'message',
  ])
  expect(resumedOf(heard)[0]).toBe(true)
  expect(at(heard.at(-1), 'message', 'data')).toEqual({ n: 3 })
  expect(b.hears().map((message) => at(message, 'message', 'data'))).toEqual([{ n: 1 }, { n: 2 }])
  expect(both.idThere(a)).toBe(there)
})

test('[R87] a cut that only one side notices is no different', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  both.cut(false)
  b.sends({ type: 'room' }, { into: 'nothing' })
  both.mend()
  both.pass(100)
  const heard = a.hears()
  expect(inShort(heard).slice(0, 2)).toEqual(['event room federation_interrupted', 'event room federation_resumed'])
  expect(resumedOf(heard)[1]).toBe(true)
  expect(b.hears()).toEqual([])
})

test('[R87] a long cut: the room is joined anew, and what waited is dropped', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const before = both.idThere(a)
  both.cut()
  a.sends({ type: 'session', sessionid: b.id }, { to: 'somebody of before' })
  both.pass(35_000)
  expect(comings(b.hears())).toEqual([`-${before}`])
  both.mend()
  both.pass(8_000)
  const heard = a.hears()
  expect(inShort(heard)).toEqual([
    'event room federation_interrupted',
    'event room federation_resumed',
    'room',
    'event room join',
    'event room join',
  ])
  expect(resumedOf(heard)[1]).toBe(false)
  expect(heard[2]).toMatchObject({ type: 'room', room: { roomid: 'my den' } })
  expect(at(heard[2], 'id')).toBeUndefined()
  expect(comings(heard)).toEqual([`+${a.id}`, `+${b.id}`])
  const after = both.idThere(a)
  expect(after).not.toBe(before)
  expect(inShort(b.hears())).toEqual(['event room join'])
})

test('[R87] tries are 100 ms apart, then twice as far each time, up to 8 s', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  both.pass(10_000)
  const dials: number[] = []
  const start = both.here.world.clock.now()
  both.cut()
  const { commands } = both.here.world
  let seen = commands.length
  for (let time = 0; time < 30_000; time += 50) {
    both.pass(50)
    for (; seen < commands.length; seen++) {
      const command = commands[seen]
      if (command?.to === 'federation' && command.command.do === 'dial') dials.push(time + 50)
    }
  }
  expect(start).toBeGreaterThan(0)
  expect(dials).toEqual([100, 300, 700, 1_500, 3_100, 6_300, 12_700, 20_700, 28_700])
})

test('[R87] a server that takes us and drops us again is not tried faster and faster', () => {
  const { here, says, happens, link, saidThere } = solo()
  const a = here.user('alice')
  a.say(joinThere('den', 'my den'))
  const arrive = (): void => {
    saidThere()
    happens({ event: 'opened', link: link() })
    says({ type: 'welcome', welcome: { features: ['federation'] } })
    const hello = saidThere()[0]
    says({ id: hello?.['id'] ?? '', type: 'hello', hello: { sessionid: 'x'.repeat(40), resumeid: 'y'.repeat(40) } })
  }
  arrive()
  says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den' } })
  const pauses: number[] = []
  for (let turn = 0; turn < 9; turn++) {
    happens({ event: 'closed', link: link(), why: 'network', detail: 'gone' })
    const before = here.world.clock.now()
    const isDialled = here.world.passUntil(() => {
      const last = here.world.commands.at(-1)
      return last?.to === 'federation' && last.command.do === 'dial'
    }, 20_000)
    expect(isDialled).toBe(true)
    pauses.push(here.world.clock.now() - before)
    arrive()
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 8_000, 8_000])
  here.world.pass(8_000)
  happens({ event: 'closed', link: link(), why: 'network', detail: 'gone' })
  here.world.pass(100)
  expect(here.world.commands.at(-1)).toMatchObject({ command: { do: 'dial' } })
})

test('[R88] a token that has expired meanwhile: the client is told, and may join with a new one', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  a.say(joinThere('den', 'my den', 'expired later'))
  both.pass()
  expect(a.hears()).toMatchObject([{ id: 'to my den', type: 'error', error: { code: 'token_expired' } }])
  both.joins(a)
  // Its token ends while the server cannot be reached.
  const federated = both.here.state.federation.of(
    [...both.here.state.hub.all()].find(({ id }) => id === a.id)?.id as never,
  )
  if (federated) federated.token = 'expired'
  both.cut()
  both.pass(35_000)
  both.mend()
  both.pass(8_000)
  const heard = a.hears()
  expect(inShort(heard).slice(-2)).toEqual(['event room federation_interrupted', 'error token_expired'])
  expect(at(heard.at(-1), 'id')).toBeUndefined()
  b.hears()
  expect(inShort(both.joins(a))).toEqual(['room', 'event room join', 'event room join'])
})

test('[R88] a room that is closed to us when we come back: an error, and the session is in no room', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  both.cut()
  both.pass(35_000)
  both.mend()
  both.there.isSlow = true
  both.pass(8_000)
  for (const { number, ask } of both.there.world.unanswered()) {
    both.there.world.answer(
      number,
      ask.ask === 'identify'
        ? { answer: 'identified', userId: 'alice@one.example', user: undefined }
        : { answer: 'refused', code: 'no_such_room', message: 'No.' },
    )
  }
  both.pass()
  for (const { number } of both.there.world.unanswered()) {
    both.there.world.answer(number, { answer: 'refused', code: 'no_such_room', message: 'No.' })
  }
  both.pass()
  const heard = a.hears()
  expect(inShort(heard).slice(-2)).toEqual(['error no_such_room', 'room'])
  expect(heard.at(-1)).toEqual({ type: 'room', room: { roomid: '' } })
  expect(both.here.state.federation.size).toBe(0)
})

test('[R86] what waits for the link is bounded; past the bound the room is lost, not the session', () => {
  const both = pair({ queue: { bytes: 100_000, messages: 5 } })
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  both.cut()
  a.hears()
  for (let n = 0; n < 6; n++) a.sends({ type: 'room' }, { n })
  expect(inShort(a.hears())).toEqual(['error federation_error', 'room'])
  expect(both.here.state.federation.size).toBe(0)
  expect(inShort(a.joins('attic'))).toEqual(['room', 'event room join'])
})

test('[R89] a client that comes back hears who is in the federated room first, then what it missed', () => {
  const both = pair()
  const [b, c, d] = both.room(3)
  const a = both.user('alice')
  both.joins(a)
  a.loses()
  c.leaves()
  const e = both.there.user('erin', [], 'two')
  e.joins('den')
  b.sends({ type: 'room' }, { n: 1 })
  both.pass()
  const heard = a.returns()
  both.pass()
  expect(inShort(heard)).toEqual(['hello', 'event room join', 'event room leave', 'event room join', 'message'])
  expect(comings([heard[1] ?? null]).toSorted()).toEqual([`+${a.id}`, `+${b.id}`, `+${d.id}`].toSorted())
  a.sends({ type: 'session', sessionid: b.id }, { back: true })
  both.pass()
  expect(b.hears().at(-1)).toMatchObject({ message: { data: { back: true } } })
})

test('[R89] a client that is replaced by another connection stays in the room', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  const heard = a.returns()
  expect(inShort(heard).slice(0, 2)).toEqual(['hello', 'event room join'])
  expect(both.here.state.federation.size).toBe(1)
})

test('[R88] a wish for another room fails when the link breaks, and the other server is told where we mean to be', () => {
  for (const heardUs of [true, false]) {
    const { here, says, happens, link, saidThere } = solo()
    const a = here.user('alice')
    const ids = { sessionid: 'x'.repeat(40), resumeid: 'y'.repeat(40) }
    const arrive = (): void => {
      saidThere()
      happens({ event: 'opened', link: link() })
      says({ type: 'welcome', welcome: { features: ['federation'] } })
      says({ id: saidThere()[0]?.['id'] ?? '', type: 'hello', hello: ids })
    }
    a.say(joinThere('den', 'my den'))
    arrive()
    says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den' } })
    a.hears()
    a.say(joinThere('hall', 'my hall'))
    a.sends({ type: 'room' }, { said: 'meanwhile' })
    const [first] = saidThere()
    happens({ event: 'closed', link: link(), why: 'network', detail: 'gone' })
    const heard = a.hears()
    expect(inShort(heard)).toEqual(['error federation_error', 'event room federation_interrupted'])
    expect(at(heard[0], 'id')).toBe('to my hall')
    here.world.pass(100)
    arrive()
    const [second, message] = saidThere()
    expect(second).toMatchObject({ type: 'room', room: { roomid: 'den', sessionid: 'seat in my den' } })
    expect(message).toMatchObject({ message: { data: { said: 'meanwhile' } } })
    says({ id: first?.['id'] ?? '', type: 'room', room: { roomid: 'hall' } })
    const answer: JsonObject = heardUs
      ? { type: 'room', room: { roomid: 'den', properties: { name: 'Den' } } }
      : { type: 'error', error: { code: 'already_joined', message: 'x' } }
    says({ id: second?.['id'] ?? '', ...answer })
    expect(inShort(a.hears())).toEqual(['event room federation_resumed', ...(heardUs ? ['room'] : [])])
    expect(here.state.federation.byLink(link())?.room?.local).toBe('my den')
  }
})
