/** What only a real socket shows: the upgrade, sizes, silence, and the flaws of the original. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { authenticate, type RelayUnderTest, startRelayServer } from '../../support/relay-server.ts'

describe('a relay', () => {
  let relay: RelayUnderTest
  beforeAll(async () => {
    relay = await startRelayServer()
  })
  afterAll(() => relay.stop())

  test.each([
    ['/websocket/den', 400],
    ['/websocket/den?x=1', 400],
    ['/websocket/%ff', 400],
    ['/websocket', 404],
    ['/websocket/', 404],
    ['/websocket/a/b', 404],
  ])('[L1, L2] GET %s without an upgrade is %d', async (path, status) => {
    const response = await fetch(relay.url + path)
    expect(response.status).toBe(status)
    if (status === 400) expect(await response.text()).toBe('')
  })

  test('[L2] neither is a POST, nor an upgrade to something else', async () => {
    const post = await fetch(`${relay.url}/websocket/den`, { method: 'POST', body: 'x' })
    const other = await fetch(`${relay.url}/websocket/den`, { headers: { upgrade: 'h2c', connection: 'upgrade' } })
    expect([post.status, await post.text(), other.status, await other.text()]).toEqual([400, '', 400, ''])
  })

  test('[L1] a name is percent-decoded and the query counts for nothing', async () => {
    await using ann = await relay.enter('ann', 'caf%C3%A9%20one?who=ann')
    await using ben = await relay.enter('ben', 'caf%c3%a9%20one')
    await ann.next()
    ben.say('hi')
    expect(await ann.next()).toBe('hi')
  })

  test('[L11] a burst of hundreds passes, in order', async () => {
    await using ann = await relay.enter('ann', 'burst')
    await using ben = await relay.enter('ben', 'burst')
    for (let number = 0; number < 700; number++) ann.say(`${number} ${'x'.repeat(number)}`)
    await ann.next()
    for (let number = 0; number < 700; number++) expect(String(await ben.next()).split(' ')[0]).toBe(String(number))
  })

  test('[L11] text of any kind arrives byte for byte', async () => {
    await using ann = await relay.enter('ann', 'bytes')
    await using ben = await relay.enter('ben', 'bytes')
    for (const text of ['{"a" : 1.0e2,"a":2', 'žluťoučký 🐴 \u0000 \u2028', 'x'.repeat(65_536)]) {
      ann.say(text)
      expect(await ben.next()).toBe(text)
    }
  })

  test('[L26] a longer message ends its connection, and the room hears of that', async () => {
    await using ann = await relay.enter('ann', 'long')
    await using ben = await relay.enter('ben', 'long')
    await ann.next()
    ben.say('ž'.repeat(32_769))
    // The runtime cuts such a connection without a close frame.
    expect([1006, 1009]).toContain((await ben.closed).code)
    expect(await ann.next()).toEqual({ event: 'left', data: { username: 'ben' } })
  })

  test('[L25] binary frames are ignored', async () => {
    await using ann = await relay.enter('ann', 'binary')
    await using ben = await relay.enter('ben', 'binary')
    ann.binary(new Uint8Array([1, 2, 3]))
    await ann.next()
    await ann.nothing()
    await ben.nothing()
  })

  test('[L12] a second authenticate leaks to nobody (the original relays the password)', async () => {
    await using ann = await relay.enter('ann', 'leak')
    await using ben = await relay.enter('ben', 'leak')
    ann.say(authenticate('ann', 'pw-ann'))
    await ann.next()
    await ann.nothing()
    await ben.nothing()
  })

  test('[L20] many who enter at once: exactly one is the creator (the original may have none)', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => relay.connect('race')))
    for (const client of clients) client.say(authenticate('ann', 'pw-ann'))
    const first = await Promise.all(clients.map((client) => client.next()))
    expect(first.filter((frame) => JSON.stringify(frame) === '{"event":"created"}')).toHaveLength(1)
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  })

  test('[L14] a client that closes with a code of its own is answered with it', async () => {
    await using ann = await relay.enter('ann', 'codes')
    const ben = await relay.enter('ben', 'codes')
    await ann.next()
    ben.close(4_321)
    expect((await ben.closed).code).toBe(4_321)
    expect(await ann.next()).toEqual({ event: 'left', data: { username: 'ben' } })
  })

  test('[L6] neither passwords nor names get into the everyday log', async () => {
    await using ann = await relay.connect('log')
    ann.say(authenticate('ann', 'a wrong secret'))
    ann.say(authenticate('ann', 'pw-ann'))
    await ann.next()
    await ann.next()
    expect(relay.log()).toContain('relay-joined')
    expect(relay.log()).not.toMatch(/a wrong secret|pw-ann/)
  })
})

test('[L5] who does not authenticate in time is closed with 1000 and no reason', async () => {
  await using relay = await startRelayServer('authtimeout = 0.05')
  const silent = await relay.connect()
  expect(await silent.closed).toEqual({ code: 1000, reason: '' })
})

describe('idle', () => {
  test('[L27] a client that answers our pings stays', async () => {
    await using relay = await startRelayServer('idletimeout = 0.2')
    await using ann = await relay.enter('ann')
    // Longer than the limit by any measure; that it is still there is shown by a round trip.
    await Bun.sleep(600)
    await ann.nothing()
  })

  test('[L27] a client that is not heard of is closed with 1000 and no reason', async () => {
    await using relay = await startRelayServer('idletimeout = 0.3')
    await using ann = await relay.enter('ann')
    const frames = await closeFrameOfSilent(relay.port)
    expect([...frames]).toEqual([0x88, 2, 1000 >> 8, 1000 & 255])
    await ann.nothing()
  })
})

/** Upgrades by hand and says nothing any more, not even a pong: the last frame that comes. */
async function closeFrameOfSilent(port: number): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  let received = Buffer.alloc(0)
  const request = [
    'GET /websocket/den HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n')
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data(_, bytes) {
        received = Buffer.concat([received, bytes])
      },
      close: () => resolve(received.subarray(-4)),
    },
  })
  return promise
}

