import { describe, expect, test } from 'bun:test'
import type { Known } from '../../../src/protocols/relay/connection.ts'
import { authenticate, relayServer, room } from './server.ts'

const unauthorized = { event: 'unauthorized' }
const asked = (): Known => 'ask'

describe('before authentication', () => {
  test('[L3] ping is answered, to the sender only', () => {
    const { open, say, hear, member } = relayServer()
    const [ann, stranger] = [member('ann'), open()]
    say(stranger, 'ping')
    expect(hear(stranger)).toEqual(['pong'])
    expect(hear(ann)).toEqual([])
  })

  test.each([
    ['a text', 'hello'],
    ['another event', { event: 'offer', data: {} }],
    ['a list', '[1]'],
    ['null', 'null'],
    ['no data', { event: 'authenticate' }],
    ['data that is no object', { event: 'authenticate', data: 'ann' }],
    ['a name that is no text', authenticate(7, 'pw-ann')],
    ['a password that is no text', authenticate('ann', null)],
    ['a wrong password', authenticate('ann', 'pw-ben')],
    ['an empty password', authenticate('ann', '')],
    ['a name that nobody has', authenticate('eve', 'pw-eve')],
    ['a name that every object has', authenticate('__proto__', 'x')],
    ['a name that is too long', authenticate('é'.repeat(255), 'x')],
  ])('[L4] %s is unauthorized, and the connection may try again', (_, said) => {
    const { open, say, hear, world } = relayServer()
    const id = open()
    say(id, said)
    expect(hear(id)).toEqual([unauthorized])
    say(id, authenticate('ann', 'pw-ann'))
    expect(hear(id)).toEqual([{ event: 'created' }])
    expect(world.closeOf(id)).toBeUndefined()
  })

  test('[L4] members that are not known are ignored', () => {
    const { open, say, hear } = relayServer()
    const id = open()
    say(id, { event: 'authenticate', id: 3, data: { username: 'ann', password: 'pw-ann', more: [1] } })
    expect(hear(id)).toEqual([{ event: 'created' }])
  })

  test('[L5] who is not in by then is closed, whatever he tried', () => {
    const { open, say, world } = relayServer({ authTimeout: 300 })
    const [silent, wrong, ann] = [open(), open(), open()]
    say(ann, authenticate('ann', 'pw-ann'))
    world.pass(299)
    say(wrong, authenticate('ann', 'x'))
    expect([silent, wrong].map(world.isOpen)).toEqual([true, true])
    world.pass(1)
    expect([silent, wrong].map(world.closeOf)).toEqual([
      { code: 1000, reason: '' },
      { code: 1000, reason: '' },
    ])
    world.pass(60_000)
    expect(world.isOpen(ann)).toBeTrue()
  })

  test('[L5] an attempt that is being looked up is awaited', () => {
    const { open, say, hear, world } = relayServer({ known: asked, authTimeout: 300 })
    const [right, wrong] = [open(), open('other')]
    say(right, authenticate('ann', 'secret'))
    say(wrong, authenticate('ben', 'x'))
    world.pass(1_000)
    expect([right, wrong].map(world.isOpen)).toEqual([true, true])
    const [first, second] = world.unanswered()
    world.answer(first?.number ?? 0, { answer: 'password', password: 'secret' })
    world.answer(second?.number ?? 0, { answer: 'password', password: 'secret' })
    expect(hear(right)).toEqual([{ event: 'created' }])
    expect(hear(wrong)).toEqual([unauthorized])
    expect(world.closeOf(wrong)).toEqual({ code: 1000, reason: '' })
  })

  test('[L6] the name alone is asked about, and the answer compared here', () => {
    const { open, say, hear, world } = relayServer({ known: asked })
    const id = open()
    say(id, authenticate('ann', 'hers'))
    expect(world.asked.map(({ ask }) => ask)).toEqual([{ ask: 'password', username: 'ann' }])
    expect(JSON.stringify(world.asked)).not.toContain('hers')
    world.answer(world.asked[0]?.number ?? 0, { answer: 'password', password: 'hers' })
    expect(hear(id)).toEqual([{ event: 'created' }])
  })

  test.each(['unknown', 'failed', 'done'] as const)('[L6] no password (%s) is a wrong one', (answer) => {
    const { open, say, hear, world } = relayServer({ known: asked, answering: () => ({ answer }) })
    const id = open()
    say(id, authenticate('ann', 'x'))
    expect(hear(id)).toEqual([unauthorized])
    expect(world.facts.map(({ fact }) => fact)).toEqual(['relay-unauthorized'])
  })

  test('[L7] what comes right behind authenticate is handled after it, in order', () => {
    const { open, say, hear, member, world } = relayServer({
      known: (name) => (name === 'ann' ? { password: 'pw-ann' } : 'ask'),
    })
    const [ann, ben] = [member('ann'), open()]
    say(ben, authenticate('ben', 'wrong'))
    say(ben, 'too early')
    say(ben, authenticate('ben', 'pw-ben'))
    for (const text of ['one', 'ping', 'two']) say(ben, text)
    expect([hear(ann), hear(ben)]).toEqual([[], []])
    world.answer(world.unanswered()[0]?.number ?? 0, { answer: 'password', password: 'pw-ben' })
    expect(hear(ben)).toEqual([unauthorized, unauthorized])
    world.answer(world.unanswered()[0]?.number ?? 0, { answer: 'password', password: 'pw-ben' })
    expect(hear(ben)).toEqual([{ event: 'joined' }, 'pong'])
    expect(hear(ann)).toEqual([{ event: 'joined' }, 'one', 'two'])
  })

  test.each([
    ['many frames', Array.from({ length: 4 }, () => 'x')],
    ['long ones', ['x'.repeat(60), 'x'.repeat(60)]],
  ])('[L7] %s that have to wait are too much', (_, texts) => {
    const { open, say, world } = relayServer({ known: asked, waiting: { messages: 3, bytes: 100 } })
    const id = open()
    say(id, authenticate('ann', 'x'))
    for (const text of texts) say(id, text)
    expect(world.closeOf(id)?.code).toBe(1008)
  })

  test('[L8] nobody may guess for long', () => {
    const { open, say, world } = relayServer()
    const id = open()
    for (let attempt = 1; attempt < 100; attempt++) say(id, authenticate('ann', `x${attempt}`))
    for (let frame = 1; frame < 200; frame++) say(id, 'anything else is no guess')
    expect(world.isOpen(id)).toBeTrue()
    say(id, authenticate('ann', 'x'))
    expect(world.closeOf(id)?.code).toBe(1008)
  })

  test('[L25] binary frames are ignored', () => {
    const { open, hear, world, member } = relayServer()
    const [ann, stranger] = [member('ann'), open()]
    world.binary(ann)
    world.binary(stranger)
    expect([hear(ann), hear(stranger)]).toEqual([[], []])
    expect([ann, stranger].every(world.isOpen)).toBeTrue()
  })
})

