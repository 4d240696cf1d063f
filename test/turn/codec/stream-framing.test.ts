import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  createStreamFraming,
  longestFrame,
  type StreamFault,
  type StreamFraming,
} from '../../../src/turn/codec/stream-framing.ts'
import { fromHex, ipv4Response, longTermRequest, request } from './vectors.ts'

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

/** Pushes and collects copies of the frames. */
function pushed(framing: StreamFraming, ...chunks: readonly Uint8Array[]) {
  const frames: Uint8Array[] = []
  let fault: StreamFault | number | undefined
  for (const chunk of chunks) {
    fault = framing.push(chunk, (bytes, start, end) => {
      frames.push(bytes.slice(start, end))
    })
  }
  return { frames, fault }
}

const channelData = (length: number): { readonly sent: Uint8Array; readonly frame: Uint8Array } => {
  const frame = Uint8Array.from(
    { length: 4 + length },
    (_, at) => [0x40, 0x02, length >> 8, length & 255][at] ?? at & 255,
  )
  return { frame, sent: joined(frame, new Uint8Array((4 - (length % 4)) % 4).fill(0x99)) }
}

const anyFrame = fc.oneof(
  fc.constantFrom(...[request, ipv4Response, longTermRequest].map((frame) => ({ frame, sent: frame }))),
  fc.integer({ min: 0, max: 70 }).map(channelData),
)

describe('a stream', () => {
  test('[C21] is cut into messages and ChannelData, however it arrives', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.integer({ min: 0, max: 90 })), (all, cuts) => {
        const stream = joined(...all.map(({ sent }) => sent))
        const chunks: Uint8Array[] = []
        let at = 0
        for (const length of cuts) {
          chunks.push(stream.slice(at, at + length))
          at += length
        }
        chunks.push(stream.slice(at))
        const framing = createStreamFraming()
        expect(pushed(framing, ...chunks)).toEqual({ frames: all.map(({ frame }) => frame), fault: undefined })
        expect(framing.pending()).toBe(0)
      }),
    )
  })

  test('[C21] is cut octet by octet', () => {
    const stream = joined(request, channelData(3).sent, channelData(0).sent, ipv4Response)
    const chunks = [...stream].map((octet) => new Uint8Array([octet]))
    expect(pushed(createStreamFraming(), ...chunks).frames).toEqual([
      request,
      channelData(3).frame,
      channelData(0).frame,
      ipv4Response,
    ])
  })

  test('[C21] frames that come whole are not copied', () => {
    const chunk = joined(request, channelData(6).sent)
    const seen: (readonly [boolean, number, number])[] = []
    createStreamFraming().push(chunk, (bytes, start, end) => {
      seen.push([bytes === chunk, start, end])
    })
    expect(seen).toEqual([
      [true, 0, 108],
      [true, 108, 118],
    ])
  })

  test('what follows a frame after which the stream is left is told, wherever it was cut', () => {
    const stream = joined(request, ipv4Response, fromHex('ff fe 00'))
    const [first, second] = [request.length, request.length + ipv4Response.length]
    for (let cut = 0; cut <= second; cut++) {
      const framing = createStreamFraming()
      const take = (bytes: Uint8Array, start: number) => (bytes[start] === ipv4Response[0] ? 'leave' : undefined)
      if (cut < second) expect(framing.push(stream.subarray(0, cut), take)).toBeUndefined()
      expect(framing.push(stream.subarray(cut < second ? cut : first), take)).toBe(
        second - (cut < second ? cut : first),
      )
      expect(framing.pending()).toBe(0)
    }
  })

  test('[C21] waits for the padding of ChannelData', () => {
    const framing = createStreamFraming()
    const { sent, frame } = channelData(5)
    expect(pushed(framing, sent.slice(0, 9)).frames).toEqual([])
    expect(framing.pending()).toBe(9)
    expect(framing.begun()).toBe(0x40)
    expect(pushed(framing, sent.slice(9)).frames).toEqual([frame])
    expect(framing.pending()).toBe(0)
    expect(framing.begun()).toBeUndefined()
  })

  test('[C22] carries the longest frames of both kinds', () => {
    const { sent, frame } = channelData(0xffff)
    const message = new Uint8Array(20 + 0xfffc)
    message.set(fromHex('00 01 ff fc 21 12 a4 42'))
    expect(longestFrame).toBe(65_552)
    const stream = joined(sent, message)
    const framing = createStreamFraming()
    expect(pushed(framing, stream.slice(0, 1_000), stream.slice(1_000, 70_000), stream.slice(70_000)).frames).toEqual([
      frame,
      message,
    ])
  })
})

describe('garbage on a stream', () => {
  test.each<readonly [string, Uint8Array, StreamFault]>([
    ['a TLS hello', fromHex('16 03 01'), 'not-stun'],
    ['RTP', fromHex('80'), 'not-stun'],
    ['a line of HTTP', new TextEncoder().encode('POST / HTTP/1.1\r\n'), 'not-stun'],
    ['a message without the cookie', fromHex('00 01 00 00 21 12 a4 43'), 'not-stun'],
    ['a length that is no multiple of four', fromHex('00 01 00 02'), 'wrong-length'],
  ])('[C22] %s is told at once', (_what, bytes, fault) => {
    expect(pushed(createStreamFraming(), bytes)).toEqual({ frames: [], fault })
    const octets = [...bytes].map((octet) => new Uint8Array([octet]))
    expect(pushed(createStreamFraming(), ...octets).fault).toBe(fault)
  })

  test('[C22] ends the stream for ever, behind what was whole', () => {
    const framing = createStreamFraming()
    expect(pushed(framing, joined(request, fromHex('ff ff ff')))).toEqual({ frames: [request], fault: 'not-stun' })
    expect(pushed(framing, request)).toEqual({ frames: [], fault: 'not-stun' })
    expect(framing.pending()).toBe(0)
  })

  test('[C22] a frame above the limit is told by its header', () => {
    const framing = () => createStreamFraming({ longest: 100 })
    expect(pushed(framing(), longTermRequest.slice(0, 4)).fault).toBe('too-long')
    expect(pushed(framing(), channelData(97).sent.slice(0, 4)).fault).toBe('too-long')
    expect(pushed(framing(), channelData(96).sent).frames).toEqual([channelData(96).frame])
  })

  test('[C22] numbers that RFC 8656 reserves are let in only for older clients', () => {
    const bytes = fromHex('7f fe 00 01 aa 00 00 00')
    expect(pushed(createStreamFraming(), bytes).fault).toBe('not-stun')
    expect(pushed(createStreamFraming({ channels: 'rfc5766' }), bytes).frames).toEqual([fromHex('7f fe 00 01 aa')])
  })

  test('[C22, C24] whatever comes, no more than one frame waits', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }),
            anyFrame.map(({ sent }) => sent),
          ),
        ),
        (chunks) => {
          const framing = createStreamFraming({ longest: 200 })
          for (const chunk of chunks) {
            framing.push(chunk, (bytes, start, end) => {
              expect(start).toBeLessThan(end)
              expect(end).toBeLessThanOrEqual(bytes.length)
            })
            expect(framing.pending()).toBeLessThan(200)
          }
        },
      ),
    )
  })
})
