import { describe, expect, test } from 'bun:test'
import type { RefusedError, TalkRoom } from '../../../sdk/src/index.ts'
import { isPoliteIn, type Joined } from '../../../sdk/src/talk/joining.ts'
import { answerJoin, client, hello, join } from '../support/talk-room.ts'
import type { VirtualWorld } from '../support/virtual-world.ts'

const there = { signaling: 'https://signaling.there', url: 'https://cloud.there', roomId: 'den' }

interface Asked {
  readonly id: string
  readonly type: string
  readonly room?: unknown
}

const heard = async (world: VirtualWorld): Promise<readonly Asked[]> => {
  await world.settled()
  return world.socket().heard() as readonly Asked[]
}

/** Tokens one after the other. */
function tokens() {
  let given = 0
  return { token: () => `token ${++given}`, given: () => given }
}

/** S1 in a federated room, with A and B. */
async function visit(token: string | (() => string) = 'token') {
  const all = client()
  await hello(all.world, 'S1', 'federation')
  const joining = all.talk.join('my den', { session: 'rsid', federation: { ...there, token } })
  await answerJoin(all.world, 'S1', 'A', 'B')
  const room = await joining
  const story: string[] = []
  for (const name of ['joined', 'left'] as const) room.on(name, ({ id }) => story.push(`${name} ${id}`))
  room.on('rejoined', ({ selfId, formerId }) => story.push(`rejoined ${selfId} ${formerId}`))
  room.on('closed', ({ reason, error }) => story.push(`closed ${reason} ${error?.code}`))
  room.talk.on('federation-interrupted', () => story.push('interrupted'))
  room.talk.on('federation-resumed', ({ resumed }) => story.push(`resumed ${resumed}`))
  return { ...all, room, story }
}

const event = (type: string, more: object = {}): object => ({ type: 'event', event: { target: 'room', type, ...more } })
const expired = { code: 'token_expired', message: 'expired' }
const members = (room: TalkRoom): string[] => [...room.members.keys()]

test('the server is told where the room is, and with which token', async () => {
  const { world, talk } = client()
  await hello(world, 'S1')
  talk.join('my den', { session: 'rsid', federation: { ...there, token: async () => 'token' } }).catch(() => {})
  expect(await heard(world)).toMatchObject([
    {
      type: 'room',
      room: {
        roomid: 'my den',
        sessionid: 'rsid',
        federation: { signaling: there.signaling, url: there.url, roomid: 'den', token: 'token' },
      },
    },
  ])
})

test('a room of the same name there needs no other', async () => {
  const { world, talk } = client()
  await hello(world, 'S1')
  talk.join('den', { federation: { signaling: there.signaling, url: there.url, token: 't' } }).catch(() => {})
  expect((await heard(world))[0]?.room).toEqual({
    roomid: 'den',
    federation: { signaling: there.signaling, url: there.url, token: 't' },
  })
})

describe('an expired token', () => {
  test('is replaced once, without another session of Nextcloud', async () => {
    const { world, talk } = client()
    await hello(world, 'S1')
    let sessions = 0
    const { token } = tokens()
    const session = () => `rsid ${++sessions}`
    const joining = talk.join('my den', { session, federation: { ...there, token } })
    const [first] = await heard(world)
    world.socket().say({ id: first?.id, type: 'error', error: expired })
    await world.settled()
    const [second] = await heard(world)
    expect(second?.room).toMatchObject({ sessionid: 'rsid 1', federation: { token: 'token 2' } })
    world.socket().say({ id: second?.id, type: 'error', error: expired })
    const refusal = await joining.catch((error: RefusedError) => error.code)
    expect([refusal, await heard(world)]).toEqual(['token_expired', []])
  })

  test('that cannot be replaced is a refusal', async () => {
    const { world, talk } = client()
    await hello(world, 'S1')
    const joining = talk.join('my den', { federation: { ...there, token: 'old' } })
    const [first] = await heard(world)
    world.socket().say({ id: first?.id, type: 'error', error: expired })
    expect(await joining.catch((error: RefusedError) => error.code)).toBe('token_expired')
    expect(talk.room).toBeUndefined()
  })

  test('after an interruption: with a new one the room is joined again, and who is there is told', async () => {
    const { token } = tokens()
    const { world, room, story } = await visit(token)
    world.socket().say(event('federation_interrupted'))
    world.socket().say({ type: 'error', error: expired })
    const [again] = await heard(world)
    expect(again?.room).toMatchObject({ roomid: 'my den', sessionid: 'rsid', federation: { token: 'token 2' } })
    world.socket().say({ id: again?.id, type: 'room', room: { roomid: 'my den' } })
    world.socket().say(join('S1', 'B', 'C'))
    const [probe] = await heard(world)
    world.socket().say({ id: probe?.id, type: 'error', error: { code: 'ignored', message: '' } })
    await world.settled()
    expect(story).toEqual(['interrupted', 'joined C', 'left A', 'rejoined S1 S1'])
    expect([members(room), room.isOpen]).toEqual([['B', 'C'], true])
  })

  test('after an interruption, and there is no other: the room has ended', async () => {
    const { world, talk, story } = await visit('the only one')
    world.socket().say({ type: 'error', error: expired })
    expect([await heard(world), story, talk.room]).toEqual([
      [],
      ['closed could not be joined again token_expired'],
      undefined,
    ])
  })

  test('and our own connection is lost meanwhile: the room is asked for once we are back', async () => {
    const { token } = tokens()
    const { world, room, story } = await visit(token)
    world.socket().say({ type: 'error', error: expired })
    await heard(world)
    world.socket().end(1006)
    await world.pass(1_000)
    await hello(world, 'S1')
    const [again] = await heard(world)
    expect(again?.room).toMatchObject({ roomid: 'my den', federation: { token: 'token 3' } })
    world.socket().say({ id: again?.id, type: 'error', error: { code: 'no_such_room', message: '' } })
    await world.settled()
    expect([story, room.isOpen]).toEqual([['closed could not be joined again no_such_room'], false])
  })
})

