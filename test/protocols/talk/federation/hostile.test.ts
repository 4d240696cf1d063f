/** Other servers that refuse, err, lie and flood: the client is told in documented words, and nobody else is touched. */
import { describe, expect, test } from 'bun:test'
import { at, type Json, type JsonObject } from '../../../support/json.ts'
import { codeOf, inShort, leftIn } from '../server.ts'
import { guest, helloOf, isUnharmed, welcome } from './guest.ts'
import { joinThere, solo } from './pair.ts'

describe('a join that leads nowhere', () => {
  test.each([
    ['certificate', 'certificate_verification_error'],
    ['network', 'network_error'],
    ['forbidden', 'network_error'],
  ] as const)('[R88] %s', (why, code) => {
    const { here, a, b, happens, link } = guest({}, 'dialling')
    happens({ event: 'closed', link: link(), why, detail: 'as the world has it' })
    const [error] = a.hears()
    expect(error).toMatchObject({ id: 'to my den', error: { code: 'federation_error', details: { code } } })
    isUnharmed(here, a, b)
  })

  test.each([
    ['no features', { type: 'welcome', welcome: { version: '1' } }],
    ['another feature', { type: 'welcome', welcome: { features: ['mcu'] } }],
    ['features that are none', { type: 'welcome', welcome: { features: 'federation' } }],
    ['no body', { type: 'welcome' }],
  ])('[R88] a welcome with %s', (_name, message) => {
    const { here, a, b, says } = guest({}, 'welcome')
    says(message)
    expect(a.hears().map(codeOf)).toEqual(['federation_unsupported'])
    isUnharmed(here, a, b)
  })

  test('[R88] what the other server refuses is told in its words, and no more of them than fit', () => {
    for (const [stay, code] of [
      ['hello', 'token_expired'],
      ['hello', 'invalid_token'],
      ['hello', 'federation_unsupported'],
      ['joining', 'no_such_room'],
      ['joining', 'room_join_failed'],
    ] as const) {
      const { here, a, b, says, saidThere } = guest({}, stay)
      const id = saidThere()[0]?.['id'] ?? ''
      says({ id, type: 'error', error: { code, message: `No: ${'x'.repeat(10_000)}` } })
      const [error] = a.hears()
      expect([at(error, 'id'), codeOf(error)]).toEqual(['to my den', code])
      expect(JSON.stringify(error).length).toBeLessThan(1_200)
      isUnharmed(here, a, b)
    }
  })

  test.each(['dialling', 'welcome', 'hello', 'joining'] as const)('[R91] it never answers: %s', (stay) => {
    const { here, a, b, orders } = guest({}, stay)
    orders()
    here.world.pass(9_999)
    expect(a.hears()).toEqual([])
    here.world.pass(1)
    const code = stay === 'welcome' ? 'federation_unsupported' : 'federation_error'
    expect(a.hears()).toMatchObject([{ id: 'to my den', error: { code } }])
    expect(orders().at(-1)?.do).toBe('hang-up')
    isUnharmed(here, a, b)
  })

  test.each([
    ['an id that is a common word', { sessionid: 'message' }],
    ['an id with quotes', { sessionid: `${'x'.repeat(20)}"}` }],
    ['an endless id', { sessionid: 'x'.repeat(2_000) }],
    ['no id', { sessionid: 7 }],
    ['no resume id', { resumeid: null }],
  ])('[R90] a hello with %s', (_name, hello) => {
    const { here, a, b, says, saidThere } = guest({}, 'hello')
    says(helloOf(saidThere()[0]?.['id'], hello))
    expect(a.hears().map(codeOf)).toEqual(['federation_error'])
    isUnharmed(here, a, b)
  })

  test('[R90] another room than the one that was asked for', () => {
    const { here, a, b, says, saidThere } = guest({}, 'joining')
    says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'attic' } })
    expect(a.hears().map(codeOf)).toEqual(['federation_error'])
    isUnharmed(here, a, b)
  })

  test('[R80] a place that is none is refused without a connection', () => {
    const { here, orders } = solo()
    const a = here.user('alice')
    const room = { signaling: 'https://there.example/', url: 'https://two.example/', roomid: 'den', token: 't' }
    for (const wrong of [
      { signaling: '' },
      { signaling: 'there.example' },
      { signaling: 'ftp://there.example/' },
      { signaling: 'https://user:pass@there.example/' },
      { signaling: 'https://there.example/?x' },
      { signaling: `https://there.example/${'x'.repeat(3_000)}` },
      { signaling: 'https://there.example\\@inner.example/' },
      { signaling: null },
      { url: 'two.example' },
      { url: '' },
      { token: '' },
      { token: 'x'.repeat(20_000) },
      { roomid: 'x'.repeat(600) },
    ]) {
      const heard = a.asks({ type: 'room', room: { roomid: 'my den', federation: { ...room, ...wrong } } })
      expect([wrong, heard.map(codeOf)]).toEqual([wrong, ['invalid_format']])
    }
    expect(orders()).toEqual([])
    for (const signaling of ['wss://there.example/a', 'WSS://There.example/a/', 'https://there.example:443/a']) {
      a.say({ type: 'room', room: { roomid: 'my den', federation: { ...room, signaling } } })
      expect(orders().at(-1)).toMatchObject({ do: 'dial', url: 'wss://there.example/a/spreed' })
      here.world.pass(10_000)
    }
    a.say({ type: 'room', room: { roomid: 'my den', federation: { ...room, signaling: 'http://there.example:8080' } } })
    expect(orders().at(-1)).toMatchObject({ do: 'dial', url: 'ws://there.example:8080/spreed' })
  })

  test('[R55] no chains: guests of another Nextcloud and internal clients stay here', () => {
    const { here, orders } = solo()
    const client = here.visitor()
    client.hello({
      version: '2.0',
      auth: { type: 'federation', url: 'https://one.example/', params: { token: 'eve' } },
    })
    for (const one of [client, here.internal()]) {
      expect(one.asks(joinThere('den', 'my den')).map(codeOf)).toEqual(['federation_unsupported'])
    }
    expect(orders()).toEqual([])
  })

  test('[R91] there are so many links, and so many for each user', () => {
    const { here, orders } = solo({ federation: () => ({ timeout: 1_000, maxLinks: 3, maxLinksPerUser: 2 }) })
    const alices = [here.user('alice'), here.user('alice'), here.user('alice')]
    const [bob, carol] = [here.user('bob'), here.user('carol')]
    const wish = joinThere('den', 'my den')
    const codes = [...alices, bob, carol].map((client) => client.asks(wish).map(codeOf))
    expect(codes).toEqual([[], [], ['federation_error'], [], ['federation_error']])
    expect(orders().filter((order) => order.do === 'dial')).toHaveLength(3)
    here.world.pass(1_000)
    expect(here.state.federation.size).toBe(0)
    expect(carol.asks(wish)).toEqual([])
    const off = solo({ federation: () => ({ timeout: 1_000, maxLinks: 0, maxLinksPerUser: 2 }) })
    expect(off.here.user('alice').asks(wish).map(codeOf)).toEqual(['federation_unsupported'])
  })
})

