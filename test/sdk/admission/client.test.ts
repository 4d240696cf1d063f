import { describe, expect, test } from 'bun:test'
import { AdmissionClient, type AdmissionClientOptions } from '../../../sdk/src/admission.ts'
import { fullJitter } from '../../../sdk/src/index.ts'
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts'

async function connected(options: Partial<AdmissionClientOptions> = {}, { acknowledges = false } = {}) {
  const world = virtualWorld()
  const client = new AdmissionClient({ url: 'http://host', token: 'app', world, reconnect: fullJitter(), ...options })
  client.connect()
  await authenticate(world)
  if (acknowledges) world.socket().say(['ack:auth-request', { answer: { ok: true, event: 'auth-accept' } }])
  return { world, client }
}

async function authenticate(world: VirtualWorld): Promise<void> {
  await world.settled()
  world.socket().open()
  expect(world.socket().heard()).toMatchObject([['auth-request', { token: 'app' }]])
  world.socket().say(['auth-accept', { token: 'session' }])
  await world.settled()
}

/** What was asked since the last time; every event carries the session token. */
function asked(world: VirtualWorld): readonly (readonly [string, object])[] {
  const events = world.socket().heard() as readonly (readonly [string, { readonly auth?: string }])[]
  return events.map(([event, { auth, ...body }]) => {
    expect(auth).toBe('session')
    return [event, body]
  })
}

type Question = readonly [event: string, question: unknown]

/** What the socket gives back with the acks of what was asked since the last time. */
const questions = (world: VirtualWorld): readonly Question[] =>
  (world.socket().heard() as readonly (readonly [string, object, unknown])[]).map(([event, , question]) => [
    event,
    question,
  ])

function acknowledge(world: VirtualWorld, [asked]: readonly (Question | undefined)[], answer: object): void {
  if (!asked) throw new Error('nothing was asked')
  const [event, question] = asked
  world.socket().say([`ack:${event}`, { question, answer }])
}

describe('questions', () => {
  test('a refusal that comes as event and as ack refuses one question, not the next one too', async () => {
    const { world, client } = await connected()
    const again = client.join('den').catch(() => client.join('den'))
    await world.settled()
    const first = questions(world)
    world.socket().say(['room-join-reject', { room: 'den', message: 'Room is not found.' }])
    await world.settled()
    acknowledge(world, first, { ok: false, event: 'room-join-reject', message: 'Room is not found.' })
    world.socket().say(['room-join-accept', { room: 'den', peer_id: '', peers: ['a'] }])
    expect([...(await again).members.keys()]).toEqual(['a'])
  })

  test('whoever asks again while he waits is not refused by what is said to the earlier question', async () => {
    const { world, client } = await connected()
    const earlier = client.join('den').catch((error: unknown) => error)
    await world.settled()
    const first = questions(world)
    const later = client.join('den')
    expect(await earlier).toMatchObject({ code: 'ended' })
    await world.settled()
    // Not taken back either: that would be the later one.
    expect(asked(world)).toEqual([['room-join-request', { room: 'den' }]])
    acknowledge(world, first, { ok: false, message: 'Request was repeated.' })
    world.socket().say(['room-join-accept', { room: 'den', peer_id: '', peers: ['a'] }])
    expect([...(await later).members.keys()]).toEqual(['a'])
  })

  test('whoever gave up and asks again is not refused by the end of what he gave up', async () => {
    const { world, client } = await connected({}, { acknowledges: true })
    const given = client.join('den', { timeout: 1_000 }).catch((error: unknown) => error)
    await world.pass(1_000)
    expect(await given).toMatchObject({ code: 'timeout' })
    const [first] = questions(world)
    const again = client.join('den')
    await world.settled()
    world.socket().say(['room-join-reject', { room: 'den', message: 'Request was cancelled.' }])
    acknowledge(world, [first], { ok: false, event: 'room-join-reject', message: 'Request was cancelled.' })
    world.socket().say(['room-join-accept', { room: 'den', peer_id: '', peers: ['a'] }])
    expect([...(await again).members.keys()]).toEqual(['a'])
  })

  test('a refusal that does not say its room is that of the question whose ack follows', async () => {
    const { world, client } = await connected({}, { acknowledges: true })
    const one = client.join('one')
    const two = client.join('two').catch((error: unknown) => error)
    await world.settled()
    const [, second] = questions(world)
    world.socket().say(['room-join-reject', { message: 'Room is not found.' }])
    acknowledge(world, [second], { ok: false, event: 'room-join-reject', message: 'Room is not found.' })
    expect(await two).toMatchObject({ code: 'not_admitted', message: 'Room is not found.' })
    world.socket().say(['room-join-accept', { room: 'one', peer_id: '', peers: [] }])
    expect((await one).id).toBe('one')
  })

  test('a refusal that is an ack only refuses its question', async () => {
    const { world, client } = await connected()
    const joining = client.join('den').catch((error: unknown) => error)
    await world.settled()
    acknowledge(world, questions(world), { ok: false, message: 'no' })
    expect(await joining).toMatchObject({ code: 'refused', message: 'no' })
  })

  test('the original does not say which room it refuses: it is the one that has waited longest', async () => {
    const { world, client } = await connected()
    const one = client.join('one').catch((error: unknown) => error)
    const two = client.join('two').catch((error: unknown) => error)
    await world.settled()
    world.socket().say(['room-join-reject', { message: 'Room is not found.' }])
    expect(await one).toMatchObject({ code: 'not_admitted' })
    world.socket().say(['room-join-reject', { message: 'Room owner was rejected your request' }])
    expect(await two).toMatchObject({ message: 'Room owner was rejected your request' })
  })

  test('rooms are opened one after the other, for a refusal does not say which', async () => {
    const { world, client } = await connected()
    const one = client.createRoom('one').catch((error: unknown) => error)
    const two = client.createRoom('two')
    await world.settled()
    expect(asked(world)).toEqual([['room-create-request', { room: 'one' }]])
    world.socket().say(['room-create-reject', { message: 'Room already taken' }])
    expect(await one).toMatchObject({ code: 'room_refused' })
    await world.settled()
    expect(asked(world)).toEqual([['room-create-request', { room: 'two' }]])
    world.socket().say(['room-create-accept', { room: 'two' }])
    expect((await two).isOwner).toBe(true)
  })

  test('whoever is let in after he gave up leaves again', async () => {
    const { world, client } = await connected()
    const joining = client.join('den', { timeout: 1_000 }).catch((error: unknown) => error)
    await world.pass(1_000)
    expect(await joining).toMatchObject({ code: 'timeout' })
    expect(asked(world)).toEqual([
      ['room-join-request', { room: 'den' }],
      ['room-join-cancel', { room: 'den' }],
    ])
    world.socket().say(['room-join-accept', { room: 'den', peer_id: '', peers: [] }])
    expect(asked(world)).toEqual([['room-leave-request', { room: 'den' }]])
    expect(client.rooms.size).toBe(0)
  })
})

