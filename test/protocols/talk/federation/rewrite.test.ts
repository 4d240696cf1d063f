/** What another server says in our words: properties that hold whatever it says, and the corners of the table. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { cloudsOf, localActor, localComment } from '../../../../src/protocols/talk/federation/clouds.ts'
import { rewritten } from '../../../../src/protocols/talk/federation/rewrite.ts'
import { inOwnName, type Names } from '../../../../src/protocols/talk/federation/rewriting.ts'
import { ServerMessage } from '../../../../src/protocols/talk/messages/index.ts'
import { type Json, type JsonObject, parseJson } from '../../../support/json.ts'

const [local, remote, ours] = ['L'.repeat(54), 'R'.repeat(54), 'O'.repeat(54)]
const clouds = cloudsOf('https://one.example/nc/', 'https://two.example/index.php/ocs/v2.php/apps')
const names: Names = {
  local,
  remote,
  room: { local: 'my den', remote: 'den' },
  clouds,
  isOurs: (id) => id === ours || id === local,
}
const say = (message: JsonObject) => rewritten(JSON.stringify(message), message, names)

test('a Nextcloud is called by its host and path, whatever URL of it is at hand', () => {
  expect(clouds).toEqual({
    local: 'one.example/nc',
    remote: 'two.example/index.php',
    localUrl: 'https://one.example/nc',
    remoteUrl: 'https://two.example/index.php',
  })
})

test('[R84] an actor is renamed and renamed back, and nobody else is touched', () => {
  const back = cloudsOf('https://two.example/index.php/', 'https://one.example/nc/')
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      fc.constantFrom('users', 'federated_users', 'guests', 'emails'),
      (id, type) => {
        const actor = { actorId: id, actorType: type, more: 1 }
        const there = localActor(actor, 'actorId', 'actorType', clouds)
        if (type === 'users') expect(localActor(there, 'actorId', 'actorType', back)).toEqual(actor)
        if (type === 'guests' || type === 'emails') expect(there).toBe(actor)
      },
    ),
  )
  for (const odd of [{}, { actorId: 7, actorType: 'users' }, { actorType: 'users' }, { actorId: 'a' }]) {
    expect(localActor(odd, 'actorId', 'actorType', clouds)).toBe(odd)
  }
})

test('[R84] a comment of any shape is no fault, and without names it stays as it is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (comment) => {
      const { token, actorId, lastEditActorId, messageParameters, parent, ...rest } = comment as Record<string, unknown>
      expect(localComment(rest, names.room, clouds)).toEqual(rest)
      localComment({ token, actorId, lastEditActorId, messageParameters, parent, ...rest }, names.room, clouds)
    }),
  )
})

test('[R84] participants keep the spelling of their ids', () => {
  const users = [{ sessionid: remote, x: 1 }, { sessionId: remote, x: 2 }, { sessionid: 'else' }]
  const said = say({
    type: 'event',
    event: { target: 'participants', type: 'update', update: { roomid: 'den', users } },
  })
  expect(said.ok && parseJson(said.text)).toMatchObject({
    event: { update: { users: [{ sessionid: local, x: 1 }, { sessionId: local, x: 2 }, { sessionid: 'else' }] } },
  })
  expect(said.ok && said.text).not.toContain(remote)
})

test('[R83] the own id is replaced where it is a text of its own, and nowhere else', () => {
  const text = JSON.stringify({ a: remote, [remote]: 1, c: `x${remote}`, d: `sd:${remote}`, e: `${remote}"` })
  expect(parseJson(inOwnName(text, names))).toEqual({
    a: local,
    [local]: 1,
    c: `x${remote}`,
    d: `sd:${local}`,
    e: `${remote}"`,
  })
  const dollars = { local: `$&${local}`, remote }
  expect(inOwnName(`"${remote}"`, dollars)).toBe(`"$&${local}"`)
})

const id = fc.constantFrom(remote, 'somebody', 'else')
const room = fc.constantFrom('den', 'den', 'den', 'attic', '')
// Now and then something of which no text can be made.
const any = fc.oneof({ weight: 9, arbitrary: fc.jsonValue({ maxDepth: 3 }) }, fc.constant({ toString: 1, valueOf: 1 }))
const messages = fc.oneof(
  fc.record({ type: fc.constantFrom('message', 'control'), message: any, control: any, id: any }),
  fc.record({
    type: fc.constant('message'),
    message: fc.record({
      sender: fc.record({ type: fc.constantFrom('session', 'user', 'room', 'call'), sessionid: id, userid: any }),
      recipient: any,
      data: any,
    }),
  }),
  fc.record({
    type: fc.constant('event'),
    event: fc.oneof(
      fc.record({
        target: fc.constant('room'),
        type: fc.constantFrom('join', 'leave', 'message', 'switchto'),
        join: fc.oneof(
          any,
          fc.array(fc.record({ sessionid: id, userid: any, user: any, features: any, federated: any }), {
            minLength: 1,
          }),
        ),
        leave: fc.oneof(any, fc.array(id, { minLength: 1 })),
        message: fc.record({ roomid: room, data: fc.oneof(any, fc.record({ type: fc.constant('chat'), chat: any })) }),
        switchto: fc.record({ roomid: room, details: any }),
      }),
      fc.record({
        target: fc.oneof(fc.constantFrom('roomlist', 'participants', 'x'), any),
        type: fc.oneof(fc.constantFrom('invite', 'update', 'disinvite', 'flags'), any),
        invite: fc.record({ roomid: room, properties: any }),
        disinvite: fc.record({ roomid: room, reason: any }),
        update: fc.record({
          roomid: room,
          properties: any,
          users: fc.oneof(any, fc.array(fc.record({ sessionId: id, actorId: any, actorType: fc.constant('users') }))),
          incall: any,
          all: any,
        }),
        flags: fc.record({ roomid: room, sessionid: id, flags: any }),
      }),
    ),
  }),
  fc.record({
    type: fc.constant('transient'),
    transient: fc.record({
      type: fc.constantFrom('set', 'remove', 'initial', 'x'),
      key: fc.oneof(any, id),
      value: any,
      data: fc.dictionary(fc.string(), any),
    }),
  }),
  fc.record({
    type: fc.constantFrom('error', 'room'),
    id: any,
    error: any,
    room: fc.record({ roomid: room, properties: any, bandwidth: any }),
  }),
)

test('[R90] whatever the other server says: what passes is a message of the protocol, about this room, of nobody here', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const said = say(message as JsonObject)
      if (!said.ok) return
      const passed: Json = parseJson(said.text)
      const checked = ServerMessage.safeParse(passed)
      if (!checked.success) throw new Error(`${said.text}\n${checked.error.message}`)
      const { data } = checked
      expect(['message', 'control', 'event', 'transient', 'error', 'room', 'dialout']).toContain(data.type)
      if (data.type === 'room') expect(['my den', '']).toContain(data.room.roomid)
      if (data.type === 'message') expect(data.message.sender.sessionid).not.toBe(remote)
    }),
    { numRuns: 500 },
  )
}, 60_000)

test('[R90] any text at all is read without a fault', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('message', 'event', 'room', 'transient', 'error', 'dialout'),
      (body, type) => {
        const message = { type, [type]: body } as JsonObject
        expect(typeof say(message).ok).toBe('boolean')
      },
    ),
  )
})