describe('in revision 1', () => {
  test('[L10] created for the first, joined for everybody afterwards', () => {
    const { open, say, hear, world } = relayServer()
    const [ann, ben, cas] = [open(), open(), open()]
    say(ann, authenticate('ann', 'pw-ann'))
    expect(world.hear(ann)).toEqual(['{"event":"created"}'])
    say(ben, authenticate('ben', 'pw-ben'))
    say(cas, authenticate('cas', 'pw-cas'))
    expect([ann, ben, cas].map((id) => hear(id).length)).toEqual([2, 2, 1])
  })

  test('[L9] several may have the same name, and another room is another room', () => {
    const { member, say, hear, relay } = relayServer()
    const [one, two, elsewhere] = [member('ann'), member('ann'), member('ann', 'attic')]
    say(one, 'hi')
    expect([hear(two), hear(elsewhere)]).toEqual([['hi'], []])
    expect(relay.peers(room('den')).map(({ username }) => username)).toEqual(['ann', 'ann'])
  })

  test.each(['{"a":1e400, "a":  "\\u0041"}', 'no JSON', '', 'pong', ' ping', '{"to":7}', '{"to":"nobody"}', '"to"'])(
    '[L11] %p reaches all others as it is, and nobody else',
    (text) => {
      const { member, say, world } = relayServer()
      const [ann, ben, cas, elsewhere] = [member('ann'), member('ben'), member('cas'), member('dan', 'attic')]
      for (const id of [ann, ben]) world.hear(id)
      say(ann, text)
      expect([ann, ben, cas, elsewhere].map((id) => world.hear(id))).toEqual([[], [text], [text], []])
    },
  )

  test('[L12] a second authenticate is swallowed, right or wrong', () => {
    const { member, say, hear } = relayServer()
    const [ann, ben] = [member('ann'), member('ben')]
    hear(ann)
    say(ann, authenticate('ann', 'pw-ann'))
    say(ann, { event: 'authenticate' })
    expect([hear(ann), hear(ben)]).toEqual([[], []])
    say(ann, 'to authenticate is not to say it')
    expect(hear(ben)).toEqual(['to authenticate is not to say it'])
  })

  test('[L13] what names a member of the room reaches him alone, with the sender', () => {
    const { member, say, world, relay } = relayServer()
    const [ann, ben, cas] = [member('ann'), member('ben'), member('cas')]
    for (const id of [ann, ben]) world.hear(id)
    const [first, second] = relay.peers(room('den')).map(({ peerId }) => peerId)
    say(ann, `{ "to": ${JSON.stringify(second)}, "n": 1.0 }`)
    expect(world.hear(ben)).toEqual([`{ "to": ${JSON.stringify(second)}, "n": 1.0 ,"from":${JSON.stringify(first)}}`])
    expect(world.hear(cas)).toEqual([])
  })

  test('[L14] the others hear of the end, whatever it was', () => {
    const { member, hear, world, relay, open } = relayServer()
    const [ann, ben, cas, stranger] = [member('ann'), member('ben'), member('cas'), open()]
    for (const id of [ann, ben, cas]) hear(id)
    world.lose(ben)
    world.lose(stranger)
    world.input((now) => relay.overflowed(cas, now))
    expect(hear(ann)).toEqual([
      { event: 'left', data: { username: 'ben' } },
      { event: 'left', data: { username: 'cas' } },
    ])
    world.lose(ann)
    expect(relay.census()).toEqual({ connections: 0, rooms: 0, members: 0 })
  })

  test('[L14] who creates a room that had gone empty is told so', () => {
    const { member, open, say, hear, world } = relayServer()
    world.lose(member('ann'))
    const ben = open()
    say(ben, authenticate('ben', 'pw-ben'))
    expect(hear(ben)).toEqual([{ event: 'created' }])
  })

  test('[L19] nothing about ICE servers is said', () => {
    const { open, say, world } = relayServer({ iceServers: () => [{ urls: ['turn:x'] }] })
    const ann = open()
    say(ann, authenticate('ann', 'pw-ann'))
    expect(world.hear(ann)).toEqual(['{"event":"created"}'])
  })
})

