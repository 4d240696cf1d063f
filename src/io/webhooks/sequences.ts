/** Numbers the calls of each room: 1, 2, 3 …, never the same number twice, for a bounded number of rooms. */

export interface Sequences {
  next(room: string): number
  /** Takes over a number that was given out before a restart. */
  seen(room: string, sequence: number): void
  /** For the next start: what is remembered, and above which number forgotten rooms begin. */
  snapshot(): { readonly floor: number; readonly last: readonly (readonly [room: string, sequence: number])[] }
  /** Rooms that are not remembered begin above this. */
  raiseFloor(to: number): void
}

/** A room that comes back after so many others begins anew above all that were forgotten. */
export function createSequences(capacity = 100_000): Sequences {
  const last = new Map<string, number>()
  let floor = 0

  function remember(room: string, sequence: number): void {
    last.delete(room)
    last.set(room, sequence)
    if (last.size <= capacity) return
    const oldest = last.entries().next()
    if (oldest.done) return
    const [forgotten, highest] = oldest.value
    last.delete(forgotten)
    floor = Math.max(floor, highest)
  }

  return {
    next(room) {
      const sequence = (last.get(room) ?? floor) + 1
      remember(room, sequence)
      return sequence
    },
    seen(room, sequence) {
      remember(room, Math.max(sequence, last.get(room) ?? 0))
    },
    snapshot: () => ({ floor, last: [...last] }),
    raiseFloor(to) {
      floor = Math.max(floor, to)
    },
  }
}
