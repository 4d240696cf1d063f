/** The client of presence against our server with an OpenID provider. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { fullJitter, PresenceClient, type PresenceClientOptions, type TokenContext } from '../../../sdk/src/index.ts'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { type StubOidc, startStubOidc } from '../../support/oidc-stub.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'

const suite = 'sdk: presence'

describe.skipIf(oursMissing(suite))(suite, () => {
  const parts = new AsyncDisposableStack()
  let oidc: StubOidc
  let server: RunningServer
  let cable: Cuttable

  beforeAll(async () => {
    oidc = parts.use(startStubOidc())
    const section = `[presence]\nproviders = one\ninterval = 1\ngrace = 20\n[presence-one]\nissuer = ${oidc.issuer}\naudience = my-client\n`
    server = parts.use(await startOurs({ backends: [], more: section }))
    cable = parts.use(await startCuttable(server.address))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  const token = (sub: string) => oidc.token({ sub, preferred_username: `The ${sub}` })
  const idOf = (sub: string) => `${oidc.issuer} ${sub}`

  function client(options: Partial<PresenceClientOptions>): PresenceClient & Disposable {
    const made = new PresenceClient({
      url: `ws://${server.address}/`,
      reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
      ...options,
    })
    return Object.assign(made, { [Symbol.dispose]: () => made.disconnect() })
  }

  for (const tokenIn of ['query', 'subprotocol'] as const) {
    test(`users see each other come and go, with the token in the ${tokenIn}`, async () => {
      using alice = client({ token: await token('alice'), tokenIn })
      const room = await alice.join()
      expect([room.selfId, room.members.size]).toEqual([idOf('alice'), 0])
      const came = room.once('joined')
      const left = room.once('left')
      {
        using bob = client({ token: await token('bob'), tokenIn })
        const his = await bob.join()
        expect(his.members.get(idOf('alice'))?.user).toEqual({ id: idOf('alice'), name: 'The alice' })
        expect((await came).user).toEqual({ id: idOf('bob'), name: 'The bob' })
        const heard = room.once('message')
        his.members.get(idOf('alice'))?.send({ text: 'hello' })
        expect(await heard).toMatchObject({ from: { id: idOf('bob') }, data: { text: 'hello' } })
        const typed = bob.once('typed')
        alice.sendTyped(idOf('bob'), 'Conference-Offer', { n: 1 })
        expect(await typed).toEqual({ from: idOf('alice'), type: 'Conference-Offer', body: { n: 1 } })
      }
      expect((await left).id).toBe(idOf('bob'))
      expect(() => alice.sendTyped(idOf('bob'), 'message', 'anybody?')).toThrow('not online')
    })
  }

  test('a lost connection is made again with a new token, and who changed meanwhile is told', async () => {
    const asked: TokenContext['why'][] = []
    using alice = client({
      url: `ws://${cable.address}/`,
      getToken: ({ why }) => {
        asked.push(why)
        return token('alice')
      },
    })
    using bob = client({ token: await token('bob') })
    const room = await alice.join()
    await bob.join()
    while (room.members.size < 1) await room.once('joined')
    const story: string[] = []
    room.on('joined', ({ user }) => story.push(`joined ${user?.name}`))
    room.on('left', ({ user }) => story.push(`left ${user?.name}`))
    const resumed = alice.once('resumed')
    const lost = alice.once('state', { where: ({ to }) => to === 'reconnecting' })
    cable.cut({ hold: true })
    await lost
    using watcher = client({ token: await token('watcher') })
    const watched = await watcher.join()
    const gone = watched.once('left', { where: ({ id }) => id === idOf('bob') })
    bob.disconnect()
    await gone
    cable.mend()
    expect(await resumed).toEqual({ id: idOf('alice') })
    expect(story.toSorted()).toEqual(['joined The watcher', 'left The bob'])
    expect(asked[0]).toBe('first')
    expect(new Set(asked.slice(1))).toEqual(new Set(['reconnect']))
  })

  test('without a token nothing is tried', async () => {
    using nobody = client({ getToken: () => '' })
    await expect(nobody.join()).rejects.toMatchObject({ code: 'unauthorized', temporary: false })
    expect(nobody.state).toBe('closed')
  })
})
