/** People of two Nextclouds in one room, each with a signaling server of his own: ours with ours, and ours with the original both ways. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { entryIn, type FederationStage, federationStage, isEvent } from '../../support/federation-stage.ts'
import { at, type Json, type JsonObject, textAt } from '../../support/json.ts'
import { startNewerOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { host, onThisMachine, type StartServer } from '../../support/two-servers.ts'

const forOriginal: StartServer = (settings) => startNewerOriginal({ ...settings, more: '[federation]\ntimeout = 5\n' })
const original = [nextRelease.signalingServer, debian.nats]

const pairs = [
  { suite: 'federation of our servers', here: startOurs, there: startOurs, needs: [], isOursHere: true },
  {
    suite: 'federation of ours with the original',
    here: startOurs,
    there: forOriginal,
    needs: original,
    isOursHere: true,
  },
  {
    suite: 'federation of the original with ours',
    here: forOriginal,
    there: startOurs,
    needs: original,
    isOursHere: false,
  },
]

const isMessage = (message: JsonObject): boolean => textAt(message, 'type') === 'message'

for (const { suite, here, there, needs, isOursHere } of pairs) {
  describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl, ...needs))(suite, () => {
    let stage: FederationStage
    let rooms = 0
    const newRoom = (): string => `den${++rooms}`

    beforeAll(async () => {
      stage = await federationStage(here, there, onThisMachine)
    }, 40_000)
    afterAll(() => stage?.[Symbol.asyncDispose](), 30_000)

    test('[R80] [R83] [R84] join, messages, transient data, leave', async () => {
      const room = newRoom()
      await using b = await stage.host('bob', room)
      await using a = await stage.traveller('alice', ['chat-relay'])
      expect(await a.joins(room)).toMatchObject({ type: 'room', room: { roomid: `local ${room}` } })

      const came = await b.wire.until(
        (message) => entryIn(message, (entry) => at(entry, 'federated') === true) !== undefined,
      )
      const entry = entryIn(came, (one) => at(one, 'federated') === true)
      const there = textAt(entry, 'sessionid') ?? ''
      expect(there).not.toBe(a.id)
      expect(entry).toMatchObject({ roomsessionid: a.roomSession, features: ['chat-relay'] })
      const seen = await a.wire.until(
        (message) => entryIn(message, (one) => at(one, 'sessionid') === b.id) !== undefined,
      )
      expect(seen).toBeDefined()

      b.wire.send({
        type: 'message',
        message: {
          recipient: { type: 'session', sessionid: there },
          data: { type: 'offer', to: there, from: b.id, payload: { sdp: 'v=0' } },
        },
      })
      const offer = await a.wire.until(isMessage)
      expect(offer).toMatchObject({ message: { sender: { sessionid: b.id }, data: { type: 'offer', to: a.id } } })
      a.wire.send({ type: 'message', message: { recipient: { type: 'session', sessionid: b.id }, data: { n: 1 } } })
      expect(await b.wire.until(isMessage)).toMatchObject({ message: { sender: { sessionid: there }, data: { n: 1 } } })
      a.wire.send({ type: 'message', message: { recipient: { type: 'room' }, data: { n: 2 } } })
      expect(await b.wire.until(isMessage)).toMatchObject({ message: { sender: { type: 'room' }, data: { n: 2 } } })

      a.wire.send({ type: 'transient', transient: { type: 'set', key: 'lamp', value: { on: true } } })
      const isValue = (message: JsonObject): boolean => textAt(message, 'transient', 'key') === 'lamp'
      for (const one of [a, b]) {
        expect(await one.wire.until(isValue)).toMatchObject({ transient: { type: 'set', value: { on: true } } })
      }
      b.wire.send({
        type: 'control',
        control: { recipient: { type: 'room' }, data: { action: 'forceMute', peerId: there } },
      })
      const control = await a.wire.until((message) => textAt(message, 'type') === 'control')
      expect(control).toMatchObject({ control: { data: { action: 'forceMute', peerId: a.id } } })

      a.wire.send({ id: 'out', type: 'room', room: { roomid: '' } })
      expect(await a.wire.until((message) => textAt(message, 'id') === 'out')).toMatchObject({ room: { roomid: '' } })
      expect(await b.wire.until(isEvent('room', 'leave'))).toMatchObject({ event: { leave: [there] } })
    }, 20_000)

    test('[R84] the call and the chat, as Nextcloud there tells them', async () => {
      const room = newRoom()
      await using b = await stage.host('bob', room)
      await using a = await stage.traveller('alice', ['chat-relay'])
      await a.joins(room)
      const { talk, server } = stage.there
      const local = host(stage.here.talk.url())
      // The original leaves a slash behind it.
      const remote = `${host(talk.url())}${isOursHere ? '' : '/'}`
      const users = [
        { sessionId: a.roomSession, inCall: 7, actorId: `alice@${local}`, actorType: 'federated_users' },
        { sessionId: b.roomSession, inCall: 7, actorId: 'bob', actorType: 'users' },
      ]
      const incall = { incall: 7, changed: users, users }
      expect((await talk.post(server.url, room, { type: 'incall', incall })).status).toBe(200)
      const update = at(await a.wire.until(isEvent('participants', 'update')), 'event', 'update')
      expect(at(update, 'roomid')).toBe(`local ${room}`)
      const listed = at(update, 'users') as readonly Json[]
      expect(listed).toContainEqual(expect.objectContaining({ sessionId: a.id, actorId: 'alice', actorType: 'users' }))
      expect(listed).toContainEqual(
        expect.objectContaining({ sessionId: b.id, actorId: `bob@${remote}`, actorType: 'federated_users' }),
      )

      const comment = { id: 1, token: room, actorId: 'bob', actorType: 'users', message: 'hello' }
      const data = { type: 'chat', chat: { refresh: true, comment } }
      expect((await talk.post(server.url, room, { type: 'message', message: { data } })).status).toBe(200)
      const told = at(await a.wire.until(isEvent('room', 'message')), 'event', 'message')
      expect(textAt(told, 'roomid')).toBe(`local ${room}`)
      // The original of that age passes comments on as they came.
      if (!isOursHere) return
      expect(at(told, 'data', 'chat', 'comment')).toMatchObject({
        token: `local ${room}`,
        actorId: `bob@${remote}`,
        actorType: 'federated_users',
      })
    }, 20_000)

    test('[R85] both Nextclouds are pinged for the participant', async () => {
      const room = newRoom()
      await using a = await stage.traveller('pia')
      await a.joins(room)
      const isPinged = (talk: FederationStage['here']['talk']) =>
        talk.request(({ type, text }) => type === 'ping' && text.includes(`"${a.roomSession}"`), 25_000)
      // The original collects them for up to 20 s.
      await Promise.all([isPinged(stage.here.talk), isPinged(stage.there.talk)])
    }, 30_000)

    test('[R87] the link is cut for a moment: nothing is lost', async () => {
      const room = newRoom()
      await using b = await stage.host('bob', room)
      await using a = await stage.traveller('alice')
      await a.joins(room)
      stage.way.block(true)
      stage.way.cut()
      await a.wire.until(isEvent('room', 'federation_interrupted'))
      a.wire.send({ type: 'message', message: { recipient: { type: 'session', sessionid: b.id }, data: { n: 1 } } })
      // What is said into a link before its end has been noticed is lost: the server there has had its turns by then.
      for (let turn = 0; turn < 3; turn++) await b.wire.untilQuiet()
      b.wire.send({ type: 'message', message: { recipient: { type: 'room' }, data: { n: 2 } } })
      await Promise.all([a.wire.untilQuiet(), b.wire.untilQuiet()])
      stage.way.block(false)
      expect(await a.wire.until(isEvent('room', 'federation_resumed'), 10_000)).toMatchObject({
        event: { resumed: true },
      })
      expect(await a.wire.until(isMessage)).toMatchObject({ message: { data: { n: 2 } } })
      expect(await b.wire.until(isMessage)).toMatchObject({ message: { data: { n: 1 } } })
    }, 30_000)

    test('[R80] bye here is a leave there', async () => {
      const room = newRoom()
      await using b = await stage.host('bob', room)
      await using a = await stage.traveller('alice')
      await a.joins(room)
      await b.wire.until((message) => entryIn(message, (entry) => at(entry, 'federated') === true) !== undefined)
      a.wire.send({ type: 'bye', bye: {} })
      await b.wire.until(isEvent('room', 'leave'))
    }, 20_000)

    // The original gives no answer then.
    test.skipIf(!isOursHere)(
      '[R88] a token that is none, or too old, is refused in the words of the other server',
      async () => {
        await using a = await stage.traveller('alice')
        expect(await a.joins('den', { token: 'none' })).toMatchObject({
          type: 'error',
          error: { code: 'invalid_token' },
        })
        const now = Math.floor(Date.now() / 1000)
        const old = await stage.there.talk.token({ sub: 'x', iat: now - 1_000, exp: now - 500 })
        expect(await a.joins('den', { token: old })).toMatchObject({ type: 'error', error: { code: 'token_expired' } })
      },
      20_000,
    )

    test.skipIf(!isOursHere)(
      '[R87] the other server has forgotten us: the room is joined anew',
      async () => {
        const room = newRoom()
        await using a = await stage.traveller('alice')
        await a.joins(room)
        await stage.replaceThere()
        expect(await a.wire.until(isEvent('room', 'federation_resumed'), 15_000)).toMatchObject({
          event: { resumed: false },
        })
        expect(await a.wire.until((message) => textAt(message, 'type') === 'room')).toMatchObject({
          room: { roomid: `local ${room}` },
        })
        expect(await a.wire.until(isEvent('room', 'join'))).toMatchObject({ event: { join: [{ sessionid: a.id }] } })
      },
      40_000,
    )
  })
}
