import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createPipe, type RawStream } from '../../../../src/io/turn/portable/pipe.ts'

/** A stream that takes what it is told to. */
function stream() {
  const got: number[] = []
  const self = { takes: Number.POSITIVE_INFINITY, isPaused: false, isEnded: false, isClosed: false }
  const raw: RawStream = {
    write(bytes, start, length) {
      if (self.isClosed) return -1
      const taken = Math.min(self.takes, length)
      got.push(...bytes.subarray(start, start + taken))
      return taken
    },
    pause() {
      self.isPaused = true
    },
    resume() {
      self.isPaused = false
    },
    end() {
      self.isEnded = true
    },
  }
  return Object.assign(self, { raw, got })
}

function piped() {
  const [one, other] = [stream(), stream()]
  const [oneEnd, otherEnd] = createPipe(one.raw, other.raw)
  return { one, other, oneEnd, otherEnd }
}

describe('a pipe', () => {
  test('passes on both ways', () => {
    const { one, other, oneEnd, otherEnd } = piped()
    oneEnd.received(new Uint8Array([1, 2]))
    otherEnd.received(new Uint8Array([3]))
    expect([one.got, other.got]).toEqual([[3], [1, 2]])
  })

  test('who sends faster than the other reads has to wait', () => {
    const { one, other, oneEnd, otherEnd } = piped()
    other.takes = 1
    oneEnd.received(new Uint8Array([1, 2, 3]))
    expect(one.isPaused).toBe(true)
    oneEnd.received(new Uint8Array([4]))
    otherEnd.drained()
    expect([other.got, one.isPaused]).toEqual([[1, 2], true])
    other.takes = 100
    otherEnd.drained()
    expect([other.got, one.isPaused]).toEqual([[1, 2, 3, 4], false])
  })

  test('what an end said before it went arrives, then the goodbye', () => {
    const { one, other, oneEnd, otherEnd } = piped()
    other.takes = 0
    oneEnd.received(new Uint8Array([1, 2]))
    otherEnd.received(new Uint8Array([9]))
    oneEnd.ended()
    expect([other.isEnded, one.got]).toEqual([false, [9]])
    other.takes = 100
    otherEnd.drained()
    expect([other.got, other.isEnded]).toEqual([[1, 2], true])
    otherEnd.received(new Uint8Array([5]))
    expect(one.got).toEqual([9])
  })

  test('nothing goes to an end that is closed', () => {
    const { one, other, oneEnd, otherEnd } = piped()
    other.isClosed = true
    oneEnd.received(new Uint8Array([1]))
    otherEnd.ended()
    oneEnd.received(new Uint8Array([2]))
    expect([other.got, one.isEnded]).toEqual([[], true])
  })

  test('loses and mixes up nothing, however it is taken', () => {
    const step = fc.record({ length: fc.integer({ min: 0, max: 9 }), takes: fc.integer({ min: 0, max: 9 }) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { other, oneEnd, otherEnd } = piped()
        let next = 0
        for (const { length, takes } of steps) {
          other.takes = takes
          oneEnd.received(Uint8Array.from({ length }, () => next++ & 255))
          otherEnd.drained()
        }
        oneEnd.ended()
        other.takes = Number.POSITIVE_INFINITY
        otherEnd.drained()
        expect(other.got).toEqual(Array.from({ length: next }, (_, at) => at & 255))
        expect(other.isEnded).toBe(true)
      }),
    )
  })
})
