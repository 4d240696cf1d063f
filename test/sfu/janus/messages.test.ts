import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { frequentMessage, JanusMessage } from '../../../src/sfu/janus/messages.ts'

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const odd = some<unknown>(undefined, null, '', 'text', 0, 7, 2 ** 53, '12', [], {}, true)
const maybe = (one: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: one }, { weight: 1, arbitrary: odd })

const data = fc.record(
  {
    videoroom: maybe(some('event', 'updated', 'attached')),
    room: maybe(some<unknown>(5, '9007199254740993')),
    configured: maybe(some('ok')),
    started: maybe(some('ok')),
    leaving: maybe(some<unknown>('ok', 3)),
    reason: maybe(some('kicked')),
    error_code: maybe(some(428)),
    error: maybe(some('no such feed')),
    list: maybe(some([])),
    streams: fc.array(fc.record({ mid: some('0'), active: fc.boolean() })),
  },
  { requiredKeys: [] },
)
const frame = fc.record(
  {
    janus: some('ack', 'success', 'event', 'webrtcup', 'media', 'hangup', 'nonsense'),
    transaction: maybe(some('t1')),
    session_id: maybe(some(1, 2 ** 52)),
    sender: maybe(some(4)),
    data: maybe(fc.record({ id: maybe(some(4)) }, { requiredKeys: [] })),
    plugindata: maybe(
      fc.record({ plugin: maybe(some('janus.plugin.videoroom', 'other')), data: maybe(data) }, { requiredKeys: [] }),
    ),
    jsep: maybe(fc.record({ type: maybe(some('offer')), sdp: maybe(some('v=0')) }, { requiredKeys: [] })),
  },
  { requiredKeys: ['janus'] },
)

test('what is read by hand is what the schema reads', () => {
  let byHand = 0
  fc.assert(
    fc.property(frame, (given) => {
      const message = frequentMessage(given)
      if (!message) return
      byHand += 1
      const checked = JanusMessage.safeParse(given)
      expect(checked.error).toBeUndefined()
      // Compared as JSON: a field that is undefined is none.
      expect(JSON.parse(JSON.stringify(message))).toEqual(JSON.parse(JSON.stringify(checked.data)))
    }),
    { numRuns: 3_000 },
  )
  expect(byHand).toBeGreaterThan(300)
})

test('what a call is made of is read by hand', () => {
  const room = { videoroom: 'event', room: 5, configured: 'ok', streams: [{ mid: '0', type: 'video' }] }
  const plugindata = { plugin: 'janus.plugin.videoroom', data: room }
  for (const given of [
    { janus: 'ack', session_id: 1, transaction: 'a' },
    { janus: 'success', session_id: 1, transaction: 'a', data: { id: 4 } },
    { janus: 'event', session_id: 1, sender: 4, transaction: 'a', plugindata, jsep: { type: 'answer', sdp: 'v=0' } },
    { janus: 'event', session_id: 1, sender: 4, plugindata },
    { janus: 'webrtcup', session_id: 1, sender: 4 },
  ])
    expect(frequentMessage(given)).toBeDefined()
})
