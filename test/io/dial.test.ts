/** Our WebSocket client against real sockets: a good server, and hostile ones. */
import { afterEach, describe, expect, test } from 'bun:test'
import { type DialFailure, type Dialled, type DialTarget, dial } from '../../src/io/dial.ts'
import { frameBytes, opcodes } from '../io/raw/frames.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { freePort } from '../support/free-port.ts'
import { type RawServer, type RawServerOptions, startRawServer, switching } from '../support/raw-server.ts'
import { expiredSelfSigned, type SelfSigned, selfSigned } from '../support/self-signed.ts'

const clean: (() => void)[] = []
afterEach(() => {
  for (const end of clean.splice(0).reverse()) end()
})

interface Call {
  readonly dialled: Dialled
  readonly texts: readonly string[]
  /** Resolves when it is open; fails when it is closed before. */
  readonly opened: Promise<void>
  readonly closed: Promise<DialFailure>
  /** How often it was closed. */
  closes(): number
  text(count: number): Promise<string>
}

function call(url: string, changes: Partial<DialTarget> = {}): Call {
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<DialFailure>()
  opened.promise.catch(() => {})
  const texts: string[] = []
  let heard = Promise.withResolvers<void>()
  let closes = 0
  const dialled = dial(
    { url, timeout: 5_000, longestMessage: 10_000, ...changes },
    {
      opened: opened.resolve,
      text(text) {
        texts.push(text)
        heard.resolve()
        heard = Promise.withResolvers()
      },
      closed(failure) {
        closes++
        closed.resolve(failure)
        opened.reject(new Error(`${failure.why}: ${failure.detail}`))
      },
    },
  )
  clean.push(() => dialled.close())
  return {
    dialled,
    texts,
    opened: opened.promise,
    closed: closed.promise,
    closes: () => closes,
    async text(count) {
      while (texts.length < count) await heard.promise
      return texts[count - 1] ?? ''
    },
  }
}

function raw(options: RawServerOptions = {}): RawServer & { readonly url: string } {
  const server = startRawServer(options)
  clean.push(() => server[Symbol.dispose]())
  return { ...server, url: `${options.tls ? 'wss://localhost' : 'ws://127.0.0.1'}:${server.port}/spreed?a=b` }
}

/** A server of another make, which says back what it hears. */
function echo(tls?: SelfSigned): string {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    ...(tls ? { tls: { key: tls.key, cert: tls.cert } } : {}),
    fetch: (request, bun) => (bun.upgrade(request) ? undefined : new Response('no', { status: 400 })),
    websocket: {
      maxPayloadLength: 2_000_000,
      message: (socket, text) => void socket.send(text),
      close: () => {},
    },
  })
  clean.push(() => void server.stop(true))
  return `${tls ? 'wss' : 'ws'}://localhost:${server.port}/`
}