describe('an interruption', () => {
  test('without a loss is told, and nothing else happens', async () => {
    const { world, room, story } = await visit()
    world.socket().say(event('federation_interrupted'))
    world.socket().say(event('federation_resumed', { resumed: true }))
    expect([story, members(room), await heard(world)]).toEqual([['interrupted', 'resumed true'], ['A', 'B'], []])
  })

  test('after which the room is joined anew: whoever is not named any more has left, and we are somebody new', async () => {
    const { world, room, story } = await visit()
    world.socket().say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1 } })
    world.socket().say(event('federation_interrupted'))
    world.socket().say(event('federation_resumed', { resumed: false }))
    const [probe] = await heard(world)
    expect(probe).toMatchObject({ type: 'transient' })
    world.socket().say({ type: 'room', room: { roomid: 'my den', properties: { name: 'New' } } })
    world.socket().say(join('S1'))
    world.socket().say(join('B', 'C'))
    expect(story).toEqual(['interrupted', 'resumed false', 'joined C'])
    world.socket().say({ id: probe?.id, type: 'error', error: { code: 'ignored', message: '' } })
    await world.settled()
    expect(story.slice(3)).toEqual(['left A', 'rejoined S1 S1'])
    expect([members(room), room.properties, room.transient.size]).toEqual([['B', 'C'], { name: 'New' }, 0])
  })

  test('that has no end: the room closes with the reason, once', async () => {
    const { world, talk, story } = await visit()
    const errors: string[] = []
    talk.on('error', ({ code }) => errors.push(code))
    world.socket().say(event('federation_interrupted'))
    world.socket().say({ type: 'error', error: { code: 'no_such_room', message: 'gone' } })
    world.socket().say({ type: 'room', room: { roomid: '' } })
    expect([story, errors]).toEqual([['interrupted', 'closed no way there any more no_such_room'], ['no_such_room']])
  })

  test('an error of long ago is no reason for the end of a room', async () => {
    const { world, story } = await visit()
    world.socket().say({ type: 'error', error: { code: 'odd', message: '' } })
    world.socket().say(join('C'))
    world.socket().say({ type: 'room', room: { roomid: '' } })
    expect(story).toEqual(['joined C', 'closed deleted undefined'])
  })
})

test('a new session of ours joins with a new token', async () => {
  const { token } = tokens()
  const { world, room } = await visit(token)
  world.socket().end(1006)
  await world.pass(1_000)
  world.socket().open()
  const [resume] = await heard(world)
  world.socket().say({ id: resume?.id, type: 'error', error: { code: 'no_such_session', message: '' } })
  const [fresh] = await heard(world)
  world.socket().say({ id: fresh?.id, type: 'hello', hello: { sessionid: 'S2', resumeid: 'R2', userid: 'alice' } })
  const [again] = await heard(world)
  expect(again?.room).toMatchObject({ roomid: 'my den', federation: { token: 'token 2' } })
  world.socket().say({ id: again?.id, type: 'room', room: { roomid: 'my den' } })
  world.socket().say(join('S2', 'B'))
  const [probe] = await heard(world)
  world.socket().say({ id: probe?.id, type: 'error', error: { code: 'ignored', message: '' } })
  await world.settled()
  expect([room.selfId, members(room)]).toEqual(['S2', ['B']])
})

test('of two, one gives way, whatever each is called by the other', async () => {
  const seen = (id: string, federated: boolean, roomsessionid: string): object => ({
    type: 'event',
    event: { target: 'room', type: 'join', join: [{ sessionid: id, userid: '', federated, roomsessionid }] },
  })
  const side = async (isGuest: boolean, roomSession: string, other: object): Promise<Joined> => {
    const { world, room } = await visit()
    world.socket().say(other)
    const wish = isGuest ? { federation: { ...there, token: '' } } : {}
    const state = { members: room.members, selfId: room.selfId } as Joined['state']
    return { room, state, wish, roomSession, isOut: false, error: undefined }
  }
  // A guest, whom the host knows as Z1, and the host, who is Z2 for both.
  const guest = await side(true, 'one', seen('Z2', false, 'two'))
  const host = await side(false, 'two', seen('Z1', true, 'one'))
  expect([isPoliteIn(guest, 'Z2'), isPoliteIn(host, 'Z1')]).toEqual([true, false])
  // Two guests.
  const [one, two] = [
    await side(true, 'one', seen('Y2', true, 'two')),
    await side(true, 'two', seen('Y1', true, 'one')),
  ]
  expect([isPoliteIn(one, 'Y2'), isPoliteIn(two, 'Y1')]).toEqual([true, false])
  // At home the ids decide.
  const home = await side(false, 'two', seen('Z9', false, 'one'))
  expect([isPoliteIn(home, 'Z9'), isPoliteIn(home, 'A')]).toEqual([true, false])
})
