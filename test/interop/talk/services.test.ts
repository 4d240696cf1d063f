/** Internal clients as there are: a SIP bridge, Talk's recording and its transcription, with ours and with the originals. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { type DebianProgram, debian, nextRelease, notRunnable } from '../../support/deb.ts'
import type { Dialout, InternalClient } from '../../support/internal-client.ts'
import {
  internalHello,
  isEvent,
  nextDialout,
  openInternalClient,
  refuseCall,
  reportCall,
  startRecording,
  startTranscription,
} from '../../support/internal-client.ts'
import { at, type Json, type JsonObject, textAt } from '../../support/json.ts'
import { startNewerOriginal, startOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer, ServerSettings } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { talkError } from '../../support/talk-answers.ts'
import type { TalkClient } from '../../support/talk-client.ts'
import { helloAs, openTalkClient } from '../../support/talk-client.ts'

interface Side {
  readonly name: string
  readonly is: 'ours' | '2.0.2' | '0.4.1'
  readonly start: (settings: ServerSettings) => Promise<RunningServer>
  readonly needs: readonly DebianProgram[]
}

const sides: readonly Side[] = [
  { name: 'services with our server', is: 'ours', start: startOurs, needs: [debian.openssl] },
  {
    name: 'services with the original',
    is: '0.4.1',
    start: startOriginal,
    needs: [debian.signalingServer, debian.nats, debian.openssl],
  },
  {
    name: 'services with the newer original',
    is: '2.0.2',
    start: startNewerOriginal,
    needs: [nextRelease.signalingServer, debian.nats, debian.openssl],
  },
]

/** What a user of the room has: a connection, the two session ids, and ways to wait. */
interface Person extends AsyncDisposable {
  readonly wire: TalkClient
  readonly id: string
  readonly roomSession: string
  event(target: string, type: string): Promise<JsonObject>
  /** The entry of the next participants list that has this session on it. */
  listed(session: string): Promise<Json | undefined>
  message(recipient: JsonObject, data: Json, as?: 'message' | 'control'): void
}