describe('what does not pass', () => {
  const sender = { type: 'room', sessionid: 'somebody', userid: 'eve' }
  const event = (target: string, type: string, body: Json): Json => ({
    type: 'event',
    event: { target, type, [type]: body },
  })
  const room = (id: string): JsonObject => ({ roomid: id, properties: {} })
  const people = (user: Json): Json => event('participants', 'update', { roomid: 'den', users: [user] })

  test.each<[string, Json | string]>([
    ['no JSON', '{"type":'],
    ['no object', '[1]'],
    ['no type', {}],
    ['a name of every object', { type: 'toString', toString: {} }],
    ['no body', { type: 'message' }],
    ['a hello', { type: 'hello', hello: { sessionid: 'x', resumeid: 'y' } }],
    ['a welcome', welcome],
    ['an order to internal clients', { type: 'internal', internal: { type: 'dialout' } }],
    ['something unheard of', { type: 'surprise', surprise: {} }],
    ['a message without a sender', { type: 'message', message: { data: 1 } }],
    ['a control message without a sender', { type: 'control', control: { data: { type: 'hangup' } } }],
    ['a message without data', { type: 'message', message: { sender } }],
    ['a message to nobody', { type: 'message', message: { sender: { ...sender, type: 'world' }, data: 1 } }],
    ['an event of no kind', { type: 'event', event: { target: 'room', type: '__proto__' } }],
    ['news of our own link', { type: 'event', event: { target: 'room', type: 'federation_interrupted' } }],
    ['a list that is none', event('room', 'join', { sessionid: 'x' })],
    ['nobody at all', event('room', 'join', [])],
    ['a leave of nobody', event('room', 'leave', [])],
    ['an entry that is none', event('room', 'join', [7])],
    ['a leave of no ids', event('room', 'leave', [7])],
    ['a message to another room', event('room', 'message', { roomid: 'attic', data: {} })],
    ['properties of another room', { type: 'room', room: room('attic') }],
    ['an invitation to another room', event('roomlist', 'invite', room('attic'))],
    ['news of another room', event('roomlist', 'update', room('my den'))],
    ['a disinvitation from another room', event('roomlist', 'disinvite', { roomid: 'attic', reason: 'deleted' })],
    ['participants of another room', event('participants', 'update', { roomid: 'attic', users: [] })],
    ['participants without ids', people({ inCall: 7 })],
    ['participants that are none', people('x')],
    ['flags of nobody', event('participants', 'flags', { roomid: 'den', flags: 1 })],
    ['an error without a code', { type: 'error', error: { message: 'x' } }],
    ['values without a key', { type: 'transient', transient: { type: 'set', value: 1 } }],
    ['values of an unknown kind', { type: 'transient', transient: { type: 'sat', key: 'x' } }],
    ['a list of values that is none', { type: 'transient', transient: { type: 'initial', data: [] } }],
  ])('[R90] %s', (_name, message) => {
    const { here, a, b, says } = guest()
    says(message)
    expect(a.hears()).toEqual([])
    expect(here.world.facts.at(-1)).toMatchObject({ fact: 'federation-message-refused', server: 'there.example' })
    // The room goes on.
    says({ type: 'message', message: { sender, data: { fine: 1 } } })
    expect(inShort(a.hears())).toEqual(['message'])
    b.sends({ type: 'room' }, 1)
    expect(b.closed()).toBeUndefined()
  })

  test('[R90] sessions of our own Nextcloud have nothing to do there: neither bob, nor alice under the id that she has here', () => {
    const { a, b, says } = guest()
    for (const id of [b.id, a.id]) {
      says({ type: 'message', message: { sender: { ...sender, sessionid: id }, data: 1 } })
      says({ type: 'control', control: { sender: { ...sender, sessionid: id }, data: 1 } })
      says(
        event('room', 'join', [
          { sessionid: 'x', userid: '' },
          { sessionid: id, userid: '' },
        ]),
      )
      says(event('room', 'leave', [id]))
      says(people({ sessionId: id }))
      says(people({ sessionid: id }))
      says(event('participants', 'update', { roomid: 'den', changed: [{ sessionId: id }] }))
      says(event('participants', 'flags', { roomid: 'den', sessionid: id, flags: 1 }))
      says({ type: 'transient', transient: { type: 'set', key: `sd:${id}`, value: 1 } })
      says({ type: 'transient', transient: { type: 'initial', data: { fine: 1, [`sd:${id}`]: 1 } } })
    }
    expect(a.hears()).toEqual([])
  })

  test('[R90] people of the other Nextcloud may well be served here too', () => {
    const { here, a, says } = guest()
    const neighbour = here.user('zoe', [], 'two')
    says({ type: 'message', message: { sender: { ...sender, sessionid: neighbour.id }, data: 1 } })
    expect(a.hears()).toMatchObject([{ message: { sender: { sessionid: neighbour.id } } }])
  })

  test('[R90] of an envelope only what belongs there passes', () => {
    const { a, says } = guest()
    says(
      '{"type":"hello","x":1,"id":"1","type":"message","message":{"sender":{"type":"room","sessionid":"s","x":1},"data":{"type":"x"},"y":2},"hello":{"sessionid":"evil"}}',
    )
    expect(a.hears()).toEqual([
      { type: 'message', message: { sender: { type: 'room', sessionid: 's' }, data: { type: 'x' } } },
    ])
  })

  test('[R90] what is nested without end is no more than another message that does not pass', () => {
    const { here, a, says } = guest()
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    says(`{"type":"event","event":{"target":"room","type":"join","join":${deep}}}`)
    says(
      `{"type":"event","event":{"target":"participants","type":"update","update":{"roomid":"den","users":[{"sessionId":"x","y":${deep}}]}}}`,
    )
    says(`{"type":"error","error":{"code":"x","details":${deep}}}`)
    says(deep)
    for (const message of a.hears()) expect(inShort([message])).not.toEqual(['event room join'])
    expect(here.state.federation.size).toBe(1)
  })
})