test('a lost connection ends every knock; the same one may knock again at the room that is opened again', async () => {
  const { world, client } = await connected()
  const creating = client.createRoom('den')
  await world.settled()
  world.socket().say(['room-create-accept', { room: 'den' }])
  const room = await creating
  const ended: string[] = []
  room.on('knock-ended', ({ id }) => void ended.push(id))
  for (const id of ['a', 'b']) world.socket().say(['room-join-request', { room: 'den', peer_id: id }])
  expect([...room.knocks.keys()]).toEqual(['a', 'b'])
  world.socket().end(1006)
  expect([ended, room.knocks.size, room.isOpen]).toEqual([['a', 'b'], 0, true])
  await world.pass(20_000)
  await authenticate(world)
  world.socket().say(['room-create-accept', { room: 'den' }])
  const knocked = room.once('knock')
  world.socket().say(['room-join-request', { room: 'den', peer_id: 'a', payload: 'anew' }])
  expect(await knocked).toMatchObject({ id: 'a', payload: 'anew' })
})

test('a second loss while rooms are entered again loses no room', async () => {
  const { world, client } = await connected()
  const creating = client.createRoom('den')
  await world.settled()
  world.socket().say(['room-create-accept', { room: 'den' }])
  const room = await creating
  for (const _ of [1, 2]) {
    world.socket().end(1006)
    await world.pass(20_000)
    await authenticate(world)
    expect(asked(world)).toEqual([['room-create-request', { room: 'den' }]])
  }
  const rejoined = room.once('rejoined')
  world.socket().say(['room-create-accept', { room: 'den' }])
  await rejoined
  expect([room.isOpen, [...client.rooms.keys()]]).toEqual([true, ['den']])
})

test('events that make no sense are passed over', async () => {
  const { world, client } = await connected()
  const unknown = client.once('unknown')
  for (const nonsense of [
    ['room-join-request', null],
    ['room-user-join', { room: 'nowhere', peer_id: 7 }],
    ['session-description', { room: 'nowhere' }],
    ['ice-candidate', 'x'],
    ['constructor', {}],
    ['surprise', { a: 1 }],
  ]) {
    world.socket().say(nonsense)
  }
  expect([client.state, (await unknown).event]).toEqual(['connected', 'constructor'])
})
