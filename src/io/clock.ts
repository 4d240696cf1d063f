/** The time, and one alarm. */

/** Milliseconds since 1970 as of the start, then by the monotonic clock: setting the system's clock moves no deadline. */
const started = Date.now() - performance.now()
export const now = (): number => started + performance.now()

export interface Alarm {
  /** Calls `wake` once at `time`; replaces an earlier wish. */
  wakeAt(time: number, wake: () => void): void
  [Symbol.dispose](): void
}

const longestTimeout = 0x7fffffff

export function createAlarm(): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    wakeAt(time, wake) {
      clearTimeout(timer)
      timer = setTimeout(wake, Math.min(longestTimeout, Math.max(0, Math.ceil(time - now()))))
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
    },
  }
}
