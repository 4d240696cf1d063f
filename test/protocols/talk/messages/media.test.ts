/** What is read of the data of a message where there is an SFU. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isPlainMedia, MediaData, readMedia } from '../../../../src/protocols/talk/messages/media.ts'
import type { Json } from '../../../support/json.ts'
import { candidateLine, sdp } from '../media/stage.ts'

const faultOf = (data: Json): string | undefined => {
  const read = readMedia(data)
  return read.kind === 'fault' ? read.code : undefined
}

test('[R60] what is no object, and what is about something else, is passed on', () => {
  for (const data of [
    'text',
    1,
    true,
    [1],
    { type: 'chat', payload: 'x' },
    { type: 'mute', roomType: 'video', a: [] },
  ]) {
    expect(readMedia(data)).toEqual({ kind: 'other' })
  }
  expect(readMedia({ type: 5 })).toEqual({ kind: 'other' })
})

test('[R60] an object without a type, or about an unknown stream, is refused', () => {
  for (const data of [{}, { type: '' }, { type: null }, { x: 1 }]) expect(faultOf(data)).toBe('invalid_format')
  for (const type of ['offer', 'mute', 'chat']) expect(faultOf({ type, roomType: 'smell' })).toBe('invalid_format')
})

describe('[R61] descriptions', () => {
  for (const type of ['offer', 'answer']) {
    test(`${type} without its SDP`, () => {
      for (const payload of [undefined, null, {}, { sdp: null }, 'text', [1]]) {
        expect(faultOf({ type, ...(payload === undefined ? {} : { payload }) })).toBe('no_sdp')
      }
    })
    test(`${type} with one that is none`, () => {
      for (const text of [1, '', 'v=0', 'hello', sdp(['audio', 'candidate:x'])]) {
        expect(faultOf({ type, payload: { sdp: text } })).toBe('invalid_sdp')
      }
    })
  }

  test('an offer with all that it may wish for', () => {
    const text = sdp('audio')
    const wishes = {
      bitrate: 1000.5,
      audiocodec: 'opus',
      videocodec: 'vp9,vp8',
      vp9profile: '2',
      h264profile: '42e01f',
    }
    expect(readMedia({ type: 'offer', roomType: 'screen', sid: '7', payload: { sdp: text }, ...wishes })).toMatchObject(
      {
        kind: 'media',
        word: {
          type: 'offer',
          stream: 'screen',
          sid: '7',
          sdp: text,
          wishes: { bitrate: 1000, audioCodec: 'opus', videoCodec: 'vp9,vp8', vp9Profile: '2', h264Profile: '42e01f' },
        },
      },
    )
  })

  test('wishes that cannot be are refused', () => {
    const payload = { sdp: sdp('audio') }
    for (const more of [
      { bitrate: -1 },
      { bitrate: 'much' },
      { videocodec: 'vp8"}' },
      { sid: 5 },
      { sid: 'x'.repeat(257) },
    ])
      expect(faultOf({ type: 'offer', payload, ...more })).toBe('invalid_format')
  })
})

test('[R62] a candidate is an object with a line in it, or the empty one that ends them', () => {
  const withPayload = (payload: Json): Json => ({ type: 'candidate', payload })
  for (const data of [{ type: 'candidate' }, withPayload({}), withPayload('x'), withPayload(null)])
    expect(faultOf(data)).toBe('no_candidate')
  for (const candidate of [
    null,
    'candidate:1',
    {},
    { candidate: 1 },
    { candidate: 'x' },
    { candidate: candidateLine('192.0.2.1'), sdpMid: 1 },
    { candidate: candidateLine('192.0.2.1'), sdpMid: '\u0000' },
    { candidate: candidateLine('192.0.2.1'), sdpMid: '\ud800' },
    { candidate: '', sdpMLineIndex: 'x' },
  ])
    expect(faultOf(withPayload({ candidate }))).toBe('invalid_candidate')
  for (const candidate of [{ candidate: '' }, { candidate: candidateLine('192.0.2.1'), sdpMid: '0', sdpMLineIndex: 0 }])
    expect(readMedia(withPayload({ candidate }))).toMatchObject({
      kind: 'media',
      word: { type: 'candidate', candidate },
    })
  for (const sid of [1, {}, 'x'.repeat(257)])
    expect(faultOf({ type: 'candidate', sid, payload: { candidate: { candidate: '' } } })).toBe('invalid_format')
  expect(readMedia({ type: 'endOfCandidates' })).toMatchObject({ word: { candidate: { candidate: '' } } })
})

test('of a candidate nothing goes on but what an SFU looks at', () => {
  const candidate = { candidate: candidateLine('192.0.2.1'), sdpMid: '0', sdpMLineIndex: 0 }
  const read = readMedia({ type: 'candidate', payload: { candidate: { ...candidate, completed: true, x: [[[]]] } } })
  expect(read.kind === 'media' && 'candidate' in read.word && read.word.candidate).toEqual(candidate)
})

test('[R71] layers are numbers, media are on or off; nothing chosen is no selection', () => {
  const selection = (payload: Json): unknown => {
    const read = readMedia({ type: 'selectStream', payload })
    return read.kind === 'media' && 'selection' in read.word ? read.word.selection : read
  }
  expect(selection({ substream: 1.9, temporal: 0, video: false, x: 'y' })).toEqual({
    substream: 1,
    temporal: 0,
    video: false,
  })
  expect(selection({ substream: null })).toBeUndefined()
  for (const payload of [{ substream: '1' }, { temporal: -1 }, { temporal: 1e300 }, { audio: 1 }, { video: 'on' }])
    expect(faultOf({ type: 'selectStream', payload })).toBe('processing_failed')
})

test('an empty kind of stream is video', () => {
  for (const roomType of ['', null, 'video'])
    expect(readMedia({ type: 'requestoffer', roomType })).toMatchObject({ word: { stream: 'video' } })
})

test('whatever comes, nothing is thrown', () => {
  const types = fc.constantFrom('offer', 'answer', 'candidate', 'requestoffer', 'selectStream', 'unshareScreen', '')
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record({ sdp: fc.jsonValue() }),
    fc.record({ candidate: fc.oneof(fc.jsonValue(), fc.record({ candidate: fc.jsonValue() })) }),
  )
  fc.assert(
    fc.property(fc.record({ type: types, payload }), fc.jsonValue(), (data, more) => {
      const wild = typeof more === 'object' && more !== null && !Array.isArray(more) ? { ...data, ...more } : data
      expect(['other', 'fault', 'media']).toContain(readMedia(wild).kind)
    }),
  )
})

test('what a quick look takes, the schema takes too', () => {
  const odd = fc.constantFrom<unknown>(undefined, null, '', 0, -1, Number.NaN, [], {}, 'x'.repeat(257))
  const field = (one: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: odd })
  const data = fc.record(
    {
      type: fc.constantFrom('offer', 'answer', 'requestoffer', 'sendoffer', 'selectStream', 'unshareScreen'),
      roomType: fc.constantFrom('', 'audio', 'video', 'screen'),
      sid: field(fc.constantFrom('12', 'x'.repeat(256))),
      payload: field(fc.record({ sdp: fc.jsonValue() }, { noNullPrototype: true })),
      bitrate: field(fc.constantFrom(0, 1_000_000)),
      audiocodec: field(fc.constant(undefined)),
      vp9profile: field(fc.constant(undefined)),
    },
    { requiredKeys: ['type', 'roomType'] },
  )
  let taken = 0
  fc.assert(
    fc.property(data, (given) => {
      if (!isPlainMedia(given)) return
      taken += 1
      const checked = MediaData.safeParse(given)
      expect(checked.error).toBeUndefined()
      expect(checked.data).toEqual(given)
    }),
    { numRuns: 2_000 },
  )
  expect(taken).toBeGreaterThan(100)
})
