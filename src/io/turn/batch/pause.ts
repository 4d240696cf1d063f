/**
 * Lets a few more datagrams come together before the next look at the sockets.
 *
 * At voice rates nearly every datagram finds the worker asleep, and waking it costs as much as relaying it. So while
 * many come and each round finds few, the worker sleeps a moment for all of them, and not once for each. Nobody waits
 * longer than that moment; when little comes or much is waiting already, nobody waits at all.
 */
import { libc } from './libc.ts'

export interface Pause {
  /** To be called after each round, with how many datagrams it found; `now` is ms of a clock that is never set. May sleep. */
  after(handled: number, now: number): void
}

/** A pause is as long as so many datagrams take to come, but not shorter than this (µs; on top come 1 to 5 until the thread runs again). */
const company = 4
const shortest = 50
/**
 * Rounds per ms in which something was found, from which on it pays, and below which it no longer does: a pause costs a
 * wake-up itself, and has to save more than one. Counted in rounds, because a burst wakes the worker once.
 */
const [worthIt, notWorthIt] = [6, 4]
/** Datagrams of a round that needs no more company. */
const enough = 24
/** ms over which rounds are counted. */
const window = 4

/** `PR_SET_TIMERSLACK`: otherwise 50 µs come on top of each sleep. */
const setTimerSlack = 29

/** For the thread that makes it. `longest` says how long a pause may be, µs; 0 is none. */
export function createPause(longest: () => number): Pause {
  const { prctl, usleep } = libc()
  prctl(setTimerSlack, 1, 0, 0, 0)
  return createPauseWith((micros) => usleep(micros), longest)
}

/** `sleep` takes µs. */
export function createPauseWith(sleep: (micros: number) => void, longest: () => number): Pause {
  let since = 0
  let rounds = 0
  let datagrams = 0
  /** µs; 0 is no pause. */
  let length = 0
  return {
    after(handled, now) {
      if (handled > 0) rounds++
      datagrams += handled
      const passed = now - since
      if (passed >= window) {
        const isBusy = rounds >= (length > 0 ? notWorthIt : worthIt) * passed
        const gathering = (company * passed * 1000) / datagrams
        length = isBusy ? Math.round(Math.min(Math.max(gathering, shortest), longest())) : 0
        rounds = 0
        datagrams = 0
        since = now
      }
      if (length > 0 && handled > 0 && handled < enough) sleep(length)
    },
  }
}
