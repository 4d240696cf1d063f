/** permessage-deflate: for those who offer it, only where it pays, and never a way around the bound of a frame. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { numberHeard, numbersOf, openRaw, rawMember, sayNumbered } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'compression'
const tail = Buffer.from([0, 0, 0xff, 0xff])
const inflate = (payload: Buffer): string =>
  inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: 2 }).toString()
/** RFC 7692, section 7.2.1: without the four bytes that end every such block. */
const deflate = (text: string): Buffer => deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4)
const offering = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }, inflate }

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    server = parts.use(await startOurs({ backends: stageBackends(talk) }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('who offers it gets large frames compressed and small ones as they are; who does not is left alone', async () => {
    await using offers = await rawMember(server.address, talk.url(), 'offers', 'den', offering)
    await using plain = await rawMember(server.address, talk.url(), 'plain', 'den')
    await using talker = await rawMember(server.address, talk.url(), 'talker', 'den')
    expect(offers.head).toMatch(/\r\nSec-WebSocket-Extensions: permessage-deflate/i)
    expect(plain.head).not.toMatch(/Sec-WebSocket-Extensions/i)

    sayNumbered(talker, { from: 1, to: 3, weight: 50_000 })
    sayNumbered(talker, { from: 4, to: 4, weight: 10 })
    for (const raw of [offers, plain]) {
      await numberHeard(raw, 4)
      expect(numbersOf(raw)).toEqual([1, 2, 3, 4])
    }
    const compressed = offers.frames.filter(({ rsv1 }) => rsv1)
    expect(compressed).toHaveLength(3)
    for (const { payload } of compressed) expect(payload.length).toBeLessThan(2_000)
    expect(plain.frames.some(({ rsv1 }) => rsv1)).toBe(false)
  })

  test('what a client sends compressed is read', async () => {
    await using raw = await openRaw(server.address, offering)
    const text = JSON.stringify({ id: 'compressed', type: 'message', pad: 'x'.repeat(60_000) })
    raw.sendFrame(deflate(text), { reserved: 4 })
    const answer = await raw.message((message) => textAt(message, 'id') === 'compressed')
    expect(textAt(answer, 'error', 'code')).toBe('invalid_format')
  })

  test('[R52] what is small only while it is compressed closes the connection', async () => {
    for (const length of [65_537, 1_000_000, 50_000_000]) {
      await using raw = await openRaw(server.address, offering)
      const bomb = deflate(' '.repeat(length))
      expect(bomb.length).toBeLessThan(65_536)
      raw.sendFrame(bomb, { reserved: 4 })
      const { code } = await raw.closed()
      expect(code).toBe(1009)
    }
    await using raw = await openRaw(server.address, offering)
    raw.sendFrame(new Uint8Array([1, 2, 3, 4, 5]), { reserved: 4 })
    await raw.closed()
    expect(server.child.hasExited()).toBe(false)
  })
})
