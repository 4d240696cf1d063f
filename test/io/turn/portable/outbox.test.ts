import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createOutboxes, longestBacklog } from '../../../../src/io/turn/portable/outbox.ts'

/** A stream that takes what it is told to, and keeps it. */
function stream(create = createOutboxes()) {
  const got: number[] = []
  const self = { takes: Number.POSITIVE_INFINITY, calls: 0 }
  const outbox = create((bytes, start, length) => {
    self.calls++
    if (self.takes < 0) return -1
    const taken = Math.min(self.takes, length)
    got.push(...bytes.subarray(start, start + taken))
    return taken
  })
  return Object.assign(self, { outbox, got })
}

const octets = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)

describe('an outbox', () => {
  test('writes several frames in one call, ChannelData padded with zeros', () => {
    const one = stream()
    one.outbox.answer(octets(8, 1))
    one.outbox.channelData(0x4001, octets(5))
    one.outbox.indication(octets(12, 9), 4, 8)
    expect(one.got).toEqual([])
    one.outbox.flush()
    expect(one.calls).toBe(1)
    const channelData = [0x40, 0x01, 0, 5, 7, 7, 7, 7, 7, 0, 0, 0]
    expect(one.got).toEqual([...octets(8, 1), ...channelData, ...octets(4, 9)])
    expect(one.outbox.waiting).toBe(0)
  })

  test('padding is zero though others used the memory before', () => {
    const create = createOutboxes()
    const [first, second] = [stream(create), stream(create)]
    first.outbox.answer(octets(64, 0xff))
    first.outbox.flush()
    second.outbox.channelData(0x4002, octets(1))
    second.outbox.flush()
    expect(second.got).toEqual([0x40, 0x02, 0, 1, 7, 0, 0, 0])
  })

  test('much is written before the turn is over, and nothing to a stream that is full', () => {
    const one = stream()
    one.outbox.answer(octets(40_000))
    expect(one.calls).toBe(1)
    one.takes = 100
    one.outbox.answer(octets(40_000))
    expect(one.outbox.waiting).toBe(39_900)
    one.outbox.answer(octets(40_000))
    expect(one.calls).toBe(2)
    one.takes = Number.POSITIVE_INFINITY
    one.outbox.flush()
    expect(one.outbox.waiting).toBe(0)
    expect(one.got).toHaveLength(120_000)
  })

  test('relayed data is dropped for a slow client, answers are not, until too much waits', () => {
    const one = stream()
    one.takes = 0
    let taken = 0
    while (one.outbox.channelData(0x4001, octets(1_000))) taken++
    expect(taken).toBe(Math.floor(longestBacklog / 1_004))
    expect(one.outbox.indication(octets(1_000), 0, 1_000)).toBe(false)
    let answers = 0
    while (one.outbox.answer(octets(1_000))) answers++
    expect(answers).toBeGreaterThan(60)
    expect(one.outbox.waiting).toBeLessThanOrEqual(longestBacklog + 64 * 1024)
    one.takes = Number.POSITIVE_INFINITY
    one.outbox.flush()
    expect(one.got).toHaveLength(taken * 1_004 + answers * 1_000)
    expect(one.outbox.channelData(0x4001, octets(1_000))).toBe(true)
  })

  test('what was for a stream that is closed is gone', () => {
    const one = stream()
    one.takes = -1
    one.outbox.answer(octets(10))
    one.outbox.flush()
    expect(one.outbox.waiting).toBe(0)
  })

  test('whatever the stream takes and when, all octets come in order', () => {
    const step = fc.record({ length: fc.integer({ min: 0, max: 30_000 }), takes: fc.integer({ min: 0, max: 50_000 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const create = createOutboxes()
        const [one, neighbour] = [stream(create), stream(create)]
        let expected = 0
        let value = 0
        const lengths: number[] = []
        for (const { length, takes } of steps) {
          one.takes = takes
          if (one.outbox.answer(octets(length, ++value))) {
            lengths.push(length)
            expected += length
          } else lengths.push(0)
          neighbour.outbox.answer(octets(20, 0xee))
          neighbour.outbox.flush()
          one.outbox.flush()
        }
        one.takes = Number.POSITIVE_INFINITY
        one.outbox.flush()
        expect(one.got.length).toBe(expected)
        let at = 0
        for (const [index, length] of lengths.entries()) {
          expect(one.got.slice(at, at + length).every((octet) => octet === index + 1)).toBe(true)
          at += length
        }
      }),
      { numRuns: 40 },
    )
  })
})