describe('a good server', () => {
  test('messages of every length go there and back', async () => {
    const one = call(echo(), { longestMessage: 1_000_000 })
    await one.opened
    for (const [index, length] of [1, 125, 126, 65_535, 65_536, 900_000].entries()) {
      const text = 'é'.repeat(length / 2)
      expect(one.dialled.send(text)).toBe(true)
      expect(await one.text(index + 1)).toBe(text)
    }
    one.dialled.close(1000, 'done')
    await one.dialled.gone
    expect(one.dialled.send('late')).toBe(false)
    expect(one.closes()).toBe(0)
  })

  test('is told host, path, subprotocol and headers', async () => {
    const server = raw({ answer: (head) => switching(head, ['Sec-WebSocket-Protocol: janus-protocol']) })
    const one = call(server.url, { subprotocol: 'janus-protocol', headers: { 'X-Own': 'yes' } })
    await one.opened
    const head = (await server.next()).head()
    expect(head).toStartWith('GET /spreed?a=b HTTP/1.1\r\n')
    expect(head).toContain(`Host: 127.0.0.1:${server.port}`)
    expect(head).toContain('Sec-WebSocket-Protocol: janus-protocol')
    expect(head).toContain('X-Own: yes')
  })

  test('everything sent arrives before the farewell', async () => {
    const server = raw()
    const one = call(server.url)
    await one.opened
    const peer = await server.next()
    const text = 'x'.repeat(500_000)
    for (let turn = 0; turn < 5; turn++) expect(one.dialled.send(text)).toBe(true)
    one.dialled.close(4001, 'enough')
    await Promise.all([peer.gone, one.dialled.gone])
    expect(peer.frames.map(({ opcode, bytes }) => [opcode, bytes.length])).toEqual([
      ...new Array(5).fill([opcodes.text, 500_000]),
      [opcodes.close, 8],
    ])
    expect(peer.frames.at(-1)?.bytes.readUInt16BE(0)).toBe(4001)
  })

  test('what is said in one breath arrives in one piece, more than may wait in several', async () => {
    const server = raw()
    const one = call(server.url, { longestQueue: 100_000 })
    await one.opened
    const peer = await server.next()
    const before = peer.pieces()
    for (let turn = 0; turn < 50; turn++) one.dialled.send(`candidate ${turn}`)
    one.dialled.send('last')
    while (peer.frames.at(-1)?.text !== 'last') await Bun.sleep(1)
    expect(peer.pieces() - before).toBe(1)
    expect(peer.frames).toHaveLength(51)
    for (let turn = 0; turn < 10; turn++) expect(one.dialled.send('x'.repeat(40_000))).toBe(true)
    one.dialled.close()
    await peer.gone
    expect(peer.frames).toHaveLength(62)
  })

  test('says farewell with a code; its farewell is answered', async () => {
    const server = raw()
    const one = call(server.url)
    await one.opened
    const peer = await server.next()
    peer.say(Buffer.from([4000 >> 8, 4000 & 255, ...Buffer.from('bye')]), { opcode: opcodes.close })
    expect(await one.closed).toEqual({ why: 'closed', detail: 'bye', code: 4000 })
    await peer.gone
    await one.dialled.gone
    expect(peer.frames.map(({ opcode, bytes }) => [opcode, bytes.readUInt16BE(0)])).toEqual([[opcodes.close, 4000]])
    expect(one.closes()).toBe(1)
  })

  test('what it says right behind the handshake is heard; pings are answered', async () => {
    const server = raw({ answer: (head) => `${switching(head)}\x81\x02hi\x89\x01p` })
    const one = call(server.url)
    expect(await one.text(1)).toBe('hi')
    const peer = await server.next()
    one.dialled.close()
    await peer.gone
    expect(peer.frames.map(({ opcode, text }) => [opcode, text]).slice(0, 1)).toEqual([[opcodes.pong, 'p']])
  })

  test('a vanished one is noticed', async () => {
    const server = raw()
    const one = call(server.url)
    await one.opened
    ;(await server.next()).end()
    expect((await one.closed).why).toBe('network')
    expect(one.dialled.send('x')).toBe(false)
  })

  test('one that is there but silent is noticed', async () => {
    const one = call(raw().url, { pingEvery: 20 })
    await one.opened
    expect(await one.closed).toEqual({ why: 'network', detail: 'the other end keeps silent' })
  })

  test('one that answers pings stays', async () => {
    const one = call(echo(), { pingEvery: 250 })
    await one.opened
    // Three turns: whoever had not answered would be cut after two.
    await Bun.sleep(800)
    expect(one.closes()).toBe(0)
    one.dialled.send('still here')
    expect(await one.text(1)).toBe('still here')
  })
})

