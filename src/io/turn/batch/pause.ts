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

/** µs; on top come 1 to 5 until the thread runs again. */
const moment = 80
/**
 * Rounds per ms in which something was found, from which on it pays, and below which it no longer does: a pause costs a
 * wake-up itself, and has to save more than one. Counted in rounds, because a burst wakes the worker once.
 */
const [worthIt, notWorthIt] = [8, 6]
/** Datagrams of a round that needs no more company. */
const enough = 24
/** ms over which rounds are counted. */
const window = 4

/** `PR_SET_TIMERSLACK`: otherwise 50 µs come on top of each sleep. */
const setTimerSlack = 29

/** For the thread that makes it. */
export function createPause(): Pause {
  const { prctl, usleep } = libc()
  prctl(setTimerSlack, 1, 0, 0, 0)
  return createPauseWith((micros) => usleep(micros))
}

/** `sleep` takes µs. */
export function createPauseWith(sleep: (micros: number) => void): Pause {
  let since = 0
  let rounds = 0
  let isBusy = false
  return {
    after(handled, now) {
      if (handled > 0) rounds++
      const passed = now - since
      if (passed >= window) {
        isBusy = rounds >= (isBusy ? notWorthIt : worthIt) * passed
        rounds = 0
        since = now
      }
      if (isBusy && handled > 0 && handled < enough) sleep(moment)
    },
  }
}
