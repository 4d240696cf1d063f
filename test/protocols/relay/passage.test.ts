/** Entering, leaving and the hooks of both, in order. */
import { describe, expect, test } from 'bun:test'
import { toMembers, toPeer } from '../../../src/protocols/relay/connection.ts'
import { authenticate, type RelayServer, relayServer, room } from './server.ts'

const all = ['create', 'join', 'leave'] as const

function enter(server: RelayServer, name: string, where = 'den') {
  const id = server.open(where)
  server.say(id, authenticate(name, `pw-${name}`))
  return id
}

/** The hook that is under way has been tried. */
function hookDone({ world }: RelayServer): void {
  const question = world.unanswered().find(({ ask }) => ask.ask === 'hook')
  if (!question) throw new Error('no hook is under way')
  world.answer(question.number, { answer: 'done' })
}

describe('in revision 1', () => {
  test('[L20] of those who enter at once exactly one creates the room (the original may have none)', () => {
    const server = relayServer({ hooks: all })
    const ids = ['ann', 'ben', 'cas'].map((name) => enter(server, name))
    for (let hook = 0; hook < 3; hook++) hookDone(server)
    const [ann, ben, cas] = ids.map((id) => server.hear(id))
    expect(ann).toEqual([{ event: 'created' }, { event: 'joined' }, { event: 'joined' }])
    expect(ben).toEqual([{ event: 'joined' }, { event: 'joined' }])
    expect(cas).toEqual([{ event: 'joined' }])
    expect(server.calls()).toEqual(['create den ann []', 'join den ben [ann]', 'join den cas [ann ben]'])
  })

  test('[L21] create or join, and leave, each with the others in their order', () => {
    const server = relayServer({ hooks: all, answering: () => ({ answer: 'done' }) })
    const [ann, ben] = [enter(server, 'ann'), enter(server, 'ben')]
    const cas = enter(server, 'cas')
    for (const id of [ann, ben, cas]) server.world.lose(id)
    server.world.lose(server.open())
    expect(server.calls()).toEqual([
      'create den ann []',
      'join den ben [ann]',
      'join den cas [ann ben]',
      'leave den ann [ben cas]',
      'leave den ben [cas]',
      'leave den cas []',
    ])
  })

  test('[L21] only those that are configured', () => {
    const server = relayServer({ hooks: ['leave'], answering: () => ({ answer: 'done' }) })
    const [ann] = [enter(server, 'ann'), enter(server, 'ben')]
    server.world.lose(ann)
    expect(server.calls()).toEqual(['leave den ann [ben]'])
  })

  test('[L22] the hook is called before the room is told', () => {
    const server = relayServer({ hooks: all })
    const ann = enter(server, 'ann')
    expect(server.hear(ann)).toEqual([])
    hookDone(server)
    expect(server.hear(ann)).toEqual([{ event: 'created' }])
    const ben = enter(server, 'ben')
    expect([server.hear(ann), server.hear(ben)]).toEqual([[], []])
    hookDone(server)
    expect([server.hear(ann), server.hear(ben)]).toEqual([[{ event: 'joined' }], [{ event: 'joined' }]])
    server.world.lose(ben)
    expect(server.hear(ann)).toEqual([])
    hookDone(server)
    expect(server.hear(ann)).toEqual([{ event: 'left', data: { username: 'ben' } }])
  })

  test('[L23] a hook that hangs holds up its room only, and there only who comes and goes', () => {
    const server = relayServer({ hooks: all })
    const [ann, ben] = [enter(server, 'ann'), enter(server, 'ben')]
    hookDone(server)
    hookDone(server)
    for (const id of [ann, ben]) server.hear(id)
    const cas = enter(server, 'cas')
    const dan = enter(server, 'dan', 'attic')
    server.say(ann, 'still here')
    expect(server.hear(ben)).toEqual(['still here'])
    expect(server.world.unanswered()).toHaveLength(2)
    server.world.answer(server.world.unanswered()[1]?.number ?? 0, { answer: 'done' })
    expect(server.hear(dan)).toEqual([{ event: 'created' }])
    expect(server.hear(cas)).toEqual([])
  })

  test('[L23] a hook that fails changes nothing', () => {
    const server = relayServer({ hooks: all, answering: () => ({ answer: 'failed' }) })
    expect(server.hear(enter(server, 'ann'))).toEqual([{ event: 'created' }])
  })

  test('[L24] what is said meanwhile comes after joined', () => {
    const server = relayServer({ hooks: all })
    const ann = enter(server, 'ann')
    hookDone(server)
    const ben = enter(server, 'ben')
    server.say(ann, 'welcome')
    server.say(ben, 'thank you')
    expect(server.hear(ben)).toEqual([])
    hookDone(server)
    expect(server.hear(ben)).toEqual([{ event: 'joined' }, 'welcome'])
    expect(server.hear(ann)).toEqual([{ event: 'created' }, { event: 'joined' }, 'thank you'])
  })

  test('[L24] more than may wait for somebody ends his connection', () => {
    const server = relayServer({ hooks: all, waiting: { messages: 2, bytes: 1_000 } })
    const ann = enter(server, 'ann')
    hookDone(server)
    const ben = enter(server, 'ben')
    for (let text = 0; text < 3; text++) server.say(ann, 'x')
    expect(server.world.closeOf(ben)?.code).toBe(1013)
    expect(server.world.isOpen(ann)).toBeTrue()
  })

  test('[L14, L21] who goes while his hook is under way has been there, who goes before it has not', () => {
    const server = relayServer({ hooks: all })
    const [ann, ben, cas] = [enter(server, 'ann'), enter(server, 'ben'), enter(server, 'cas')]
    server.world.lose(ann)
    server.world.lose(ben)
    for (let hook = 0; hook < 3; hook++) hookDone(server)
    expect(server.calls()).toEqual(['create den ann []', 'join den cas [ann]', 'leave den ann [cas]'])
    expect(server.hear(cas)).toEqual([{ event: 'joined' }, { event: 'left', data: { username: 'ann' } }])
    server.world.lose(cas)
    hookDone(server)
    expect(server.relay.census()).toEqual({ connections: 0, rooms: 0, members: 0 })
  })
})

