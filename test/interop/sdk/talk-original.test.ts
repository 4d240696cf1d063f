/** The client of Talk against Debian's original server, which knows less and sends no list after a resume. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { fullJitter, TalkClient, type TalkSettings } from '../../../sdk/src/index.ts'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { startOriginal } from '../../support/original.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'sdk: Talk with the original'

describe.skipIf(notRunnable(suite, debian.signalingServer, debian.nats, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let cable: Cuttable

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    const backends = [{ id: 'one', url: talk.url(), secret: talk.secret() }]
    const server = parts.use(await startOriginal({ backends }))
    cable = parts.use(await startCuttable(server.address))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  function client(userid: string): TalkClient & Disposable {
    const settings: TalkSettings = {
      server: `http://${cable.address}`,
      backend: talk.url(),
      helloAuthParams: { '1.0': { userid, ticket: 'good' }, '2.0': { token: 'which this server may not know' } },
    }
    const made = new TalkClient({
      settings,
      reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
    })
    made.connect()
    return Object.assign(made, { [Symbol.dispose]: () => made.disconnect() })
  }

  test('two users meet, talk, lose their connections, and meet a third who is not taken for everybody', async () => {
    using alice = client('alice')
    using bob = client('bob')
    const hers = await alice.join('den', { session: 'rsid-alice' })
    const his = await bob.join('den', { session: 'rsid-bob' })
    for (const room of [hers, his]) while (room.members.size < 1) await room.once('joined')
    const heard = hers.once('message')
    his.send({ text: 'hello' })
    expect(await heard).toMatchObject({ data: { text: 'hello' }, from: { id: bob.sessionId, user: { id: 'bob' } } })

    const resumed = [alice.once('resumed'), bob.once('resumed')]
    cable.cut()
    await Promise.all(resumed)
    using carol = client('carol')
    await carol.join('den', { session: 'rsid-carol' })
    for (const room of [hers, his]) while (room.members.size < 2) await room.once('joined')
    expect([...hers.members.values()].map(({ user }) => user?.id).toSorted()).toEqual(['bob', 'carol'])
    const again = his.once('message')
    hers.send('still here')
    expect((await again).data).toBe('still here')
  }, 20_000)
})