test('[R90] a bye is a link that has to be made again; the client hears no bye', () => {
  const { here, a, says, orders, link } = guest()
  const first = link()
  says({ type: 'bye', bye: { reason: 'hello_timeout' } })
  expect(inShort(a.hears())).toEqual(['event room federation_interrupted'])
  expect(orders()).toEqual([{ do: 'hang-up', link: first }])
  here.world.pass(100)
  expect(orders()).toMatchObject([{ do: 'dial' }])
})

test('[R91] a flood ends the link and the room, and that is all', () => {
  const { here, a, says, orders } = guest({ queue: { bytes: 10_000_000, messages: 100_000 } })
  const sender = { type: 'room', sessionid: 'somebody' }
  for (let n = 0; n < 11_000; n++) says({ type: 'message', message: { sender, data: n } })
  const heard = a.hears()
  expect(heard.length).toBeLessThan(10_010)
  expect(inShort(heard.slice(-2))).toEqual(['error federation_error', 'room'])
  expect(orders().at(-1)?.do).toBe('hang-up')
  expect([here.state.federation.size, a.closed()]).toEqual([0, undefined])
})

test('[R91] a flood of nonsense does not reach the client at all', () => {
  const { a, says } = guest()
  for (let n = 0; n < 18; n++) says('x'.repeat(1_000_000))
  expect(inShort(a.hears())).toEqual(['error federation_error', 'room'])
})

