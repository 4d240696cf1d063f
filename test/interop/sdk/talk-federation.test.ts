/** The client of Talk in a room of another Nextcloud, over two servers of ours and a way between them that is cut. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { type FederatedPlace, fullJitter, TalkClient, type TalkRoom } from '../../../sdk/src/index.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { talkError } from '../../support/talk-answers.ts'
import { host, type TwoServers, twoServers } from '../../support/two-servers.ts'

const suite = 'sdk: rooms of other Nextclouds'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let present: DisposableStack
  let stage: TwoServers
  let rooms = 0

  beforeAll(async () => {
    stage = parts.use(await twoServers(startOurs, startOurs))
    present = new DisposableStack()
  }, 30_000)
  afterEach(() => {
    present.dispose()
    present = new DisposableStack()
  })
  afterAll(() => parts.disposeAsync(), 30_000)

  /** People there come by the way too, which leads to whichever server is there. */
  function client(side: 'here' | 'there', userid: string): TalkClient {
    const { talk, server } = stage[side]
    const made = new TalkClient({
      settings: async () => ({
        server: side === 'here' ? server.url : `http://127.0.0.1:${stage.way.port}`,
        backend: talk.url(),
        helloAuthParams: { '1.0': { userid, ticket: 'good' } },
      }),
      reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
    })
    made.connect()
    present.defer(() => made.disconnect())
    return made
  }

  function place(roomId: string, token: FederatedPlace['token'] = consent): FederatedPlace {
    return { signaling: `http://127.0.0.1:${stage.way.port}`, url: stage.there.talk.url(), roomId, token }
  }

  /** What the Nextcloud there signs for alice; `exp` in seconds. */
  function consent(exp?: number): Promise<string> {
    const sub = `alice@${host(stage.here.talk.url())}`
    const userdata = { displayname: 'Alice', actorId: sub, actorType: 'federated_users' }
    return stage.there.talk.token({ sub, userdata, ...(exp === undefined ? {} : { exp }) })
  }

  interface Meeting {
    readonly hers: TalkRoom
    readonly his: TalkRoom
    /** As she is known there. */
    readonly alice: string
    readonly bob: string
  }

  async function meeting(): Promise<Meeting> {
    const name = `den${++rooms}`
    const bob = client('there', 'bob')
    const his = await bob.join(name, { session: `bob in ${name}` })
    const came = his.once('joined')
    const alice = client('here', 'alice')
    const federation = place(name, () => consent())
    const hers = await alice.join(`her ${name}`, { session: `alice in ${name}`, federation })
    const { id, info } = await came
    expect(info).toMatchObject({ federated: true, roomSessionId: `alice in ${name}` })
    return { hers, his, alice: id, bob: bob.sessionId ?? '' }
  }

  test('two meet, talk and share values; each is called as he is known', async () => {
    const { hers, his, alice, bob } = await meeting()
    expect(hers.properties).toMatchObject({ name: expect.any(String) })
    expect([...hers.members.keys()]).toEqual([bob])
    expect([hers.id, hers.selfId === alice]).toEqual([`her ${his.id}`, false])

    const said = his.once('message')
    hers.send({ chat: 'hello', from: hers.selfId })
    expect(await said).toMatchObject({ from: { id: alice }, data: { chat: 'hello', from: alice } })
    const answer = hers.once('message')
    his.members.get(alice)?.send('psst')
    expect(await answer).toMatchObject({ from: { id: bob }, data: 'psst', to: 'peer' })

    const shared = his.talk.once('transient')
    await hers.setTransient('hand', true)
    expect(await shared).toMatchObject({ key: 'hand', value: true })

    const left = his.once('left')
    await hers.leave()
    expect((await left).id).toBe(alice)
  }, 20_000)

  test('an expired token is replaced', async () => {
    const asked: string[] = []
    const token = async (): Promise<string> => {
      const given = await consent(asked.length === 0 ? Math.floor(Date.now() / 1000) - 3_600 : undefined)
      asked.push(given)
      return given
    }
    const alice = client('here', 'alice')
    const room = await alice.join('hers', { session: 'late', federation: place('late', token) })
    expect([room.isOpen, asked.length]).toEqual([true, 2])
  }, 20_000)

  test('the link is cut for a moment: what is said meanwhile arrives', async () => {
    const { hers, his, alice } = await meeting()
    const [cut, back] = [hers.talk.once('federation-interrupted'), hers.talk.once('federation-resumed')]
    stage.way.block(true)
    stage.way.cut()
    await cut
    const said = his.once('message')
    hers.send('from the other side')
    stage.way.block(false)
    expect(await back).toEqual({ resumed: true })
    expect(await said).toMatchObject({ from: { id: alice }, data: 'from the other side' })
  }, 20_000)

  test('the other server is another one when the link is back: we are somebody new, and know who is there', async () => {
    const { hers, his, alice, bob } = await meeting()
    const [back, anew] = [hers.talk.once('federation-resumed'), hers.once('rejoined')]
    const guest = his.once('joined', { where: ({ id }) => id !== alice })
    const host = hers.once('joined', { where: ({ id }) => id !== bob })
    await stage.replaceThere()
    expect(await back).toEqual({ resumed: false })
    expect(await anew).toEqual({ selfId: hers.selfId, formerId: hers.selfId })
    const [{ id: aliceNow }, { id: bobNow }] = await Promise.all([guest, host])
    expect(bobNow).toBe(his.selfId)
    const said = hers.once('message')
    his.members.get(aliceNow)?.send('again')
    expect(await said).toMatchObject({ from: { id: bobNow }, data: 'again' })
    expect([[...hers.members.keys()], [...his.members.keys()]]).toEqual([[bobNow], [aliceNow]])
  }, 30_000)

  test('a place where nobody is, and a room that does not want us', async () => {
    const alice = client('here', 'alice')
    const nowhere = { ...place('x'), signaling: 'http://127.0.0.1:1' }
    const code = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : thrown)
    expect(await alice.join('x', { federation: nowhere }).catch(code)).toBe('federation_error')
    stage.there.talk.answerNext('room', talkError('no_such_room'), 'closed to alice')
    const closed = place('closed to alice')
    expect(await alice.join('y', { session: 's', federation: closed }).catch(code)).toBe('no_such_room')
    expect(alice.room).toBeUndefined()
  }, 20_000)
})
