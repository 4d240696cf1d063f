import { afterAll, beforeAll, expect, test } from 'bun:test'
import { answer, type StubBackend, startStubBackend } from '../../src/bench/stub-backend.ts'

let stub: StubBackend

beforeAll(async () => {
  stub = await startStubBackend(0)
})

afterAll(() => stub.stop())

test('the worker answers an auth request in an OCS envelope', async () => {
  const body = JSON.stringify({ type: 'auth', auth: { version: '1.0', params: { userid: 'me' } } })
  const reply = await fetch(`${stub.url}ocs/v2.php/apps/spreed/api/v1/signaling/backend`, { method: 'POST', body })
  expect(await reply.json()).toMatchObject({
    ocs: { meta: { statuscode: 200 }, data: { type: 'auth', auth: { version: '1.0', userid: 'me' } } },
  })
})

test('capabilities have a part of Talk, and every other page is missing', async () => {
  const reply = await fetch(`${stub.url}ocs/v2.php/cloud/capabilities`)
  expect(await reply.json()).toMatchObject({
    ocs: { data: { capabilities: { spreed: { features: expect.any(Array) } } } },
  })
  expect((await fetch(stub.url)).status).toBe(404)
})

test('room, ping and session are answered with their room, anything else is refused', () => {
  expect(answer({ type: 'room', room: { roomid: 'r' } })).toMatchObject({ type: 'room', room: { roomid: 'r' } })
  expect(answer({ type: 'ping', ping: { roomid: '' } })).toMatchObject({ type: 'room', room: { roomid: '' } })
  expect(answer({ type: 'session', session: { roomid: 'r' } })).toMatchObject({ type: 'session' })
  expect(answer(null)).toMatchObject({ type: 'error', error: { code: 'unknown_type' } })
})