test('[R45] a client that does not read loses its session, not ours the memory', () => {
  const { here, a, says } = guest({ queue: { bytes: 20_000, messages: 50 } })
  a.loses()
  const sender = { type: 'room', sessionid: 'somebody' }
  for (let n = 0; n < 60; n++) says({ type: 'message', message: { sender, data: n } })
  expect(here.state.federation.size).toBe(0)
  expect(here.world.facts).toContainEqual(expect.objectContaining({ fact: 'session-ended', why: 'queue full' }))
})

test('[R91] more people in a room than are kept count of: a client that comes back hears no list rather than half of it', () => {
  const { here, a, says } = guest({ queue: { bytes: 5_000, messages: 100 } })
  const join = Array.from({ length: 100 }, (_, n) => ({ sessionid: `somebody-${n}`, userid: 'x'.repeat(50) }))
  for (const entry of join) says({ type: 'event', event: { target: 'room', type: 'join', join: [entry] } })
  a.hears()
  expect(inShort(a.returns())).toEqual(['hello'])
  expect(here.state.federation.size).toBe(1)
})

test('[R85] the same participant comes again, and the other server does not mind: ours does', () => {
  const { here, a, says, happens, link, saidThere } = guest()
  const again = here.user('alice')
  again.say(joinThere('den', 'my den'))
  saidThere()
  happens({ event: 'opened', link: link() })
  says(welcome)
  says(helloOf(saidThere()[0]?.['id'], { sessionid: 'S'.repeat(40) }))
  says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den' } })
  expect(inShort(again.hears())).toEqual(['room'])
  expect(inShort(a.hears())).toEqual(['bye room_session_reconnected'])
  expect(here.state.federation.size).toBe(1)
})

test('[R80] words of links that are over fall on deaf ears, and nothing is left of them', () => {
  const { here, a, b, says, link, happens } = guest()
  const old = link()
  for (const one of [a, b]) one.say({ type: 'bye' })
  says({ type: 'message', message: { sender: { type: 'room', sessionid: 's' }, data: 1 } }, old)
  happens({ event: 'closed', link: old, why: 'network', detail: 'late' })
  happens({ event: 'opened', link: 99_999 })
  expect(leftIn(here.state)).toEqual({ deadlines: 1 })
})

test('[R83] what would be too long for the other server is left out: it would end the link', () => {
  const { here, a, says, happens, link, saidThere } = guest({}, 'hello')
  says(helloOf(saidThere()[0]?.['id'], { sessionid: 'R'.repeat(1_000) }))
  says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den' } })
  a.hears()
  const own = Array.from({ length: 100 }, () => a.id)
  a.sends({ type: 'room' }, { own })
  a.sends({ type: 'room' }, { own: own.slice(0, 10) })
  a.sends({ type: 'room' }, { wide: 'ü'.repeat(32_000) })
  a.sends({ type: 'room' }, { wide: 'ü'.repeat(33_000) })
  expect(saidThere().map((message) => JSON.stringify(message).length)).toEqual([10_105, 32_077])
  expect(here.world.facts.at(-1)).toMatchObject({ fact: 'message-ignored', why: 'too long' })
  happens({ event: 'closed', link: link(), why: 'network', detail: 'enough' })
})
