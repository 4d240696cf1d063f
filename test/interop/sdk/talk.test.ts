/** The client of Talk against our server with a stub Nextcloud: sessions that are resumed, replaced, and cut off. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac, randomBytes } from 'node:crypto'
import type { StateChange, TalkClientOptions, TalkSettings } from '../../../sdk/src/index.ts'
import { fullJitter, RefusedError, TalkClient } from '../../../sdk/src/index.ts'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import { testKeys } from '../../support/server-conf.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'sdk: Talk'

describe.skipIf(oursMissing(suite))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  let cable: Cuttable

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    server = parts.use(await startOurs({ backends: backends() }))
    cable = parts.use(await startCuttable(server.address))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  const backends = () => [{ id: 'one', url: talk.url(), secret: talk.secret() }]

  const ticketFor = (userid: string | null, address = cable.address): TalkSettings => ({
    server: `http://${address}`,
    backend: talk.url(),
    helloAuthParams: { '1.0': userid === null ? { ticket: 'good' } : { userid, ticket: 'good' } },
  })

  function client(options: TalkClientOptions): TalkClient & Disposable {
    const made = new TalkClient({
      reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
      ...options,
    })
    made.connect()
    return Object.assign(made, { [Symbol.dispose]: () => made.disconnect() })
  }

  const states = (of: TalkClient): StateChange['to'][] => {
    const seen: StateChange['to'][] = []
    of.on('state', ({ to }) => seen.push(to))
    return seen
  }

  test('two users meet in a room, talk, and one leaves', async () => {
    using alice = client({ settings: ticketFor('alice') })
    using bob = client({ settings: ticketFor('bob') })
    const hers = await alice.join('meeting', { session: 'rsid-alice' })
    expect(alice.userId).toBe('alice')
    expect(hers.members.size).toBe(0)
    expect(hers.properties).toMatchObject({ name: 'The meeting' })
    const joined = hers.once('joined')
    const his = await bob.join('meeting', { session: 'rsid-bob' })
    expect([...his.members.values()].map(({ id, user }) => ({ id, user }))).toEqual([
      { id: alice.sessionId ?? '', user: { id: 'alice', name: 'The alice' } },
    ])
    const peer = await joined
    expect({ id: peer.id, info: peer.info }).toMatchObject({
      id: bob.sessionId,
      info: { roomSessionId: 'rsid-bob', inCall: 0 },
    })

    const heard = his.once('message')
    hers.send({ chat: 'hello all' })
    expect(await heard).toMatchObject({ data: { chat: 'hello all' }, to: 'room', from: { id: alice.sessionId } })
    const direct = hers.once('message')
    his.members.get(alice.sessionId ?? '')?.send('psst')
    expect(await direct).toMatchObject({ data: 'psst', to: 'peer' })

    const left = hers.once('left')
    await his.leave()
    expect((await left).id).toBe(bob.sessionId ?? '')
    expect([his.isOpen, bob.room, peer.isPresent]).toEqual([false, undefined, false])
    expect(() => peer.send('anybody there?')).toThrow()
  })

  test('flags of the call arrive with the members, and so does everybody at once', async () => {
    using alice = client({ settings: ticketFor('alice') })
    using bob = client({ settings: ticketFor('bob') })
    const room = await alice.join('call', { session: 'call-alice' })
    await bob.join('call', { session: 'call-bob' })
    const changed = room.once('changed')
    const users = [{ sessionId: 'call-bob', inCall: 7, userId: 'bob' }]
    await talk.post(server.url, 'call', { type: 'incall', incall: { incall: 7, changed: users, users } })
    expect(await changed).toMatchObject({ id: bob.sessionId, info: { inCall: 7, participant: { userId: 'bob' } } })
    const all = room.talk.once('call-for-all')
    await talk.post(server.url, 'call', { type: 'incall', incall: { incall: 0, all: true } })
    expect(await all).toEqual({ inCall: 0 })
    expect(room.members.get(bob.sessionId ?? '')?.info.inCall).toBe(0)
  })

  test('what Nextcloud says: properties, notices, a switch to another room, news of the list', async () => {
    using alice = client({ settings: ticketFor('alice') })
    const room = await alice.join('told', { session: 'told-alice' })
    const properties = room.talk.once('properties')
    await talk.post(server.url, 'told', { type: 'update', update: { userids: ['alice'], properties: { name: 'New' } } })
    expect(await properties).toEqual({ name: 'New' })
    const notice = room.talk.once('notice')
    await talk.post(server.url, 'told', {
      type: 'message',
      message: { data: { type: 'chat', chat: { refresh: true } } },
    })
    expect(await notice).toEqual({ type: 'chat', chat: { refresh: true } })
    const switched = room.talk.once('switch-to')
    await talk.post(server.url, 'told', { type: 'switchto', switchto: { roomid: 'other', sessions: ['told-alice'] } })
    expect(await switched).toMatchObject({ roomId: 'other' })
    const listed = alice.once('roomlist')
    await talk.post(server.url, 'invited', {
      type: 'invite',
      invite: { userids: ['alice'], alluserids: ['alice'], properties: { name: 'Party' } },
    })
    expect(await listed).toMatchObject({ type: 'invite', roomId: 'invited' })
  })

  test('values are shared, change, end, and greet the newcomer', async () => {
    using alice = client({ settings: ticketFor('alice') })
    using bob = client({ settings: ticketFor('bob') })
    const hers = await alice.join('values', { session: 'values-alice' })
    const set = hers.talk.once('transient')
    await hers.setTransient('hands', ['alice'])
    expect(await set).toEqual({ key: 'hands', value: ['alice'], formerValue: undefined })
    const his = await bob.join('values', { session: 'values-bob' })
    expect([...his.transient]).toEqual([['hands', ['alice']]])
    const removed = hers.talk.once('transient', { where: ({ value }) => value === undefined })
    await his.removeTransient('hands')
    await removed
    expect(hers.transient.size).toBe(0)
    await expect(hers.setTransient(`sd:${bob.sessionId}`, 1)).rejects.toMatchObject({ code: 'not_allowed' })
  })

  test('a cut connection is resumed: nothing is missed, nobody is a ghost', async () => {
    using alice = client({ settings: ticketFor('alice') })
    using bob = client({ settings: ticketFor('bob', server.address) })
    using carol = client({ settings: ticketFor('carol', server.address) })
    using dave = client({ settings: ticketFor('dave', server.address) })
    const hers = await alice.join('cut', { session: 'cut-alice' })
    const his = await bob.join('cut', { session: 'cut-bob' })
    const carols = await carol.join('cut', { session: 'cut-carol' })
    while (hers.members.size < 2) await hers.once('joined')
    const [sessionId, seen] = [alice.sessionId, states(alice)]
    const story: string[] = []
    hers.on('joined', ({ user }) => story.push(`joined ${user?.id}`))
    hers.on('left', ({ user }) => story.push(`left ${user?.id}`))
    hers.on('message', ({ data }) => story.push(`said ${data}`))
    const resumed = alice.once('resumed')

    cable.cut({ hold: true })
    await alice.once('state', { where: ({ to }) => to === 'reconnecting' })
    his.send('are you there?')
    await carols.leave()
    await dave.join('cut', { session: 'cut-dave' })
    hers.send('written while away')
    const heard = his.once('message', { where: ({ from }) => from?.id === sessionId })
    cable.mend()

    expect(await resumed).toEqual({ id: sessionId ?? '' })
    expect((await heard).data).toBe('written while away')
    if (!story.includes('joined dave')) await hers.once('joined')
    expect(story.toSorted()).toEqual(['joined dave', 'left carol', 'said are you there?'])
    expect([...hers.members.values()].map(({ user }) => user?.id).toSorted()).toEqual(['bob', 'dave'])
    expect([alice.sessionId, seen]).toEqual([sessionId, ['reconnecting', 'connected']])
  })

  test('a session that is gone is replaced: new settings, the room joined again, who changed is told', async () => {
    await using restarted = await startOurs({ backends: backends() })
    await using line = await startCuttable(restarted.address)
    const asked: string[] = []
    using alice = client({
      settings: async ({ why }) => {
        asked.push(why)
        return ticketFor('alice', line.address)
      },
    })
    using bob = client({ settings: ticketFor('bob', line.address) })
    let sessions = 0
    const hers = await alice.join('restart', { session: () => `restart-alice-${++sessions}` })
    const his = await bob.join('restart', { session: 'restart-bob' })
    const former = alice.sessionId ?? ''
    const formerBob = bob.sessionId ?? ''
    const [rejoined, again] = [alice.once('rejoined'), hers.once('rejoined')]
    const bobAgain = his.once('rejoined')

    await using successor = await startOurs({ backends: backends() })
    line.connectTo(successor.address)
    restarted.child.kill('SIGTERM')

    const { id, formerId } = await rejoined
    expect([formerId, id === former, id]).toEqual([former, false, alice.sessionId ?? ''])
    expect(await again).toEqual({ selfId: id, formerId: former })
    await bobAgain
    // Whichever of the two came back first: in the end each knows the other by the new name only.
    const known = (of: typeof hers, other: string) => of.members.size === 1 && of.members.has(other)
    const knows = async (of: typeof hers, other: string) => {
      while (!known(of, other)) await Promise.race([of.once('joined'), of.once('left')])
    }
    await Promise.all([knows(hers, bob.sessionId ?? ''), knows(his, id)])
    expect(hers.members.has(formerBob)).toBe(false)
    expect(asked).toEqual(['first', 'reconnect'])
    expect(sessions).toBe(2)
    const heard = his.once('message')
    hers.send('still here')
    expect((await heard).data).toBe('still here')
  }, 20_000)

  test('a token that has expired is replaced by a new one on the same connection', async () => {
    const asked: (string | undefined)[] = []
    const past = Math.floor(Date.now() / 1000) - 3_600
    using alice = client({
      settings: async ({ why, code }) => {
        asked.push(why === 'refused' ? code : why)
        const times = asked.length === 1 ? { iat: past, exp: past + 60 } : {}
        const token = await talk.token({ sub: 'alice', userdata: { displayname: 'Alice' }, ...times })
        return {
          ...ticketFor('alice'),
          helloAuthParams: { '2.0': { token }, '1.0': { userid: 'alice', ticket: 'bad' } },
        }
      },
    })
    const seen = states(alice)
    await alice.ready({ timeout: 5_000 })
    expect(asked).toEqual(['first', 'token_expired'])
    expect([alice.userId, seen]).toEqual(['alice', ['connected']])
  })

  test('a refusal that settings cannot cure closes, in the words of Nextcloud', async () => {
    using alice = client({
      settings: { ...ticketFor('alice'), helloAuthParams: { '1.0': { userid: 'alice', ticket: 'bad' } } },
    })
    const refusal = await alice.ready().catch((thrown: unknown) => thrown)
    expect(refusal).toBeInstanceOf(RefusedError)
    expect(refusal).toMatchObject({ code: 'invalid_ticket', temporary: false })
    expect(alice.state).toBe('closed')
  })

  test('a room that Nextcloud refuses is refused; the connection goes on', async () => {
    using alice = client({ settings: ticketFor('alice') })
    talk.answerNext(
      'room',
      { kind: 'data', data: { type: 'error', error: { code: 'no_such_room', message: 'None' } } },
      'secret',
    )
    await expect(alice.join('secret', { session: 'secret-alice' })).rejects.toMatchObject({ code: 'no_such_room' })
    expect(alice.state).toBe('connected')
    expect((await alice.join('open', { session: 'open-alice' })).isOpen).toBe(true)
  })

  test('a room that is deleted closes; a user who is put out does not come back into it', async () => {
    using alice = client({ settings: ticketFor('alice') })
    const room = await alice.join('doomed', { session: 'doomed-alice' })
    const closed = room.once('closed')
    await talk.post(server.url, 'doomed', { type: 'delete', delete: { userids: ['alice'] } })
    expect(await closed).toEqual({ reason: 'deleted' })

    const next = await alice.join('strict', { session: 'strict-alice' })
    const out = next.once('closed')
    await talk.post(server.url, 'strict', {
      type: 'disinvite',
      disinvite: { userids: ['alice'], alluserids: [], properties: {} },
    })
    expect(await out).toEqual({ reason: 'disinvited' })
    expect(alice.room).toBeUndefined()
  })

  test('the same Nextcloud session in another window replaces this one, for good', async () => {
    using first = client({ settings: ticketFor('alice') })
    using second = client({ settings: ticketFor('alice') })
    const room = await first.join('twice', { session: 'twice-alice' })
    const closed = room.once('closed')
    const over = first.once('state', { where: ({ to }) => to === 'closed' })
    await second.join('twice', { session: 'twice-alice' })
    expect((await over).error).toMatchObject({ code: 'room_session_reconnected', temporary: false })
    expect(await closed).toMatchObject({ error: { code: 'room_session_reconnected' } })
  })

  test('an internal client proves itself and sets its part in the call', async () => {
    using alice = client({ settings: ticketFor('alice') })
    const room = await alice.join('recorded', { session: 'recorded-alice' })
    const random = randomBytes(32).toString('hex')
    const token = createHmac('sha256', testKeys.internalSecret).update(random).digest('hex')
    using recorder = client({
      features: ['internal-incall'],
      settings: { server: `http://${server.address}`, backend: talk.url(), internal: { random, token } },
    })
    const joined = room.once('joined')
    await recorder.join('recorded')
    const { id } = await joined
    const changed = room.once('changed', { where: (peer) => peer.id === id && peer.info.inCall === 3 })
    recorder.setInCall(3)
    expect((await changed).info.participant).toMatchObject({ internal: true })
  })
})
