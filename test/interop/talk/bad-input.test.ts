/** Bytes that no well-behaved client sends: the connection they come on may suffer, nobody else. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type FrameShape, frameBytes, opcodes } from '../../io/raw/frames.ts'
import { metricsOf, residentMegabytes } from '../../io/raw/metrics.ts'
import {
  countUp,
  handshakeOf,
  type Member,
  numberHeard,
  numbersOf,
  openRaw,
  openTcp,
  type RawWebSocket,
  rawMember,
  sayNumbered,
} from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'bad input'
const longest = 65_536

/** mulberry32: the same numbers each time, so that a failure comes again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  let talker: Member
  let listener: Member
  let spoken = 0

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    server = parts.use(await startOurs({ backends: stageBackends(talk) }))
    talker = parts.use(await rawMember(server.address, talk.url(), 'talker', 'untouched'))
    listener = parts.use(await rawMember(server.address, talk.url(), 'listener', 'untouched'))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  /** Two people who talk with each other all the time: they have lost nothing so far. */
  async function othersAreWell(): Promise<void> {
    sayNumbered(talker, { from: spoken + 1, to: spoken + 10, weight: 100 })
    spoken += 10
    await numberHeard(listener, spoken)
    expect(numbersOf(listener)).toEqual(countUp(1, spoken))
    expect(server.child.hasExited()).toBe(false)
    expect((await metricsOf(server.url)).get('signaling_server_internal_errors_total')).toBe(0)
  }

  const isUsable = async (raw: RawWebSocket, id: string): Promise<void> => {
    raw.say({ id, type: 'message' })
    await raw.message((message) => textAt(message, 'id') === id)
  }

  test('[R52] a frame of 65,536 bytes is taken, one byte more closes the connection, in one frame or in several', async () => {
    const sized = (length: number): string => {
      const frame = (pad: string) => JSON.stringify({ id: 'sized', type: 'message', pad })
      return frame('x'.repeat(length - frame('').length))
    }
    const halves = (text: string): Buffer => {
      const half = text.length >> 1
      const first = frameBytes(text.slice(0, half), { fin: false })
      return Buffer.concat([first, frameBytes(text.slice(half), { opcode: opcodes.continuation })])
    }
    for (const bytesOf of [frameBytes, halves]) {
      await using taken = await openRaw(server.address)
      taken.write(bytesOf(sized(longest)))
      const answer = await taken.message((message) => textAt(message, 'id') === 'sized')
      expect(textAt(answer, 'error', 'code')).toBe('invalid_format')
      expect(taken.isClosed).toBe(false)

      await using closed = await openRaw(server.address)
      closed.write(bytesOf(sized(longest + 1)))
      expect((await closed.closed()).code).toBe(1009)
    }
    // The bound is in bytes, not in characters.
    await using wide = await openRaw(server.address)
    wide.sendFrame(JSON.stringify('ü'.repeat(longest / 2)))
    expect((await wide.closed()).code).toBe(1009)
    await othersAreWell()
  })

  test.each<[string, FrameShape, string | Uint8Array, number]>([
    ['without a mask', { masked: false }, '{"type":"bye"}', 1002],
    ['of an unknown opcode', { opcode: 3 }, '{}', 1002],
    ['with a reserved bit', { reserved: 2 }, '{}', 1002],
    ['compressed without being asked', { reserved: 4 }, '{}', 1002],
    ['that continues nothing', { opcode: opcodes.continuation }, '{}', 1002],
    ['of 2^62 bytes', { claims: 1n << 62n }, '{}', 1009],
    ['of 2^64 - 1 bytes', { claims: (1n << 64n) - 1n }, '{}', 1009],
    ['with a ping too long', { opcode: opcodes.ping }, 'x'.repeat(126), 1002],
    ['that is no UTF-8', {}, new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 1007],
    ['with half a close code', { opcode: opcodes.close }, new Uint8Array([3]), 1002],
  ])('a frame %s closes its own connection', async (_, shape, payload, code) => {
    await using raw = await openRaw(server.address)
    raw.sendFrame(payload, shape)
    expect((await raw.closed()).code).toBe(code)
    await othersAreWell()
  })

  test.each([
    ['binary', new Uint8Array([0, 1, 2]), { opcode: opcodes.binary }],
    ['empty', '', {}],
    ['no JSON', '{"type":', {}],
    ['deeply nested', '['.repeat(30_000), {}],
    ['a list', '[]', {}],
    ['null', 'null', {}],
    ['a hello that is a number', '{"id":"x","type":"hello","hello":7}', {}],
    ['a prototype', '{"__proto__":{"type":"bye"},"constructor":1}', {}],
    ['a surrogate alone', '{"id":"\\ud800","type":"hello"}', {}],
  ] as const)('[R20] a message that is %s leaves the connection usable', async (_, payload, shape) => {
    await using raw = await openRaw(server.address)
    raw.sendFrame(payload, shape)
    await isUsable(raw, 'afterwards')
    expect(textAt(raw.messages[1], 'error', 'code')).toMatch(/^(invalid_format|hello_expected)$/)
    await othersAreWell()
  })

  test('requests that are no upgrade, or a wrong one, are refused and cost nothing', async () => {
    const good = handshakeOf(server.address, '/spreed', {})
    const requests = [
      good.replace('Upgrade: websocket\r\n', ''),
      good.replace(/Sec-WebSocket-Key: .*\r\n/, ''),
      good.replace(/Sec-WebSocket-Key: .*\r\n/, 'Sec-WebSocket-Key: short\r\n'),
      good.replace('GET', 'POST'),
      good.replace('HTTP/1.1', 'HTTP/9.9'),
      good.replace(/Host: .*\r\n/, ''),
      good.replace('\r\n', `\r\nA: ${'x'.repeat(100_000)}\r\n`),
      good.replace('GET /spreed', `GET /${'x'.repeat(100_000)}`),
      '\0\x01\x02\r\n\r\n',
      '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n',
    ]
    for (const request of requests) {
      const tcp = await openTcp(server.address)
      const answered = new Promise<string>((resolve) => {
        tcp.once('data', (bytes: Buffer) => resolve(bytes.toString()))
        tcp.once('close', () => resolve(''))
      })
      tcp.write(Buffer.from(request, 'latin1'))
      expect(await answered).toMatch(/^(HTTP\/1\.1 (4\d\d|505) |$)/)
      tcp.destroy()
    }
    await othersAreWell()
  })

  test('thousands of random frames in odd pieces: the server lives, keeps no memory, and nobody else notices', async () => {
    const random = numbersFrom(20_260)
    const words = ['{', '}', '"type"', ':', '"hello"', '"room"', '[', ']', ',', 'null', '1e999', '"\\u0000"', 'é', ' ']
    const opcodeChoice = [1, 1, 1, 1, 1, 1, 2, 9, 10, 0, 3, 8, 11]
    const payload = (): Buffer => {
      if (random(3) === 0) return Buffer.from(Array.from({ length: random(300) }, () => random(256)))
      const text = Array.from({ length: random(40) }, () => words[random(words.length)]).join('')
      return Buffer.from(random(10) === 0 ? text.repeat(random(200)) : text)
    }
    const shape = (): FrameShape => ({
      opcode: opcodeChoice[random(opcodeChoice.length)] ?? 1,
      fin: random(20) !== 0,
      reserved: random(60) === 0 ? random(8) : 0,
      masked: random(60) !== 0,
      ...(random(80) === 0 ? { claims: BigInt(random(2 ** 31)) * BigInt(random(2 ** 31)) } : {}),
    })
    /** One connection that sends until it is closed; answers how many frames went. */
    async function pester(): Promise<number> {
      await using raw = await openRaw(server.address, { mute: true })
      let sent = 0
      for (; sent < 60 && !raw.isClosed; sent++) {
        const bytes = frameBytes(payload(), shape())
        const cut = random(bytes.length + 1)
        raw.write(bytes.subarray(0, cut))
        if (random(4) === 0) await new Promise((resolve) => setImmediate(resolve))
        raw.write(bytes.subarray(cut))
      }
      return sent
    }
    const round = async (connections: number): Promise<number> => {
      const counts = await Promise.all(Array.from({ length: connections }, pester))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    await round(50)
    const megabytes = await residentMegabytes(server.url)
    let sent = 0
    for (let rounds = 0; rounds < 5; rounds++) {
      sent += await round(50)
      await othersAreWell()
    }
    expect(sent).toBeGreaterThan(2_000)
    expect((await residentMegabytes(server.url)) - megabytes).toBeLessThan(60)
    const values = await metricsOf(server.url)
    expect(values.get('signaling_client_garbled_total')).toBeGreaterThan(100)
  }, 30_000)

  test('connections that vanish, half open or with a reset, leave nothing behind', async () => {
    const connections = async () => (await metricsOf(server.url)).get('signaling_hub_connections')
    for (let count = 0; count < 20; count++) {
      const raw = await openRaw(server.address)
      raw.write(frameBytes('{"type":"hello"}').subarray(0, count % 8))
      raw.destroy()
    }
    while ((await connections()) !== 2) await Bun.sleep(5)
    await othersAreWell()
  })
})
