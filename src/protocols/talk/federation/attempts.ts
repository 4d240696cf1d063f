/** How often somebody may have us connect to other servers: a client that is refused tries again, and must not do so at will. */

export interface Attempts {
  /** False if this one is too many; `owner` is whoever has it made. */
  spend(owner: string, now: number): boolean
}

/** At once, and ms until there is one more. */
const atOnce = 20
const oneMoreAfter = 3_000
/** Owners that are kept in mind; whoever has all of his back is forgotten first. */
const mostOwners = 10_000

export function createAttempts(): Attempts {
  /** When all of somebody's attempts will be there again (ms). */
  const wholeAt = new Map<string, number>()

  function forgetWhole(now: number): void {
    for (const [owner, at] of wholeAt) if (at <= now) wholeAt.delete(owner)
  }

  return {
    spend(owner, now) {
      const whole = Math.max(wholeAt.get(owner) ?? now, now)
      if (whole - now > (atOnce - 1) * oneMoreAfter) return false
      if (wholeAt.size >= mostOwners) forgetWhole(now)
      if (wholeAt.size >= mostOwners && !wholeAt.has(owner)) return false
      wholeAt.set(owner, whole + oneMoreAfter)
      return true
    },
  }
}