describe('one answer for rooms and TURN', () => {
  test('[L6] an authurl is asked by name only; what fails is unauthorized; frames behind are handled after it [L7]', async () => {
    const asked: string[] = []
    const app = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const body = await request.text()
        asked.push(body)
        if (body.includes('broken')) return new Response('{}', { status: 500 })
        return body.includes('eve') ? new Response(null, { status: 403 }) : Response.json({ password: 'theirs' })
      },
    })
    await using relay = await startRelayServer(`authurl = http://127.0.0.1:${app.port}/auth`)
    await using ann = await relay.connect()
    await using ben = await relay.connect()
    ben.say(authenticate('ben', 'theirs'))
    expect(await ben.next()).toEqual({ event: 'created' })
    for (const name of ['eve', 'broken', 'ann']) ann.say(authenticate(name, name === 'ann' ? 'theirs' : 'a-password'))
    ann.say('right behind')
    expect([await ann.next(), await ann.next(), await ann.next()]).toEqual([
      { event: 'unauthorized' },
      { event: 'unauthorized' },
      { event: 'joined' },
    ])
    expect([await ben.next(), await ben.next()]).toEqual([{ event: 'joined' }, 'right behind'])
    expect(asked).toEqual(['ben', 'eve', 'broken', 'ann'].map((username) => JSON.stringify({ username })))
    await app.stop(true)
  })

  test('[L19] revision 2 hands out credentials that our TURN server made', async () => {
    const turn = '[turn-server]\nlisten = 127.0.0.1:0\nsecret = the-secret\nrelayaddress = 127.0.0.1\nworkers = 1'
    await using relay = await startRelayServer(`revision = 2\n${turn}`)
    await using ann = await relay.connect()
    ann.say(authenticate('ann', 'pw-ann'))
    const answer = JSON.parse(JSON.stringify(await ann.next()))
    const server = answer.data.iceServers.find(({ credential }: { credential?: string }) => credential)
    expect(server.username).toMatch(/^\d+:ann$/)
    expect(server.credential).toBe(createHmac('sha1', 'the-secret').update(server.username).digest('base64'))
    expect(server.urls[0]).toMatch(/^turn:127\.0\.0\.1:\d+\?transport=udp$/)
  })
})
