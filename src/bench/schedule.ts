/** When each thing of an open-loop run is due: fixed in advance, whatever the server does. */

export interface Schedule {
  readonly total: number
  /** When the n-th (from 0) is due, in ms from the start. */
  dueAt(index: number): number
}

/**
 * An even rate, rounded down to ticks of `tickMs`: everything due within one tick goes out together.
 * Ticks keep the pacing loop asleep most of the time, which one timer per message would not.
 */
export function evenSchedule(perSecond: number, seconds: number, tickMs = 4): Schedule {
  const perTick = (perSecond * tickMs) / 1000
  return {
    total: Math.round(perSecond * seconds),
    dueAt: (index) => Math.floor(index / perTick) * tickMs,
  }
}
