/** Mutual exclusion between threads that share memory, for sections of microseconds: a number that waiters sleep on. */

/** Does `work` while nobody else does work under the same lock. Not to be nested. */
export type Exclusively = <T>(work: () => T) => T

/** For memory that one thread has for itself. */
export const alone: Exclusively = (work) => work()

const [open, taken, awaited] = [0, 1, 2]
const attemptsBeforeSleep = 200
/** ms. A section takes microseconds: whoever holds the lock for longer is gone, and nobody can say what it left behind. */
const longestWait = 5000

/** The lock at this place, which is zero in the beginning. Throws when it cannot be had for a very long time. */
export function createLock(word: Int32Array, place: number): Exclusively {
  function enter(): void {
    for (let attempt = 0; attempt < attemptsBeforeSleep; attempt++) {
      if (Atomics.compareExchange(word, place, open, taken) === open) return
    }
    // Who comes from here leaves the mark of a waiter even if there is none any more: one wake-up too many, never one too few.
    while (Atomics.exchange(word, place, awaited) !== open) {
      if (Atomics.wait(word, place, awaited, longestWait) === 'timed-out')
        throw new Error('the ledger is locked for good')
    }
  }

  return (work) => {
    enter()
    try {
      return work()
    } finally {
      if (Atomics.exchange(word, place, open) === awaited) Atomics.notify(word, place, 1)
    }
  }
}
