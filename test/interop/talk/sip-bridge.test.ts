/** A SIP bridge: phones that call in and phones that are called, with ours and with the originals. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Dialout, InternalClient } from '../../support/internal-client.ts'
import { nextDialout, openInternalClient, refuseCall, reportCall } from '../../support/internal-client.ts'
import { at, type Json, textAt } from '../../support/json.ts'
import { talkError } from '../../support/talk-answers.ts'
import type { TalkClient } from '../../support/talk-client.ts'
import {
  cannotRun,
  joinEntries,
  joinedIds,
  leftIds,
  openServicesStage,
  type ServicesStage,
  sides,
} from './services-stage.ts'

for (const side of sides) {
  const suite = `a SIP bridge with ${side.name}`
  describe.skipIf(cannotRun(suite, side))(suite, () => {
    let stage: ServicesStage
    beforeAll(async () => {
      stage = await openServicesStage(side)
    }, 30_000)
    afterAll(() => stage?.[Symbol.asyncDispose](), 30_000)

    const bridge = (features?: readonly string[]): Promise<InternalClient> =>
      openInternalClient(stage.server.socketUrl, { backend: stage.talk.url(), ...(features ? { features } : {}) })

    test('[R49] a phone comes into the room, speaks, is spoken to, and hangs up', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using phones = await bridge()
      await phones.join(room)
      await ann.listed(phones.id)
      const phone = { sessionid: 'phone-1', roomid: room }
      const user = { displayname: '+49 30 1234', type: 'phone', callid: 'call-1', number: '+49301234' }
      const options = { actorId: 'an-actor', actorType: 'phones' }
      phones.say('addsession', { ...phone, userid: 'phones/+49301234', user, flags: 1, options }, 'add')

      const asked = await stage.talk.request(({ type, text }) => type === 'room' && text.includes('an-actor'))
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
      const told = await stage.talk.request(
        ({ type, text, body }) => type === 'room' && text.includes(id) && textAt(body, 'room', 'action') === 'leave',
      )
      expect(at(told.body, 'room')).toMatchObject({ roomid: room, actorid: 'an-actor', actortype: 'phones' })
    })

    test('[R49] a phone without an actor comes in though Talk knows no such request', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using phones = await bridge()
      phones.say('addsession', { sessionid: 'phone-2', roomid: room, userid: 'plain' }, 'add')
      const joined = await ann.wire.until((message) =>
        joinEntries(message).some((entry) => textAt(entry, 'userid') === 'plain'),
      )
      const asked = await stage.talk.request(({ type, text }) => type === 'session' && text.includes('plain'))
      expect(textAt(asked.body, 'session', 'sessionid')).toBe(textAt(joinEntries(joined)[0], 'sessionid'))
      await ann.listed(textAt(asked.body, 'session', 'sessionid') ?? '')
      expect(await phones.wire.untilQuiet()).toEqual([])
    })

    test('[R49] what Talk refuses is told to the bridge, and nobody came', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using phones = await bridge()
      stage.talk.answerNext('room', talkError('no_such_room'), 'refused-actor')
      const options = { actorId: 'refused-actor', actorType: 'phones' }
      phones.say('addsession', { sessionid: 'phone-3', roomid: room, options }, 'refused')
      const answer = await phones.wire.until((message) => textAt(message, 'id') === 'refused')
      expect(textAt(answer, 'error', 'code')).toBe('add_failed')
      expect(await ann.wire.untilQuiet()).toEqual([])
    })

    test('[R49] the phones of a bridge stay while it comes back, and go with it', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
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
      if (side.is === 'ours') {
        for (const id of ids) {
          await stage.talk.request(
            ({ text, body }) => text.includes(id) && textAt(body, 'session', 'action') === 'remove',
          )
        }
      }
    })

    // What follows came after 0.4.1.
    if (side.is === '0.4.1') return

    test('[R15] Talk removes a phone from the conversation: the bridge is told to hang up', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using phones = await bridge(['internal-incall'])
      phones.say('addsession', { sessionid: 'phone-4', roomid: room, userid: 'hung-up', incall: 9 })
      const [id = ''] = joinedIds(await ann.event('room', 'join'))
      expect(await ann.listed(id)).toMatchObject({ virtual: true, inCall: 9 })
      phones.say('updatesession', { sessionid: 'phone-4', roomid: room, incall: 1 })
      expect(await ann.listed(id)).toMatchObject({ inCall: 1 })

      const elsewhere = stage.newRoom()
      expect(await stage.post(elsewhere, { type: 'disinvite', disinvite: { sessionids: [id] } })).toBe(200)
      expect(await stage.post(room, { type: 'disinvite', disinvite: { sessionids: [id] } })).toBe(200)
      const { control } = await phones.wire.until((message) => message['type'] === 'control')
      expect(at(control, 'recipient')).toEqual({ type: 'session', sessionid: 'phone-4', userid: 'hung-up' })
      expect(at(control, 'data')).toEqual({ type: 'hangup', hangup: { reason: 'disinvited' } })
      // Once: that it was removed from another room was nothing to hang up for.
      expect(await phones.wire.untilQuiet()).toEqual([])
      phones.say('removesession', { sessionid: 'phone-4', roomid: room })
      expect(leftIds(await ann.event('room', 'leave'))).toEqual([id])
    })

    test('[R19] a phone call is made: accepted, its state shared with the room, its end too', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      await using phones = await bridge(['start-dialout'])
      const wish = { type: 'dialout', dialout: { number: '+49301234', options: { attendeeId: 7, caller: '+4989' } } }
      const answer = stage.talk.post(stage.server.url, room, wish)
      const dialout = await nextDialout(phones)
      expect(dialout).toMatchObject({ room, number: '+49301234', options: wish.dialout.options })
      expect(dialout.backend).toBe(stage.talk.url())
      reportCall(phones, room, { callid: 'c-1', status: 'accepted' }, dialout.request)
      const answered = await answer
      expect([answered.status, await answered.json()]).toEqual([200, { type: 'dialout', dialout: { callid: 'c-1' } }])
      expect(await nextStatus(ann.wire)).toEqual(['accepted', undefined])

      reportCall(phones, room, { callid: 'c-1', status: 'ringing' })
      expect(await nextStatus(ann.wire)).toEqual(['ringing', 'accepted'])
      // Whoever comes in the middle of it learns of it.
      await using bob = await stage.person('bob', room)
      const isInitial = (message: Json) => textAt(message, 'transient', 'type') === 'initial'
      const initial = bob.wire.heard.find(isInitial) ?? (await bob.wire.until(isInitial))
      expect(textAt(initial, 'transient', 'data', 'callstatus_c-1', 'status')).toBe('ringing')
      reportCall(phones, room, { callid: 'c-1', status: 'connected' })
      expect(await nextStatus(ann.wire)).toEqual(['connected', 'ringing'])
      reportCall(phones, room, { callid: 'c-1', status: 'cleared', cause: 'normal' })
      expect(await nextStatus(ann.wire)).toEqual(['cleared', 'connected'])
    })

    test('[R19] a refusal, an answer that is none, and nobody who could', async () => {
      const room = stage.newRoom()
      await using ann = await stage.person('ann', room)
      const wish = { type: 'dialout', dialout: { number: '+49301234' } }
      const outcome = async (act?: (dialout: Dialout) => void): Promise<readonly [number, string | undefined]> => {
        const asked = stage.talk.post(stage.server.url, room, wish)
        if (act) act(await nextDialout(phones))
        const answer = await asked
        return [answer.status, textAt((await answer.json()) as Json, 'dialout', 'error', 'code')]
      }
      await using phones = await bridge(['start-dialout'])
      expect(await outcome((dialout) => refuseCall(phones, dialout, 'no_such_number'))).toEqual([502, 'no_such_number'])
      const busy = { callid: 'c-2', status: 'rejected' }
      expect(await outcome(({ request }) => reportCall(phones, room, busy, request))).toEqual([
        502,
        'unsupported_status',
      ])
      await phones.join(room)
      expect(await outcome()).toEqual([404, 'no_client_available'])
      for (const number of ['', '030', '+4', '+49 30']) {
        const answer = await stage.talk.post(stage.server.url, room, { type: 'dialout', dialout: { number } })
        expect(answer.status).toBe(400)
      }
      await ann.wire.untilQuiet()
    })
  })
}

/** The new and the old state of the phone call, from the next news of it. */
async function nextStatus(wire: TalkClient): Promise<readonly (string | undefined)[]> {
  const set = await wire.until((message) => textAt(message, 'transient', 'key')?.startsWith('callstatus_') ?? false)
  return [textAt(set, 'transient', 'value', 'status'), textAt(set, 'transient', 'oldvalue', 'status')]
}