describe('in revision 2', () => {
  const revision = 2
  const three = () => {
    const server = relayServer({ revision })
    const ids = [server.member('ann'), server.member('ben'), server.member('cas')] as const
    for (const id of ids) server.hear(id)
    const peers = server.relay.peers(room('den')).map(({ peerId }) => peerId)
    return { ...server, ids, peers }
  }

  test('[L15] the joiner gets an id, the others hear who has come', () => {
    const { open, say, hear } = relayServer({ revision })
    const [ann, ben] = [open(), open()]
    say(ann, authenticate('ann', 'pw-ann'))
    const id = expect.stringMatching(/^[A-Za-z0-9+/]{14}==$/)
    expect(hear(ann)).toEqual([{ event: 'authenticated', data: { peer_id: id } }])
    say(ben, authenticate('ben', 'pw-ben'))
    const [reply] = hear(ben)
    expect(reply).toEqual({ event: 'authenticated', data: { peer_id: id } })
    expect(hear(ann)).toEqual([{ event: 'joined', data: { peer_id: id, username: 'ben' } }])
  })

  test('[L16] a message reaches the one it names, with its sender, and keeps the rest', () => {
    const { ids, peers, say, world } = three()
    const [to, from] = [JSON.stringify(peers[1]), JSON.stringify(peers[0])]
    say(ids[0], `{"event":"offer","to":${to},"data":1.50}`)
    expect(world.hear(ids[1])).toEqual([`{"event":"offer","to":${to},"data":1.50,"from":${from}}`])
    expect([world.hear(ids[0]), world.hear(ids[2])]).toEqual([[], []])
  })

  test('[L16] nobody speaks in the name of another', () => {
    const { ids, peers, say, hear } = three()
    say(ids[0], { from: peers[2], to: peers[1], __proto__x: 1 })
    expect(hear(ids[1])).toEqual([{ from: peers[0], to: peers[1], __proto__x: 1 }])
  })

  test('[L16] also to oneself', () => {
    const { ids, peers, say, hear } = three()
    say(ids[0], { to: peers[0] })
    expect(hear(ids[0])).toEqual([{ to: peers[0], from: peers[0] }])
  })

  test.each(['no JSON', '[]', '7', 'null', '{}', '{"to":null}', '{"to":"AAAAAAAAAAAAAA=="}', '{"to":"__proto__"}'])(
    '[L17] %p is invalid, and costs nobody his connection (the original crashed)',
    (text) => {
      const { ids, say, hear, world } = three()
      say(ids[0], text)
      expect(ids.map((id) => hear(id))).toEqual([[{ event: 'invalid_message' }], [], []])
      expect(ids.every(world.isOpen)).toBeTrue()
    },
  )

  test('[L17] so is a peer of another room, one that has gone, and a second authenticate', () => {
    const { ids, peers, say, hear, world, member, relay } = three()
    member('dan', 'attic')
    const [elsewhere] = relay.peers(room('attic'))
    world.lose(ids[2])
    hear(ids[0])
    const authentication = { event: 'authenticate', to: peers[1], data: { username: 'ann', password: 'pw-ann' } }
    for (const said of [{ to: elsewhere?.peerId }, { to: peers[2] }, authentication]) say(ids[0], said)
    expect(hear(ids[0])).toEqual(Array.from({ length: 3 }, () => ({ event: 'invalid_message' })))
    expect(hear(ids[1])).toHaveLength(1)
  })

  test('[L18] the others hear who left', () => {
    const { ids, peers, hear, world } = three()
    world.lose(ids[1])
    const left = { event: 'left', data: { username: 'ben', peer_id: peers[1] } }
    expect([hear(ids[0]), hear(ids[2])]).toEqual([[left], [left]])
  })

  test('[L19] the joiner gets the ICE servers that there are', () => {
    const { open, say, hear } = relayServer({ revision, iceServers: (name) => [{ urls: [`turn:${name}`] }] })
    const ann = open()
    say(ann, authenticate('ann', 'pw-ann'))
    expect(hear(ann)).toEqual([
      { event: 'authenticated', data: { peer_id: expect.any(String), iceServers: [{ urls: ['turn:ann'] }] } },
    ])
  })

  test('[L3] ping is answered', () => {
    const { ids, say, hear } = three()
    say(ids[0], 'ping')
    expect(ids.map((id) => hear(id))).toEqual([['pong'], [], []])
  })
})