describe('the handshake', () => {
  const refusal = async (answer: (head: string) => string | undefined, changes: Partial<DialTarget> = {}) => {
    const server = raw({ answer })
    const one = call(server.url, changes)
    const failure = await one.closed
    await one.dialled.gone
    expect(one.closes()).toBe(1)
    expect(failure.why).toBe('network')
    return failure.detail
  }

  test('a redirect is not followed, nor is any other answer one', async () => {
    const to = raw()
    const redirect = `HTTP/1.1 302 Found\r\nLocation: ${to.url}\r\nContent-Length: 0\r\n\r\n`
    expect(await refusal(() => redirect)).toBe('answered with status 302')
    expect(await refusal(() => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')).toBe('answered with status 200')
    expect(await refusal(() => 'SSH-2.0-OpenSSH\r\n\r\n')).toBe('no HTTP/1.1 answer')
  })

  test('an answer to another question, in parts, or with what nobody asked for', async () => {
    expect(await refusal(() => switching('Sec-WebSocket-Key: other'))).toBe('the answer is not to this question')
    const drop = (head: string, line: RegExp) => switching(head).replace(line, 'X: y')
    expect(await refusal((head) => drop(head, /Upgrade: websocket/))).toBe('the answer upgrades to something else')
    expect(await refusal((head) => drop(head, /Connection: Upgrade/))).toBe('the answer does not upgrade')
    const deflate = ['Sec-WebSocket-Extensions: permessage-deflate']
    expect(await refusal((head) => switching(head, deflate))).toContain('extension')
    const protocol = ['Sec-WebSocket-Protocol: chat']
    expect(await refusal((head) => switching(head, protocol))).toContain('subprotocol')
    expect(await refusal((head) => switching(head, protocol), { subprotocol: 'janus' })).toContain('subprotocol')
  })

  test('a head that never ends', async () => {
    expect(await refusal(() => `HTTP/1.1 101 x\r\n${'X: y\r\n'.repeat(5_000)}`)).toBe(
      'the head of the answer is too long',
    )
  })

  test('no answer, half an answer, and a farewell in place of one', async () => {
    expect(await refusal(() => undefined, { timeout: 50 })).toBe('no answer in time')
    expect(await refusal(() => 'HTTP/1.1 101 Swi', { timeout: 50 })).toBe('no answer in time')
    const server = raw({ answer: () => undefined })
    const one = call(server.url)
    ;(await server.next()).end()
    expect((await one.closed).why).toBe('network')
  })

  test('nothing is heard of one that was given up', async () => {
    const server = raw({ answer: () => undefined })
    const [early, later] = [call(server.url), call(server.url)]
    early.dialled.close()
    await server.next()
    later.dialled.close()
    await Promise.all([early.dialled.gone, later.dialled.gone])
    expect([early.closes(), later.closes()]).toEqual([0, 0])
    expect([early.dialled.send('x'), later.dialled.send('x')]).toEqual([false, false])
  })

  test('URLs and headers that cannot be', async () => {
    for (const url of ['', 'nonsense', 'ftp://127.0.0.1/', 'file:///etc/passwd']) {
      const one = call(url)
      // Whoever dials has nothing yet that could be closed.
      expect(one.closes()).toBe(0)
      expect(await one.closed).toEqual({ why: 'network', detail: 'not the URL of a WebSocket' })
    }
    const split = call(raw().url, { headers: { 'X-A': 'b\r\nX-C: d' } })
    expect((await split.closed).detail).toContain('X-A has an unusable value')
  })
})

describe('a hostile server', () => {
  const said = async (
    say: (peer: Awaited<ReturnType<RawServer['next']>>) => void,
    changes: Partial<DialTarget> = {},
  ) => {
    const server = raw()
    const one = call(server.url, changes)
    await one.opened
    const peer = await server.next()
    say(peer)
    const failure = await one.closed
    await Promise.all([peer.gone, one.dialled.gone])
    expect(one.closes()).toBe(1)
    const [close] = peer.frames.filter(({ opcode }) => opcode === opcodes.close)
    return { failure, code: close?.bytes.readUInt16BE(0), texts: one.texts }
  }

  test('a message that is too long, or says so, or comes in frames without end', async () => {
    expect((await said((peer) => peer.say('x'.repeat(10_001)))).code).toBe(1009)
    expect((await said((peer) => peer.say('', { claims: 2n ** 62n }))).code).toBe(1009)
    const endless = await said((peer) => {
      peer.say('x', { fin: false })
      for (let turn = 0; turn < 11; turn++) peer.say('x'.repeat(1_000), { fin: false, opcode: opcodes.continuation })
    })
    expect(endless).toEqual({
      code: 1009,
      failure: { why: 'network', detail: 'a message is longer than 10000 bytes' },
      texts: [],
    })
  })

  test('pings and pongs without end: they cost us as much as messages', async () => {
    for (const opcode of [opcodes.ping, opcodes.pong]) {
      const server = raw()
      const one = call(server.url)
      await one.opened
      const peer = await server.next()
      const many = Buffer.concat(Array.from({ length: 1_001 }, () => frameBytes('', { opcode, masked: false })))
      peer.write(many)
      expect(await one.closed).toEqual({ why: 'network', detail: 'pings or pongs without end' })
    }
  })

  test('so many of them between two pings of ours are no fault', async () => {
    const server = raw()
    const one = call(server.url)
    await one.opened
    const ping = frameBytes('', { opcode: opcodes.ping, masked: false })
    ;(await server.next()).write(
      Buffer.concat([...Array.from({ length: 1_000 }, () => ping), frameBytes('still here', { masked: false })]),
    )
    expect(await one.text(1)).toBe('still here')
    expect(one.closes()).toBe(0)
  })

  test('binary and masked frames, and garbage', async () => {
    expect((await said((peer) => peer.say('x', { opcode: opcodes.binary }))).code).toBe(1003)
    expect((await said((peer) => peer.say('x', { masked: true }))).code).toBe(1002)
    const garbage = await said((peer) => peer.write(Buffer.alloc(5_000, 0xf7)))
    expect(garbage.code).toBe(1002)
  })

  test('what follows a fault is not heard', async () => {
    const { texts } = await said((peer) => {
      peer.say('before')
      peer.say('x', { opcode: opcodes.binary })
      peer.say('behind')
    })
    expect(texts).toEqual(['before'])
  })

  test('one that does not read is cut when the queue is full', async () => {
    const server = raw()
    const one = call(server.url, { longestQueue: 1_000_000 })
    await one.opened
    const peer = await server.next()
    peer.pause()
    const text = 'x'.repeat(100_000)
    let sent = 0
    while (one.dialled.send(text) && sent < 10_000) sent++
    expect(one.closes()).toBe(0)
    expect(await one.closed).toEqual({ why: 'network', detail: 'the other end does not read' })
    expect(sent).toBeLessThan(10_000)
    await one.dialled.gone
  })
})

describe('where it connects to', () => {
  test('an address that is forbidden, by name and as such', async () => {
    const server = raw()
    const asked: string[] = []
    const mayReach = (address: string) => {
      asked.push(address)
      return false
    }
    const byName = call(`ws://localhost:${server.port}/`, { mayReach })
    expect((await byName.closed).why).toBe('forbidden')
    const asSuch = call(server.url, { mayReach })
    expect((await asSuch.closed).why).toBe('forbidden')
    const pinned = call('ws://example.org/', { address: '127.0.0.1', mayReach })
    expect((await pinned.closed).why).toBe('forbidden')
    expect(asked).toContain('127.0.0.1')
    expect(asked.every((address) => address === '127.0.0.1' || address === '::1')).toBe(true)
  })

  test('an address in other words is the same address', async () => {
    const asked: string[] = []
    const mayReach = (address: string) => {
      asked.push(address)
      return false
    }
    for (const host of ['2130706433', '0x7f.1', '[::ffff:127.0.0.1]']) {
      expect((await call(`ws://${host}/`, { mayReach }).closed).why).toBe('forbidden')
    }
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1', '::ffff:7f00:1'])
  })

  test('an address in place of what the DNS says; the host stays', async () => {
    const server = raw()
    const one = call(`ws://proxy.invalid:${server.port}/`, { address: '127.0.0.1' })
    await one.opened
    expect((await server.next()).head()).toContain(`Host: proxy.invalid:${server.port}`)
  })

  test('a name without an address, and a port where nobody is', async () => {
    const nobody = await call('ws://nobody.invalid/').closed
    expect(nobody.why).toBe('network')
    expect(nobody.detail).toStartWith('nobody.invalid has no address')
    expect((await call(`ws://127.0.0.1:${await freePort()}/`).closed).why).toBe('network')
  })
})

describe.skipIf(notRunnable('TLS of the WebSocket client', debian.openssl))('TLS', () => {
  const localhost = selfSigned()

  test('a good certificate', async () => {
    const one = call(echo(localhost), { authorities: localhost.cert })
    await one.opened
    one.dialled.send('secret')
    expect(await one.text(1)).toBe('secret')
  })

  test('one that nobody vouches for, unless that does not matter', async () => {
    const url = echo(localhost)
    expect((await call(url).closed).why).toBe('certificate')
    await call(url, { skipVerify: true }).opened
  })

  test('one that has expired', async () => {
    const expired = expiredSelfSigned()
    const url = echo(expired)
    const { why, detail } = await call(url, { authorities: expired.cert }).closed
    expect([why, detail]).toEqual(['certificate', expect.stringContaining('expired')])
  })

  test('one of another name: the name of the URL counts, not the address', async () => {
    const other = selfSigned('other.example', 'DNS:other.example')
    const { port } = new URL(echo(other))
    const pinned = { address: '127.0.0.1', authorities: other.cert }
    expect((await call(`wss://localhost:${port}/`, pinned).closed).why).toBe('certificate')
    expect((await call(`wss://127.0.0.1:${port}/`, pinned).closed).why).toBe('certificate')
    await call(`wss://other.example:${port}/`, pinned).opened
  })

  test('a server that speaks none, and one that says nothing at all', async () => {
    const plain = raw({ answer: () => 'HTTP/1.1 400 Bad Request\r\n\r\n' })
    const failure = await call(plain.url.replace('ws:', 'wss:'), { skipVerify: true, timeout: 500 }).closed
    expect(failure.why).toBe('network')
    const secure = raw({ tls: localhost, answer: () => undefined })
    const silent = await call(secure.url, { authorities: localhost.cert, timeout: 100 }).closed
    expect(silent.detail).toBe('no answer in time')
  })
})
