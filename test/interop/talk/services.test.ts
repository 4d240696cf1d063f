/** Talk's recording and its transcription as they are, with ours and with the originals. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { internalHello, startRecording, startTranscription } from '../../support/internal-client.ts'
import { at, type JsonObject, textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { openTalkClient } from '../../support/talk-client.ts'
import {
  cannotRun,
  entryFor,
  joinEntries,
  joinedIds,
  openServicesStage,
  type ServicesStage,
  sides,
} from './services-stage.ts'

for (const side of sides) {
  const suite = `services with ${side.name}`
  describe.skipIf(cannotRun(suite, side))(suite, () => {
    let stage: ServicesStage
    beforeAll(async () => {
      stage = await openServicesStage(side)
    }, 30_000)
    afterAll(() => stage?.[Symbol.asyncDispose](), 30_000)

    test('[R26] a wrong secret, another Nextcloud and no proof at all are refused by their names', async () => {
      await using wire = await openTalkClient(stage.server.socketUrl)
      const codeFor = async (id: string, hello: JsonObject): Promise<string | undefined> => {
        wire.send({ id, ...hello })
        return textAt(await wire.until((message) => textAt(message, 'id') === id), 'error', 'code')
      }
      expect(await codeFor('1', internalHello({ backend: stage.talk.url(), secret: 'another' }))).toBe('invalid_token')
      expect(await codeFor('2', internalHello({ backend: 'https://elsewhere.example/' }))).toBe('invalid_backend')
      expect(await codeFor('3', { type: 'hello', hello: { version: '1.0', auth: { type: 'internal' } } })).toBe(
        'invalid_format',
      )
      wire.send({ id: '4', ...internalHello({ backend: stage.talk.url() }) })
      const hello = await wire.until((message) => textAt(message, 'id') === '4')
      expect(at(hello, 'hello', 'server', 'features')).toContain('virtual-sessions')
    })

    test('[R14] the recording joins without Nextcloud, hears all who are there, and is in the list', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using recording = await startRecording(stage.server.socketUrl, stage.talk.url(), room)
      expect(recording.serverFeatures).toContain('virtual-sessions')
      const joined = await ann.wire.until((message) => joinedIds(message).includes(recording.id))
      const [entry] = joinEntries(joined)
      expect(textAt(entry, 'roomsessionid') ?? '').toBe('')
      expect(textAt(entry, 'userid') ?? '').toBe('')
      const listed = await ann.listed(recording.id)
      expect(at(listed, 'internal')).toBe(true)
      // The older original knows no flags of its own for internal clients.
      expect(at(listed, 'inCall')).toBe(side.is === '0.4.1' ? 3 : 1)
      await recording.wire.until((message) => joinedIds(message).includes(ann.id))

      const call = [{ sessionId: ann.roomSession, inCall: 7, nextcloudSessionId: ann.roomSession, lastPing: 1 }]
      expect(await stage.post(room, { type: 'incall', incall: { incall: 7, changed: call, users: call } })).toBe(200)
      const seen = await recording.wire.until((message) => !!entryFor(message, ann.id))
      expect(entryFor(seen, ann.id)).toMatchObject({ inCall: 7, nextcloudSessionId: ann.roomSession })
      expect(stage.talk.requests.some(({ type, text }) => type === 'room' && text.includes(recording.id))).toBe(false)

      await recording.leave()
      const left = await ann.event('room', 'leave')
      expect(at(left, 'event', 'leave')).toEqual([recording.id])
    })

    // What follows came after 0.4.1.
    if (side.is === '0.4.1') return

    test('[R2, R14] the transcription listens to those in the call and sends them what they say', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using scribe = await startTranscription(stage.server.socketUrl, stage.talk.url(), room)
      const joined = await ann.wire.until((message) => joinedIds(message).includes(scribe.id))
      expect(joinEntries(joined)[0]).toMatchObject({ roomsessionid: scribe.id })
      expect(await ann.listed(scribe.id)).toMatchObject({ internal: true, inCall: 1 })
      const call = [{ sessionId: ann.roomSession, inCall: 3, nextcloudSessionId: ann.roomSession }]
      await stage.post(room, { type: 'incall', incall: { incall: 3, changed: call, users: call } })
      const seen = await scribe.wire.until((message) => !!entryFor(message, ann.id))
      expect(entryFor(seen, ann.id)).toMatchObject({ inCall: 3, nextcloudSessionId: ann.roomSession })
      const transcript = { final: true, langId: 'en', message: 'Hello', speakerSessionId: ann.id, type: 'transcript' }
      scribe.wire.send({
        id: '9',
        type: 'message',
        message: { recipient: { type: 'session', sessionid: ann.id }, data: transcript },
      })
      const heard = await ann.wire.until((message) => message['type'] === 'message')
      expect(at(heard, 'message', 'sender', 'sessionid')).toBe(scribe.id)
      expect(at(heard, 'message', 'data')).toEqual(transcript)

      await stage.post(room, { type: 'incall', incall: { incall: 0, all: true } })
      const over = await scribe.wire.until((message) => at(message, 'event', 'update', 'all') === true)
      expect(at(over, 'event', 'update', 'incall')).toBe(0)
    })

    test('[R5] the transcription comes back and asks for its room again', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using scribe = await startTranscription(stage.server.socketUrl, stage.talk.url(), room)
      await ann.wire.until((message) => joinedIds(message).includes(scribe.id))
      const before = scribe.id
      const answer = await scribe.returns('2.0')
      expect([answer['type'], scribe.id]).toEqual(['hello', before])
      scribe.say('incall', { incall: 1 }, 'incall')
      const again = await scribe.join(room, scribe.id)
      // It ends itself on any error, which is what the original gives it.
      if (side.is === 'ours') expect(again).toMatchObject({ type: 'room', room: { roomid: room } })
      else expect(textAt(again, 'error', 'code')).toBe('already_joined')
      ann.message({ type: 'session', sessionid: scribe.id }, 'back?')
      expect(at(await scribe.wire.until((message) => message['type'] === 'message'), 'message', 'data')).toBe('back?')
      // A second time it is as for everybody.
      expect(textAt(await scribe.join(room, scribe.id), 'error', 'code')).toBe('already_joined')
    })
  })
}

const withoutSecret = 'services where no secret is configured'
describe.skipIf(oursMissing(withoutSecret) || notRunnable(withoutSecret, debian.openssl))(withoutSecret, () => {
  test('[R26] a proof of any secret is refused as a type of client that there is not', async () => {
    await using talk = await startStubTalk()
    await using server = await startOurs({ backends: stageBackends(talk), internalSecret: '' })
    await using wire = await openTalkClient(server.socketUrl)
    wire.send({ id: '1', ...internalHello({ backend: talk.url(), secret: '' }) })
    const refused = await wire.until((message) => textAt(message, 'id') === '1')
    expect(textAt(refused, 'error', 'code')).toBe('invalid_client_type')
  })
})
