/** How connections begin and end: limits, slow readers, and a server that stops. */
import { expect, test } from 'bun:test'
import { connect as connectTcp } from 'node:net'
import { connect, enter, happened, meet, startAdmissionServer, token } from '../../support/admission-server.ts'

test('a server that stops lets its clients come back by themselves, and leaves nobody behind', async () => {
  const server = await startAdmissionServer()
  const reasons: Promise<string>[] = []
  for (const transport of ['websocket', 'polling'] as const) {
    const { client } = await enter(connect(server.url, { transports: [transport] }))
    reasons.push(happened<string>(client, 'disconnect'))
  }
  await server[Symbol.asyncDispose]()
  // A client that is told "io server disconnect" would stay away.
  for (const reason of await Promise.all(reasons)) expect(reason).toMatch(/^transport (close|error)$/)
})

test('one address has as many connections as it may, by either transport', async () => {
  await using server = await startAdmissionServer('[http]\nmaxconnectionsperaddress = 2')
  const [first, second] = ['websocket', 'polling'].map((transport) => connect(server.url, { transports: [transport] }))
  if (!first || !second) throw new Error('two are needed')
  await Promise.all([happened(first, 'connect'), happened(second, 'connect')])
  const third = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)
  expect(third.status).toBe(429)
  // With the end of one there is room for another.
  second.disconnect()
  let again = third
  while (again.status === 429) again = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)
  expect(again.status).toBe(200)
  first.disconnect()
})

test('[J6] who does not read is disconnected, and nobody waits for him', async () => {
  await using server = await startAdmissionServer('eventrate = 0')
  await using first = await enter(connect(server.url, { transports: ['websocket'] }))
  // A client whose kernel stops taking bytes, because nobody reads them.
  const slow = connectTcp(server.port, '127.0.0.1')
  slow.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  let heard = ''
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const look = (): void => {
        const match = pattern.exec(heard)
        if (!match) return
        slow.off('data', listen)
        resolve(match)
      }
      const listen = (bytes: Buffer): void => {
        heard += bytes.toString('latin1')
        look()
      }
      slow.on('data', listen)
      look()
    })
  const say = (text: string): void => {
    const bytes = Buffer.from(text)
    const length = bytes.length < 126 ? [0x80 | bytes.length] : [0x80 | 126, bytes.length >> 8, bytes.length & 255]
    slow.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), bytes]))
  }
  await said(/0\{"sid"/)
  say(`40${JSON.stringify({ token })}`)
  const [, id = ''] = await said(/40\{"sid":"([^"]+)"/)
  say(`42["auth-request",{"token":"${token}"}]`)
  const [, auth = ''] = await said(/"auth-accept",\{"token":"([^"]+)"/)
  first.say('room-create-request', { room: 'den' })
  await first.heard('room-create-accept')
  say(`42["room-join-request",{"auth":"${auth}","room":"den"}]`)
  await first.heard('room-join-request')
  first.say('room-join-accept', { room: 'den', peer_id: id })
  await first.heard('room-user-join')
  slow.pause()
  const left = first.heard('room-user-leave')
  let isThere = true
  void left.then(() => {
    isThere = false
  })
  // Compressing does not help: the bytes are random.
  const sdp = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64')
  while (isThere) {
    first.say('relay-session-description', { room: 'den', to: id, session_description: { sdp } })
    // An answer of the server's: what was sent before it has been dealt with.
    first.say('room-join-request', { room: 'nowhere' })
    await first.heard('room-join-reject')
  }
  expect(await left).toMatchObject({ room: 'den', peer_id: id })
  expect(server.log()).toContain('admission-overflowed')
  slow.destroy()
}, 30_000)

test('[J42] a connection that is torn leaves its rooms', async () => {
  await using server = await startAdmissionServer()
  await using first = await enter(connect(server.url, { transports: ['websocket'] }))
  const torn = connect(server.url, { transports: ['polling'] })
  await using second = await enter(torn)
  await meet(first, second, 'den')
  torn.io.engine.close()
  expect(await first.heard('room-user-leave')).toEqual({ room: 'den', peer_id: second.id })
})
