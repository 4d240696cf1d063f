/** Runs a schedule against the clock: late things are sent late, but their due time stays what it was. */

import { createHistogram, type Histogram } from './histogram.ts'
import type { Schedule } from './schedule.ts'

/** Microseconds of the clock that all latencies here are taken with. */
export function nowMicros(): number {
  return performance.now() * 1000
}

/** Calls `fire` once per entry with its index and due time (µs); resolves after the last with how late they went out. */
export function pace(schedule: Schedule, fire: (index: number, dueMicros: number) => void): Promise<Histogram> {
  const lateness = createHistogram()
  const start = performance.now() + 5
  let next = 0
  return new Promise((resolve, reject) => {
    const step = (): void => {
      try {
        let gap = gapOf(next)
        while (next < schedule.total && gap <= 0) {
          lateness.record(-gap * 1000)
          fire(next, (start + schedule.dueAt(next)) * 1000)
          next += 1
          gap = gapOf(next)
        }
        if (next >= schedule.total) resolve(lateness)
        // A timer may come a millisecond late; the last stretch is spent turning the event loop.
        else if (gap > 2) setTimeout(step, Math.floor(gap - 1))
        else setImmediate(step)
      } catch (error) {
        reject(error)
      }
    }
    step()
  })

  function gapOf(index: number): number {
    return start + schedule.dueAt(index) - performance.now()
  }
}

/** Waits until `done` says so or nothing it counts has moved for `quietMs`; answers whether it is done. */
export async function settle(done: () => boolean, progress: () => number, quietMs: number): Promise<boolean> {
  let last = progress()
  let moved = performance.now()
  while (!done()) {
    await Bun.sleep(5)
    const current = progress()
    if (current !== last) {
      last = current
      moved = performance.now()
    } else if (performance.now() - moved > quietMs) {
      return done()
    }
  }
  return true
}
