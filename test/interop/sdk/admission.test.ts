/** The client of admission against our server, over Socket.IO. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AdmissionClient, type AdmissionClientOptions } from '../../../sdk/src/admission.ts'
import { fullJitter, RefusedError } from '../../../sdk/src/index.ts'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'

const suite = 'sdk: admission'

describe.skipIf(oursMissing(suite))(suite, () => {
  const parts = new AsyncDisposableStack()
  let server: RunningServer
  let cable: Cuttable
  let token: string

  beforeAll(async () => {
    const section = '[admission]\nappsecret = secret-of-the-tests\napppassword = password\n'
    server = parts.use(await startOurs({ backends: [], more: section }))
    cable = parts.use(await startCuttable(server.address))
    const answer = await fetch(`${server.url}/app`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"app":"tests","password":"password"}',
    })
    const said: { readonly response: { readonly token: string } } = JSON.parse(await answer.text())
    token = said.response.token
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  async function client(
    peerinfo: string,
    options: Partial<AdmissionClientOptions> = {},
  ): Promise<AdmissionClient & Disposable> {
    const made = new AdmissionClient({
      url: server.url,
      token,
      peerinfo,
      reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
      ...options,
    })
    made.connect()
    await made.ready({ timeout: 5_000 })
    return Object.assign(made, { [Symbol.dispose]: () => made.disconnect() })
  }

  for (const transport of ['websocket', 'polling'] as const) {
    test(`somebody knocks, is let in, talks, and leaves, by ${transport}`, async () => {
      using owner = await client('owner', { socketio: { transports: [transport] } })
      using guest = await client('guest', { socketio: { transports: [transport] } })
      const hers = await owner.createRoom(`door ${transport}`)
      expect([hers.isOwner, hers.selfId]).toEqual([true, owner.id])
      const knocks = hers.once('knock')
      const joining = guest.join(hers.id, { payload: { please: true } })
      const knock = await knocks
      expect(knock).toMatchObject({ id: guest.id, payload: { please: true }, info: 'guest' })
      expect([...hers.knocks.keys()]).toEqual([guest.id])
      const joined = hers.once('joined')
      knock.accept()
      const his = await joining
      expect(hers.knocks.size).toBe(0)
      expect((await joined).info).toEqual({ peerinfo: 'guest', isOwner: false })
      expect([...his.members.values()].map(({ id, info }) => [id, info.peerinfo])).toEqual([[owner.id, 'owner']])

      const heard = hers.once('message')
      his.send({ text: 'thank you' })
      expect(await heard).toMatchObject({ from: { id: guest.id }, data: { text: 'thank you' } })

      const made = hers.once('changed', { where: ({ info }) => info.isOwner })
      hers.addOwner(guest.id)
      expect((await made).id).toBe(guest.id)
      while (!his.isOwner) await his.admission.once('owners')
      const left = his.once('left')
      await hers.leave()
      expect((await left).id).toBe(owner.id)
      expect([hers.isOpen, owner.rooms.size, his.isOwner]).toEqual([false, 0, true])
    }, 10_000)
  }

  test('refusals are in the words of the server', async () => {
    using owner = await client('owner')
    using guest = await client('guest')
    const refusal = await guest.join('nowhere').catch((thrown: unknown) => thrown)
    expect(refusal).toBeInstanceOf(RefusedError)
    expect(refusal).toMatchObject({ code: 'not_admitted', message: 'Room is not found.' })
    const room = await owner.createRoom('taken')
    await expect(guest.createRoom('taken')).rejects.toMatchObject({ code: 'room_refused' })
    room.on('knock', (knock) => knock.reject({ why: 'full' }))
    await expect(guest.join('taken')).rejects.toMatchObject({ code: 'not_admitted', details: { why: 'full' } })
    await expect(guest.createRoom('x', { payload: 'x'.repeat(20_000) })).rejects.toBeInstanceOf(RefusedError)
    expect((await guest.createRoom()).id).not.toBe('')
  })

  test('a question for one room is refused, repeated or given up without harm to those that wait', async () => {
    using owner = await client('owner')
    using guest = await client('guest')
    const room = await owner.createRoom('slow')
    const knocks = room.once('knock')
    const given = guest.join('slow', { timeout: 50 }).catch((thrown: unknown) => thrown)
    await knocks
    expect(await given).toMatchObject({ code: 'timeout' })
    const repeated = guest.join('slow').catch((thrown: unknown) => thrown)
    const waits = guest.join('slow')
    expect(await repeated).toMatchObject({ code: 'ended' })
    await expect(guest.join('nowhere')).rejects.toMatchObject({ message: 'Room is not found.' })
    while (room.knocks.size === 0) await room.once('knock')
    room.admitAll()
    expect((await waits).id).toBe('slow')
  })

  test('whoever waits no longer takes the knock back', async () => {
    using owner = await client('owner')
    using guest = await client('guest')
    const room = await owner.createRoom('patience')
    const patience = new AbortController()
    const [knocks, ended] = [room.once('knock'), room.once('knock-ended')]
    const joining = guest.join('patience', { signal: patience.signal })
    await knocks
    patience.abort()
    await expect(joining).rejects.toMatchObject({ code: 'ended' })
    expect((await ended).id).toBe(guest.id)
    expect(room.knocks.size).toBe(0)
  })

  test('a bad token closes at once', async () => {
    const refused = client('nobody', { token: 'e30=.e30=.00', reconnect: fullJitter() })
    await expect(refused).rejects.toMatchObject({ closeCode: 4401 })
  })

  test('after a lost connection we ask again, with a payload for the new id, and are linked as somebody new', async () => {
    using owner = await client('owner')
    using guest = await client('guest', { url: `http://${cable.address}`, socketio: { transports: ['websocket'] } })
    const hers = await owner.createRoom('again')
    const payloads: unknown[] = []
    hers.on('knock', (knock) => {
      payloads.push(knock.payload)
      knock.accept()
    })
    const his = await guest.join('again', { payload: (id: string) => `it is me, ${id}` })
    const formerId = guest.id
    const rejoined = his.once('rejoined')
    cable.cut()
    const { selfId } = await rejoined
    expect([selfId === formerId, selfId]).toEqual([false, guest.id])
    expect(payloads).toEqual([`it is me, ${formerId}`, `it is me, ${selfId}`])
    while (!hers.members.has(selfId) || hers.members.size > 1)
      await Promise.race([hers.once('joined'), hers.once('left')])
    expect([...his.members.keys()]).toEqual([owner.id])
  }, 10_000)

  test('an owner who comes back opens his room again', async () => {
    using owner = await client('owner', { url: `http://${cable.address}`, socketio: { transports: ['websocket'] } })
    const room = await owner.createRoom('mine')
    const rejoined = room.once('rejoined')
    cable.cut()
    const { selfId } = await rejoined
    expect([room.isOwner, room.selfId, selfId]).toEqual([true, owner.id, owner.id])
    using guest = await client('guest')
    room.on('knock', (knock) => knock.accept())
    expect((await guest.join('mine')).members.has(selfId)).toBe(true)
  }, 10_000)
})
