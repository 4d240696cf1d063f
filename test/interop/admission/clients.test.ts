/** The clients of Socket.IO that pages have: those of 4 and 3, by both transports. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { io as io3 } from 'socket.io-client-3'
import {
  type AnyClient,
  connect,
  enter,
  happened,
  meet,
  met,
  startAdmissionServer,
  token,
} from '../../support/admission-server.ts'
import type { ServerInProcess } from '../../support/server-in-process.ts'

let server: ServerInProcess
beforeAll(async () => {
  server = await startAdmissionServer('eventrate = 0')
})
afterAll(() => server[Symbol.asyncDispose]())

const ways: readonly (readonly ('polling' | 'websocket')[])[] = [['websocket'], ['polling'], ['polling', 'websocket']]
const generations = {
  4: (transports: readonly string[]): AnyClient => connect(server.url, { transports: [...transports] }),
  3: (transports: readonly string[]): AnyClient =>
    io3(server.url, { transports: [...transports], auth: { token }, forceNew: true, reconnection: false }),
} as const

for (const [generation, create] of Object.entries(generations)) {
  describe(`socket.io-client ${generation}`, () => {
    for (const [index, transports] of ways.entries()) {
      test(`[J2] by ${transports.join(', then ')}: a room, its door, and a candidate`, async () => {
        await using first = await enter(create(transports))
        await using second = await enter(create(transports))
        const room = `den ${generation} ${index}`
        expect(await meet(first, second, room)).toEqual(met(first, second, room))
        second.client.disconnect()
        expect(await first.heard('room-user-leave')).toEqual({ room, peer_id: second.id })
      })
    }
  })
}

test('[J2] a connection that began by polling becomes a WebSocket', async () => {
  const client = connect(server.url)
  await happened(client, 'connect')
  if (client.io.engine.transport.name === 'polling') await happened(client.io.engine, 'upgrade')
  expect(client.io.engine.transport.name).toBe('websocket')
  client.disconnect()
})

test('[J3] messages are not compressed', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  expect(socket.extensions).toBe('')
  socket.close()
})

test('[J22] acknowledgements come', async () => {
  const client = connect(server.url, { transports: ['websocket'] })
  await using session = await enter(client)
  const created = await client.emitWithAck('room-create-request', { auth: session.token, room: 'attic' })
  expect(created).toEqual({ ok: true, event: 'room-create-accept', room: 'attic' })
})

test('[J20] a session comes with ICE servers', async () => {
  await using own = await startAdmissionServer('[turn]\nservers = turn:192.0.2.1:3478\nsecret = s\napikey = k')
  const client = connect(own.url, { transports: ['websocket'] })
  await happened(client, 'connect')
  client.emit('auth-request', { token })
  const { iceServers } = await happened(client, 'auth-accept')
  expect(iceServers).toEqual([
    {
      urls: ['turn:192.0.2.1:3478'],
      username: expect.stringMatching(new RegExp(`^\\d+:${client.id}$`)),
      credential: expect.any(String),
    },
  ])
  client.disconnect()
})

describe('who has no good token', () => {
  test.each(ways.slice(0, 2).map((transports) => ({ transports })))(
    '[J1] is told so at once: $transports',
    async ({ transports }) => {
      for (const auth of [
        {},
        { token: 'x' },
        { token: 5 },
        { token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.bm8=.00' },
      ]) {
        const client = connect(server.url, { transports: [...transports], auth })
        expect((await happened<Error>(client, 'connect_error')).message).toBe('Token is not valid')
        client.disconnect()
      }
    },
  )

  test('[J3] and who wants another namespace', async () => {
    const client = connect(`${server.url}/cluster`, { transports: ['websocket'] })
    expect((await happened<Error>(client, 'connect_error')).message).toBe('Invalid namespace')
    client.disconnect()
  })
})