describe('in revision 2', () => {
  test('[L21] there is no create hook, its first one is a join', () => {
    const server = relayServer({ revision: 2, hooks: all, answering: () => ({ answer: 'done' }) })
    enter(server, 'ann')
    enter(server, 'ben')
    expect(server.calls()).toEqual(['join den ann []', 'join den ben [ann]'])
  })

  test('[L22] the others, the hook, the joiner; and left before its hook', () => {
    const server = relayServer({ revision: 2, hooks: all })
    const ann = enter(server, 'ann')
    hookDone(server)
    server.hear(ann)
    const ben = enter(server, 'ben')
    expect([server.hear(ann).length, server.hear(ben).length]).toEqual([1, 0])
    hookDone(server)
    expect(server.hear(ben)).toHaveLength(1)
    server.world.lose(ben)
    expect(server.hear(ann)).toMatchObject([{ event: 'left' }])
    expect(server.calls().at(-1)).toBe('leave den ben [ann]')
  })

  test('[L17] who has gone gets nothing any more, also before the room hears of it', () => {
    const server = relayServer({ revision: 2, hooks: all })
    const [ann, ben] = [enter(server, 'ann'), enter(server, 'ben')]
    hookDone(server)
    hookDone(server)
    server.hear(ann)
    const [, peer] = server.relay.peers(room('den'))
    enter(server, 'cas')
    server.world.lose(ben)
    server.hear(ann)
    server.say(ann, { to: peer?.peerId })
    expect(server.hear(ann)).toEqual([{ event: 'invalid_message' }])
  })

  test('[L24] what is for somebody who has been announced comes after authenticated', () => {
    const server = relayServer({ revision: 2, hooks: all })
    const ann = enter(server, 'ann')
    hookDone(server)
    server.hear(ann)
    const ben = enter(server, 'ben')
    const [joined] = server.hear(ann)
    const id = (joined as { data: { peer_id: string } }).data.peer_id
    server.say(ann, { event: 'offer', to: id })
    hookDone(server)
    expect(server.hear(ben)).toMatchObject([{ event: 'authenticated' }, { event: 'offer', to: id }])
  })
})

test('[L29] the program may speak to a room and to one peer, and see who is there', () => {
  const { relay, world, member, hear } = relayServer({ revision: 2 })
  const [ann, ben, dan] = [member('ann'), member('ben'), member('dan', 'attic')]
  hear(ann)
  const peers = relay.peers(room('den'))
  expect(peers.map(({ username }) => username)).toEqual(['ann', 'ben'])
  expect(relay.peers(room('nowhere'))).toEqual([])
  world.input((now) => relay.told(toMembers(room('den')), { event: 'text', text: '{"event":"news"}' }, now))
  world.input((now) => relay.told(toPeer(peers[1]?.peerId ?? ''), { event: 'text', text: '{"event":"you"}' }, now))
  world.input((now) => relay.told(toPeer('nobody'), { event: 'text', text: '{"event":"lost"}' }, now))
  expect(hear(ann)).toEqual([{ event: 'news' }])
  expect(hear(ben)).toEqual([{ event: 'news' }, { event: 'you' }])
  expect(hear(dan)).toEqual([])
})

test('[L28] who reads too slowly is closed', () => {
  const { relay, world, member } = relayServer()
  const ann = member('ann')
  world.input((now) => relay.overflowed(ann, now))
  expect(world.closeOf(ann)).toEqual({ code: 1013, reason: 'reads too slowly' })
})
