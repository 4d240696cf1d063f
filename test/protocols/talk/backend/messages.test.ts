/** What Talk answers, in all the forms in which PHP writes it. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { z } from 'zod'
import { BackendReply, BackendRequest, readReply } from '../../../../src/protocols/talk/backend/messages.ts'

const ocs = (data: unknown, statuscode: unknown = 200): string =>
  JSON.stringify({ ocs: { meta: { status: 'ok', statuscode, message: 'OK' }, data } })

test('a user', () => {
  const body = '{"ocs":{"meta":{"statuscode":200},"data":{"type":"auth","auth":{"userid":"al","user":{"n": 1.0}}}}}'
  const reply = readReply(body, 'auth')
  expect(reply).toMatchObject({
    ok: true,
    value: { type: 'auth', auth: { userid: 'al', user: { text: '{"n": 1.0}' } } },
  })
})

test.each([[{ version: '1.0' }], [{ version: '1.0', userid: null, user: null }], [{ version: '1.0', userid: '' }]])(
  'a guest: %j',
  (auth) => {
    expect(readReply(ocs({ type: 'auth', auth }), 'auth')).toEqual({
      ok: true,
      value: { type: 'auth', auth: { userid: '', user: undefined } },
    })
  },
)

test('a user id of digits is text', () => {
  expect(readReply(ocs({ type: 'auth', auth: { userid: 4711 } }), 'auth')).toMatchObject({
    value: { auth: { userid: '4711' } },
  })
})

test('a room with everything', () => {
  const room = {
    version: '1.0',
    roomid: 'abc',
    properties: { name: 'Room' },
    session: { userid: 'guest-1', more: true },
    permissions: ['publish-audio', 'control'],
  }
  expect(readReply(ocs({ type: 'room', room }), 'room')).toEqual({
    ok: true,
    value: {
      type: 'room',
      room: {
        roomid: 'abc',
        properties: expect.objectContaining({ text: '{"name":"Room"}' }),
        session: { userid: 'guest-1', more: true },
        permissions: ['publish-audio', 'control'],
      },
    },
  })
})

test('a room with what PHP makes of empty things', () => {
  const room = { roomid: 'abc', properties: [], session: [], permissions: [] }
  const reply = readReply(ocs({ type: 'room', room }), 'room')
  expect(reply).toMatchObject({
    value: { room: { properties: { text: '{}' }, session: undefined, permissions: [] } },
  })
  const bare = readReply(ocs({ type: 'room', room: { roomid: 'abc', permissions: null, session: null } }), 'room')
  expect(bare).toMatchObject({ value: { room: { properties: undefined, session: undefined, permissions: undefined } } })
})

test('a list with gaps, which PHP writes as an object', () => {
  const room = { roomid: 'abc', permissions: { 0: 'publish-audio', 2: 'control' } }
  expect(readReply(ocs({ type: 'room', room }), 'room')).toMatchObject({
    value: { room: { permissions: ['publish-audio', 'control'] } },
  })
})

test('the reply to a ping is of type room', () => {
  expect(readReply(ocs({ type: 'room', room: { roomid: '' } }), 'ping').ok).toBe(true)
  expect(readReply(ocs({ type: 'room', room: { version: '1.0' } }), 'ping').ok).toBe(true)
})

test('the reply to a join has to name the room', () => {
  expect(readReply(ocs({ type: 'room', room: { version: '1.0' } }), 'room').ok).toBe(false)
})

test('a virtual session', () => {
  expect(readReply(ocs({ type: 'session', session: { version: '1.0', roomid: 'abc' } }), 'session').ok).toBe(true)
  expect(readReply(ocs({ type: 'session' }), 'session').ok).toBe(true)
})

test('a refusal passes code and message on', () => {
  const error = { code: 'invalid_ticket', message: 'The given ticket is not valid for this user.' }
  expect(readReply(ocs({ type: 'error', error }), 'auth')).toEqual({ ok: false, error: { fault: 'refused', ...error } })
  expect(readReply(ocs({ type: 'error', error: { code: 'no_such_room' } }), 'room')).toEqual({
    ok: false,
    error: { fault: 'refused', code: 'no_such_room', message: '' },
  })
})

test('statuscode 429 means throttled, whatever the data', () => {
  for (const data of [[], {}, null, { type: 'auth', auth: {} }]) {
    expect(readReply(ocs(data, 429), 'auth')).toEqual({ ok: false, error: { fault: 'throttled' } })
  }
})

test.each([
  ['', 'error_decoding_ocs'],
  ['<html>', 'error_decoding_ocs'],
  ['{"ocs":', 'error_decoding_ocs'],
  ['null', 'error_incomplete_ocs'],
  ['[]', 'error_incomplete_ocs'],
  ['{}', 'error_incomplete_ocs'],
  ['{"ocs":[]}', 'error_incomplete_ocs'],
  [ocs(null), 'error_incomplete_ocs'],
  [ocs([], 404), 'error_decoding_ocs_data'],
  [ocs([]), 'error_decoding_ocs_data'],
  [ocs('text'), 'error_decoding_ocs_data'],
  [ocs({}), 'error_decoding_ocs_data'],
  [ocs({ type: 'surprise' }), 'error_decoding_ocs_data'],
  [ocs({ type: 'auth' }), 'error_decoding_ocs_data'],
  [ocs({ type: 'auth', auth: { userid: {} } }), 'error_decoding_ocs_data'],
  [ocs({ type: 'room', room: { roomid: 'abc' } }), 'error_decoding_ocs_data'],
])('%s is unusable', (body, reason) => {
  expect(readReply(body, 'auth')).toMatchObject({ ok: false, error: { fault: 'unusable', reason } })
})

test('an envelope without meta will do', () => {
  expect(readReply('{"ocs":{"data":{"type":"auth","auth":{}}}}', 'auth').ok).toBe(true)
  expect(readReply(ocs({ type: 'auth', auth: {} }, 'ok'), 'auth').ok).toBe(true)
})

test('whatever comes, nothing is thrown', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((data) => ocs(data)),
  )
  fc.assert(fc.property(anything, (body) => void readReply(body, 'room')))
})

test('every message has a name and a description', () => {
  for (const { options } of [BackendRequest, BackendReply]) {
    for (const schema of options) {
      expect(schema.meta()?.id).toMatch(/^backend-/)
      expect(schema.meta()?.description).toBeString()
      expect(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))).toContain('"type":"object"')
    }
  }
})
