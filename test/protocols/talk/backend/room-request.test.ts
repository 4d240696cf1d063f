/** What Talk asks us to do with a room, in all the forms in which PHP writes it. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { z } from 'zod'
import { RoomRequest, readRoomRequest } from '../../../../src/protocols/talk/backend/room-request.ts'

const read = (body: unknown) => readRoomRequest(typeof body === 'string' ? body : JSON.stringify(body))
const value = (body: unknown) => {
  const result = read(body)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

test('invite, disinvite, update: lists of users and raw properties', () => {
  expect(value('{"type":"invite","invite":{"userids":["a"],"alluserids":["a","b"],"properties":{"n": 1.50}}}')).toEqual(
    {
      type: 'invite',
      invite: { userids: ['a'], alluserids: ['a', 'b'], properties: expect.objectContaining({ text: '{"n": 1.50}' }) },
    },
  )
  expect(value({ type: 'disinvite', disinvite: { userids: ['a'], sessionids: ['s'], properties: [] } })).toMatchObject({
    disinvite: { userids: ['a'], sessionids: ['s'], alluserids: [], properties: { text: '{}' } },
  })
  expect(value({ type: 'update', update: { userids: null, properties: null } })).toEqual({
    type: 'update',
    update: { userids: [], properties: undefined },
  })
})

test('user ids that PHP made numbers, and lists that it made objects', () => {
  expect(value({ type: 'delete', delete: { userids: { 0: 'a', 3: 4711 } } })).toEqual({
    type: 'delete',
    delete: { userids: ['a', '4711'] },
  })
})

test.each([
  { type: 'delete' },
  { type: 'delete', delete: null },
  { type: 'delete', delete: [] },
  { type: 'delete', delete: {} },
  { type: 'delete', delete: { userids: [] }, received: 12, new: { from: 'a later version' } },
])('a body without fields: %j', (body) => {
  expect(value(body)).toEqual({ type: 'delete', delete: { userids: [] } })
})

test('incall is a number, or in old versions true or false', () => {
  const flags = (incall: unknown) => value({ type: 'incall', incall: { incall } })
  expect(flags(7)).toMatchObject({ incall: { incall: 7 } })
  expect(flags(true)).toMatchObject({ incall: { incall: 1 } })
  expect(flags(false)).toMatchObject({ incall: { incall: 0 } })
  expect(flags(null)).toMatchObject({ incall: { incall: undefined } })
})

test('all is true or false, also as a number', () => {
  const all = (given: unknown) => value({ type: 'incall', incall: { incall: 0, all: given } })
  expect(all(true)).toMatchObject({ incall: { all: true } })
  expect(all(1)).toMatchObject({ incall: { all: true } })
  expect(all(undefined)).toMatchObject({ incall: { all: false } })
})

test('participants: whoever is not in the room is left out, further fields stay', () => {
  const users = [
    { sessionId: '0', userId: 'absent' },
    { userId: 'nowhere' },
    { sessionId: 0 },
    { sessionId: 's1', inCall: 3, lastPing: 12, participantPermissions: 254 },
  ]
  expect(value({ type: 'incall', incall: { incall: 3, changed: users, users } })).toMatchObject({
    incall: { changed: [users[3]], users: [users[3]] },
  })
})

test('users may be left out (changed-users), which is not the same as nobody', () => {
  const users = (participants: unknown) => {
    const request = value({ type: 'participants', participants })
    return request.type === 'participants' ? request.participants.users : 'not participants'
  }
  expect(users({ changed: [] })).toBeUndefined()
  expect(users({ users: null })).toBeUndefined()
  expect(users({ users: [] })).toEqual([])
})

test('permissions are a list of names; something else is none', () => {
  const changed = [
    { sessionId: 'a', permissions: ['control'] },
    { sessionId: 'b', permissions: { 1: 'publish-audio' } },
    { sessionId: 'c', permissions: null },
    { sessionId: 'd', permissions: 'everything' },
  ]
  const request = value({ type: 'participants', participants: { changed } })
  if (request.type !== 'participants') throw new Error('not participants')
  expect(request.participants.changed.map(({ permissions }) => permissions)).toEqual([
    ['control'],
    ['publish-audio'],
    undefined,
    undefined,
  ])
})

test('message: its data as it came', () => {
  expect(value('{"type":"message","message":{"data":{"chat": {"refresh":true},"n":1e3}}}')).toMatchObject({
    message: { data: { text: '{"chat": {"refresh":true},"n":1e3}' } },
  })
  expect(value({ type: 'message', message: {} })).toMatchObject({ message: { data: undefined } })
})

test('switchto: a list of sessions, or sessions with details', () => {
  const list = value({ type: 'switchto', switchto: { roomid: 'new', sessions: ['a', '0', 'b'] } })
  expect(list).toEqual({
    type: 'switchto',
    switchto: {
      roomid: 'new',
      sessions: new Map([
        ['a', undefined],
        ['b', undefined],
      ]),
    },
  })
  const map = value({ type: 'switchto', switchto: { roomid: 'new', sessions: { a: { x: 1 }, b: null, 0: {} } } })
  if (map.type !== 'switchto') throw new Error('not switchto')
  expect([...map.switchto.sessions].map(([id, details]) => [id, details?.text])).toEqual([
    ['a', '{"x":1}'],
    ['b', undefined],
  ])
  expect(value({ type: 'switchto', switchto: { roomid: 'new', sessions: [] } })).toMatchObject({
    switchto: { sessions: new Map() },
  })
})

test('dialout: the number is looked at later, for it has errors of its own', () => {
  expect(value({ type: 'dialout', dialout: { number: '+491234', options: { a: 1 } } })).toMatchObject({
    dialout: { number: '+491234', options: { text: '{"a":1}' } },
  })
  expect(value({ type: 'dialout', dialout: {} })).toEqual({
    type: 'dialout',
    dialout: { number: '', options: undefined },
  })
})

test('what cannot be read says why', () => {
  expect(read('{')).toEqual({ ok: false, error: { fault: 'no JSON' } })
  expect(read('[]')).toEqual({ ok: false, error: { fault: 'unknown type', type: '' } })
  expect(read('null')).toEqual({ ok: false, error: { fault: 'unknown type', type: '' } })
  expect(read({ type: 7 })).toEqual({ ok: false, error: { fault: 'unknown type', type: '' } })
  expect(read({ type: 'explode' })).toEqual({ ok: false, error: { fault: 'unknown type', type: 'explode' } })
  expect(read({ type: 'toString' })).toEqual({ ok: false, error: { fault: 'unknown type', type: 'toString' } })
  expect(read({ type: 'invite', invite: { userids: 'all' } })).toMatchObject({ error: { fault: 'invalid' } })
  expect(read({ type: 'switchto' })).toMatchObject({ error: { fault: 'invalid' } })
})

test('whatever comes, nothing is thrown', () => {
  const types = fc.constantFrom(...RoomRequest.options.map(({ shape }) => shape.type.value))
  const shaped = fc
    .tuple(
      types,
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('userids', 'users', 'changed', 'sessions', 'data', 'incall'), fc.jsonValue()),
    )
    .map(([type, other, body]) => JSON.stringify({ type, [type]: body, other }))
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), shaped), (body) => void readRoomRequest(body)))
})

test('every request has a name and a description, and a schema for the reference page', () => {
  for (const schema of RoomRequest.options) {
    const { id, description } = schema.meta() ?? {}
    expect(id).toBe(`room-${schema.shape.type.value}`)
    expect(description).toBeString()
    const page = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    expect(JSON.stringify(page)).toMatch(new RegExp(`"${schema.shape.type.value}":{[^{}]*({}[^{}]*)?"properties"`))
  }
})
