/** Somebody of another Nextcloud in a room here: what he may do, and what Nextcloud and the others are told of him. */
import { expect, test } from 'bun:test'
import { RawJson } from '../../../../src/protocols/json-wire.ts'
import { featuresOf } from '../../../../src/protocols/talk/features.ts'
import { at } from '../../../support/json.ts'
import { type Client, clouds, codeOf, inShort, talkServer } from '../server.ts'

const eve = { actorId: 'eve@far.example', actorType: 'federated_users', displayname: 'Eve' }

/** A server whose Nextcloud knows federation and gave a token to Eve. */
function serverOf(userdata = JSON.stringify(eve)) {
  const server = talkServer({
    answering: (ask) =>
      ask.ask === 'identify'
        ? { answer: 'identified', userId: 'eve@far.example', user: userdata ? new RawJson(userdata) : undefined }
        : undefined,
  })
  const visit = (): Client => {
    const client = server.visitor()
    client.hello({ version: '2.0', auth: { type: 'federation', url: clouds.one, params: { token: 'signed' } } })
    return client
  }
  return { server, visit }
}

test('[R81] a session of another Nextcloud is counted and has what a client has', () => {
  const { server } = serverOf()
  const client = server.visitor()
  const [hello] = client.hello({
    version: '2.0',
    auth: { type: 'federation', url: clouds.small, params: { token: 'signed' } },
  })
  expect(at(hello, 'hello', 'server', 'features')).toEqual([...featuresOf(false).client])
  expect(at(hello, 'hello', 'userid')).toBe('eve@far.example')
  expect(server.talk.census().sessions).toEqual([{ backend: 'small', clienttype: 'federation', count: 1 }])
  const second = server.visitor()
  const answer = second.hello({ version: '2.0', auth: { url: clouds.small, params: { token: 'other' } } })
  expect(answer.map(codeOf)).toEqual(['session_limit_exceeded'])
})

test('[R82] Nextcloud is told as whom it knows him, the others that he is federated; he is pinged', () => {
  const { server, visit } = serverOf()
  const [a] = server.room(2)
  const guest = visit()
  guest.joins('den', 'seat of eve')
  const actor = { actorid: 'eve@far.example', actortype: 'federated_users' }
  const place = { version: '1.0', roomid: 'den', userid: 'eve@far.example', sessionid: 'seat of eve' }
  expect(server.asked()).toEqual([['room', { ...place, ...actor }]])
  expect(a.hears()).toMatchObject([{ event: { join: [{ sessionid: guest.id, user: eve, federated: true }] } }])

  server.world.pass(10_000)
  const pinged = server.world.asked.flatMap(({ ask }) => (ask.ask === 'ping' ? ask.rooms : []))
  expect(pinged.flatMap(({ entries }) => entries)).toContainEqual({
    sessionid: 'seat of eve',
    userid: 'eve@far.example',
  })
  server.asked()
  guest.leaves()
  expect(server.asked()).toEqual([['room', { ...place, action: 'leave', ...actor }]])
})

test('[R82] user data that name nobody are no fault', () => {
  for (const data of ['', '{"actorId":7,"actorType":"federated_users"}', '"eve"', '{}']) {
    const { server, visit } = serverOf(data)
    visit().joins('den', 'seat')
    expect(server.asked()).toEqual([
      ['room', { version: '1.0', roomid: 'den', userid: 'eve@far.example', sessionid: 'seat' }],
    ])
  }
})

test('[R81] when everybody is moved into the call, he is not', () => {
  const { server, visit } = serverOf()
  const [a] = server.room(1)
  const guest = visit()
  guest.joins('den')
  for (const one of [a, guest]) one.hears()
  server.request({ type: 'incall', incall: { incall: 1, all: true } })
  expect([inShort(a.hears()), inShort(guest.hears())]).toEqual([['event participants update'], []])
})