for (const side of sides) {
  const missing = (side.is === 'ours' && oursMissing(side.name)) || notRunnable(side.name, ...side.needs)
  describe.skipIf(missing)(side.name, () => {
    const parts = new AsyncDisposableStack()
    const isOurs = side.is === 'ours'
    let talk: StubTalk
    let server: RunningServer
    let rooms = 0
    /** Numbers, because a phone call can only be made into a room with one. */
    const newRoom = () => `${4_000 + ++rooms}`

    beforeAll(async () => {
      talk = parts.use(await startStubTalk())
      server = parts.use(await side.start({ backends: stageBackends(talk) }))
    }, 30_000)
    afterAll(() => parts.disposeAsync(), 30_000)

    async function person(name: string, room: string): Promise<Person> {
      const wire = await openTalkClient(server.socketUrl)
      const id = textAt(await helloAs(wire, apiOf(talk), name), 'hello', 'sessionid') ?? ''
      const roomSession = `nextcloud-${room}-${name}`
      wire.send({ id: 'join', type: 'room', room: { roomid: room, sessionid: roomSession } })
      await wire.until((message) => textAt(message, 'id') === 'join' && message['type'] === 'room')
      await wire.until((message) => joinedIds(message).includes(id))
      return {
        wire,
        id,
        roomSession,
        event: (target, type) => wire.until((message) => isEvent(message, target, type)),
        listed: async (session) => entryFor(await wire.until((message) => !!entryFor(message, session)), session),
        message: (recipient, data, as = 'message') => wire.send({ type: as, [as]: { recipient, data } }),
        [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
      }
    }

    const post = async (room: string, body: Json): Promise<number> => (await talk.post(server.url, room, body)).status
    const bridge = (features?: readonly string[]): Promise<InternalClient> =>
      openInternalClient(server.socketUrl, { backend: talk.url(), ...(features ? { features } : {}) })

    test('[R26] a wrong secret, another Nextcloud and no proof at all are refused by their names', async () => {
      await using wire = await openTalkClient(server.socketUrl)
      const codeFor = async (id: string, hello: JsonObject): Promise<string | undefined> => {
        wire.send({ id, ...hello })
        return textAt(await wire.until((message) => textAt(message, 'id') === id), 'error', 'code')
      }
      expect(await codeFor('1', internalHello({ backend: talk.url(), secret: 'another' }))).toBe('invalid_token')
      expect(await codeFor('2', internalHello({ backend: 'https://elsewhere.example/' }))).toBe('invalid_backend')
      expect(await codeFor('3', { type: 'hello', hello: { version: '1.0', auth: { type: 'internal' } } })).toBe(
        'invalid_format',
      )
      wire.send({ id: '4', ...internalHello({ backend: talk.url() }) })
      const hello = await wire.until((message) => textAt(message, 'id') === '4')
      expect(at(hello, 'hello', 'server', 'features')).toContain('virtual-sessions')
    })

    test('[R14] the recording joins without Nextcloud, hears all who are there, and is in the list', async () => {
      const room = newRoom()
      await using ann = await person('ann', room)
      await using recording = await startRecording(server.socketUrl, talk.url(), room)
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
      expect(await post(room, { type: 'incall', incall: { incall: 7, changed: call, users: call } })).toBe(200)
      const seen = await recording.wire.until((message) => !!entryFor(message, ann.id))
      expect(entryFor(seen, ann.id)).toMatchObject({ inCall: 7, nextcloudSessionId: ann.roomSession })
      expect(talk.requests.some(({ type, text }) => type === 'room' && text.includes(recording.id))).toBe(false)

      await recording.leave()
      const left = await ann.event('room', 'leave')
      expect(at(left, 'event', 'leave')).toEqual([recording.id])
    })

    test('[R49] a phone comes into the room, speaks, is spoken to, and hangs up', async () => {
      const room = newRoom()
      await using ann = await person('ann', room)
      await using phones = await bridge()
      await phones.join(room)
      await ann.listed(phones.id)
      const phone = { sessionid: 'phone-1', roomid: room }
      const user = { displayname: '+49 30 1234', type: 'phone', callid: 'call-1', number: '+49301234' }
      const options = { actorId: 'an-actor', actorType: 'phones' }
      phones.say('addsession', { ...phone, userid: 'phones/+49301234', user, flags: 1, options }, 'add')

      const asked = await talk.request(({ type, text }) => type === 'room' && text.includes('an-actor'))
      const id = textAt(asked.body, 'room', 'sessionid') ?? ''
      expect(asked.path).toBe('/one/ocs/v2.php/apps/spreed/api/v3/signaling/backend')
      expect(at(asked.body, 'room')).toMatchObject({ roomid: room, actorid: 'an-actor', actortype: 'phones' })
      const joined = await ann.wire.until((message) => joinedIds(message).includes(id))
      expect(joinEntries(joined)[0]).toMatchObject({ sessionid: id, userid: 'phones/+49301234', user })
      expect(await ann.listed(id)).toMatchObject({ virtual: true, inCall: 9 })

      phones.say('updatesession', { ...phone, flags: 4 })
      const talking = await ann.wire.until((message) => at(message, 'event', 'flags', 'flags') === 4)
      expect(at(talking, 'event', 'flags')).toEqual({ roomid: room, sessionid: id, flags: 4 })

      ann.message({ type: 'session', sessionid: id }, { type: 'mute' })
      const muted = await phones.wire.until((message) => message['type'] === 'message')
      expect(at(muted, 'message', 'recipient')).toMatchObject({ type: 'session', sessionid: 'phone-1' })
      expect(at(muted, 'message', 'sender')).toEqual({ type: 'session', sessionid: ann.id, userid: 'ann' })
      ann.message({ type: 'session', sessionid: id }, { type: 'hangup' }, 'control')
      const hungUp = await phones.wire.until((message) => message['type'] === 'control')
      expect(textAt(hungUp, 'control', 'recipient', 'sessionid')).toBe('phone-1')

      phones.say('removesession', { ...phone, userid: 'phones/+49301234' }, 'remove')
      const left = await ann.event('room', 'leave')
      expect(at(left, 'event', 'leave')).toEqual([id])
      const told = await talk.request(
        ({ type, text, body }) => type === 'room' && text.includes(id) && textAt(body, 'room', 'action') === 'leave',
      )
      expect(at(told.body, 'room')).toMatchObject({ roomid: room, actorid: 'an-actor', actortype: 'phones' })
    })

    test('[R49] a phone without an actor comes in though Talk knows no such request', async () => {
      const room = newRoom()
      await using ann = await person('ann', room)
      await using phones = await bridge()
      phones.say('addsession', { sessionid: 'phone-2', roomid: room, userid: 'plain' }, 'add')
      const joined = await ann.wire.until((message) => joinEntries(message).some((entry) => isNamed(entry, 'plain')))
      const asked = await talk.request(({ type, text }) => type === 'session' && text.includes('plain'))
      expect(textAt(asked.body, 'session', 'sessionid')).toBe(textAt(joinEntries(joined)[0], 'sessionid'))
      await ann.listed(textAt(asked.body, 'session', 'sessionid') ?? '')
      expect(await phones.wire.untilQuiet()).toEqual([])
    })

    test('[R49] what Talk refuses is told to the bridge, and nobody came', async () => {
      const room = newRoom()
      await using ann = await person('ann', room)
      await using phones = await bridge()
      talk.answerNext('room', talkError('no_such_room'), 'refused-actor')
      const options = { actorId: 'refused-actor', actorType: 'phones' }
      phones.say('addsession', { sessionid: 'phone-3', roomid: room, options }, 'refused')
      const answer = await phones.wire.until((message) => textAt(message, 'id') === 'refused')
      expect(textAt(answer, 'error', 'code')).toBe('add_failed')
      expect(await ann.wire.untilQuiet()).toEqual([])
    })

    test('[R49] the phones of a bridge stay while it comes back, and go with it', async () => {
      const room = newRoom()
      await using ann = await person('ann', room)
      await using phones = await bridge()
      for (const name of ['a', 'b']) phones.say('addsession', { sessionid: name, roomid: room, userid: `of-${name}` })
      const ids: string[] = []
      while (ids.length < 2) ids.push(...joinedIds(await ann.event('room', 'join')))
      await ann.listed(ids[1] ?? '')

      const before = phones.id
      expect((await phones.returns('1.0'))['type']).toBe('hello')
      expect(phones.id).toBe(before)
      ann.message({ type: 'session', sessionid: ids[0] ?? '' }, 'still there?')
      const asked = await phones.wire.until((message) => message['type'] === 'message')
      expect(textAt(asked, 'message', 'recipient', 'sessionid')).toBe('a')

      await phones.leave()
      const gone: Json[] = []
      while (gone.length < 2) gone.push(...leftIds(await ann.event('room', 'leave')))
      expect(new Set(gone)).toEqual(new Set(ids))
      // The original tells Talk nothing of phones whose bridge has gone.
      if (isOurs) {
        for (const id of ids) {
          await talk.request(({ text, body }) => text.includes(id) && textAt(body, 'session', 'action') === 'remove')
        }
      }
    })

    // What follows came after 0.4.1.
    describe.skipIf(side.is === '0.4.1')('newer ones', () => {
      test('[R15] Talk removes a phone from the conversation: the bridge is told to hang up', async () => {
        const room = newRoom()
        await using ann = await person('ann', room)
        await using phones = await bridge(['internal-incall'])
        phones.say('addsession', { sessionid: 'phone-4', roomid: room, userid: 'hung-up', incall: 9 })
        const [id = ''] = joinedIds(await ann.event('room', 'join'))
        expect(await ann.listed(id)).toMatchObject({ virtual: true, inCall: 9 })
        phones.say('updatesession', { sessionid: 'phone-4', roomid: room, incall: 1 })
        expect(await ann.listed(id)).toMatchObject({ inCall: 1 })

        const elsewhere = newRoom()
        expect(await post(elsewhere, { type: 'disinvite', disinvite: { sessionids: [id] } })).toBe(200)
        expect(await post(room, { type: 'disinvite', disinvite: { sessionids: [id] } })).toBe(200)
        const { control } = await phones.wire.until((message) => message['type'] === 'control')
        expect(at(control, 'recipient')).toEqual({ type: 'session', sessionid: 'phone-4', userid: 'hung-up' })
        expect(at(control, 'data')).toEqual({ type: 'hangup', hangup: { reason: 'disinvited' } })
        // Once: that it was removed from another room was nothing to hang up for.
        expect(await phones.wire.untilQuiet()).toEqual([])
        phones.say('removesession', { sessionid: 'phone-4', roomid: room })
        expect(leftIds(await ann.event('room', 'leave'))).toEqual([id])
      })

      test('[R19] a phone call is made: accepted, its state shared with the room, its end too', async () => {
        const room = newRoom()
        await using ann = await person('ann', room)
        await using phones = await bridge(['start-dialout'])
        const wish = { type: 'dialout', dialout: { number: '+49301234', options: { attendeeId: 7, caller: '+4989' } } }
        const answer = talk.post(server.url, room, wish)
        const dialout = await nextDialout(phones)
        expect(dialout).toMatchObject({ room, number: '+49301234', options: wish.dialout.options })
        expect(dialout.backend).toBe(talk.url())
        reportCall(phones, room, { callid: 'c-1', status: 'accepted' }, dialout.request)
        const answered = await answer
        expect([answered.status, await answered.json()]).toEqual([200, { type: 'dialout', dialout: { callid: 'c-1' } }])
        expect(await nextStatus(ann.wire)).toEqual(['accepted', undefined])

        reportCall(phones, room, { callid: 'c-1', status: 'ringing' })
        expect(await nextStatus(ann.wire)).toEqual(['ringing', 'accepted'])
        // Whoever comes in the middle of it learns of it.
        await using bob = await person('bob', room)
        const isInitial = (message: Json) => textAt(message, 'transient', 'type') === 'initial'
        const initial = bob.wire.heard.find(isInitial) ?? (await bob.wire.until(isInitial))
        expect(textAt(initial, 'transient', 'data', 'callstatus_c-1', 'status')).toBe('ringing')
        reportCall(phones, room, { callid: 'c-1', status: 'connected' })
        expect(await nextStatus(ann.wire)).toEqual(['connected', 'ringing'])
        reportCall(phones, room, { callid: 'c-1', status: 'cleared', cause: 'normal' })
        expect(await nextStatus(ann.wire)).toEqual(['cleared', 'connected'])
      })

      test('[R19] a refusal, an answer that is none, and nobody who could', async () => {
        const room = newRoom()
        await using ann = await person('ann', room)
        const wish = { type: 'dialout', dialout: { number: '+49301234' } }
        const outcome = async (act?: (dialout: Dialout) => void): Promise<readonly [number, string | undefined]> => {
          const asked = talk.post(server.url, room, wish)
          if (act) act(await nextDialout(phones))
          const answer = await asked
          return [answer.status, textAt((await answer.json()) as Json, 'dialout', 'error', 'code')]
        }
        await using phones = await bridge(['start-dialout'])
        expect(await outcome((dialout) => refuseCall(phones, dialout, 'no_such_number'))).toEqual([
          502,
          'no_such_number',
        ])
        const busy = { callid: 'c-2', status: 'rejected' }
        expect(await outcome(({ request }) => reportCall(phones, room, busy, request))).toEqual([
          502,
          'unsupported_status',
        ])
        await phones.join(room)
        expect(await outcome()).toEqual([404, 'no_client_available'])
        for (const number of ['', '030', '+4', '+49 30']) {
          const answer = await talk.post(server.url, room, { type: 'dialout', dialout: { number } })
          expect(answer.status).toBe(400)
        }
        await ann.wire.untilQuiet()
      })

      test('[R2, R14] the transcription listens to those in the call and sends them what they say', async () => {
        const room = newRoom()
        await using ann = await person('ann', room)
        await using scribe = await startTranscription(server.socketUrl, talk.url(), room)
        const joined = await ann.wire.until((message) => joinedIds(message).includes(scribe.id))
        expect(joinEntries(joined)[0]).toMatchObject({ roomsessionid: scribe.id })
        expect(await ann.listed(scribe.id)).toMatchObject({ internal: true, inCall: 1 })
        const call = [{ sessionId: ann.roomSession, inCall: 3, nextcloudSessionId: ann.roomSession }]
        await post(room, { type: 'incall', incall: { incall: 3, changed: call, users: call } })
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

        await post(room, { type: 'incall', incall: { incall: 0, all: true } })
        const over = await scribe.wire.until((message) => at(message, 'event', 'update', 'all') === true)
        expect(at(over, 'event', 'update', 'incall')).toBe(0)
      })

      test('[R5] the transcription comes back and asks for its room again', async () => {
        const room = newRoom()
        await using ann = await person('ann', room)
        await using scribe = await startTranscription(server.socketUrl, talk.url(), room)
        await ann.wire.until((message) => joinedIds(message).includes(scribe.id))
        const before = scribe.id
        const answer = await scribe.returns('2.0')
        expect([answer['type'], scribe.id]).toEqual(['hello', before])
        scribe.say('incall', { incall: 1 }, 'incall')
        const again = await scribe.join(room, scribe.id)
        // It ends itself on any error, which is what the original gives it.
        if (isOurs) expect(again).toMatchObject({ type: 'room', room: { roomid: room } })
        else expect(textAt(again, 'error', 'code')).toBe('already_joined')
        ann.message({ type: 'session', sessionid: scribe.id }, 'back?')
        expect(at(await scribe.wire.until((message) => message['type'] === 'message'), 'message', 'data')).toBe('back?')
        // A second time it is as for everybody.
        expect(textAt(await scribe.join(room, scribe.id), 'error', 'code')).toBe('already_joined')
      })
    })
  })
}

/** As clients name their Nextcloud in the hello. */
const apiOf = (talk: StubTalk): string => `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
const joinEntries = (message: Json): readonly Json[] => {
  const entries = isEvent(message, 'room', 'join') ? at(message, 'event', 'join') : undefined
  return Array.isArray(entries) ? entries : []
}
const joinedIds = (message: Json): readonly string[] =>
  joinEntries(message).map((entry) => textAt(entry, 'sessionid') ?? '')
const leftIds = (message: Json): readonly Json[] => {
  const ids = at(message, 'event', 'leave')
  return Array.isArray(ids) ? ids : []
}
const isNamed = (entry: Json, userid: string): boolean => textAt(entry, 'userid') === userid

/** The entry of a session on a participants list. */
function entryFor(message: Json, session: string): Json | undefined {
  const users = isEvent(message, 'participants', 'update') ? at(message, 'event', 'update', 'users') : undefined
  return Array.isArray(users) ? users.find((user: Json) => textAt(user, 'sessionId') === session) : undefined
}

/** The new and the old state of the phone call, from the next news of it. */
async function nextStatus(wire: TalkClient): Promise<readonly (string | undefined)[]> {
  const set = await wire.until((message) => textAt(message, 'transient', 'key')?.startsWith('callstatus_') ?? false)
  return [textAt(set, 'transient', 'value', 'status'), textAt(set, 'transient', 'oldvalue', 'status')]
}
