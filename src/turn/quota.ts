/** How many allocations there may be: of one user, from one address, in all (SPEC Q1–Q3). */
import type { IpAddress } from '../lib/ip-address.ts'
import { sourceKey } from './rate.ts'

/** 0 is no limit. */
export interface QuotaLimits {
  readonly perUser: number
  readonly perSource: number
  readonly total: number
}

export type QuotaExceeded = 'user' | 'source' | 'total'

/** What to answer: RFC 8656 has 486 for who has too many, 508 for when we have. */
export const quotaErrorCodes = { user: 486, source: 486, total: 508 } as const satisfies Record<QuotaExceeded, number>

export interface Holder {
  /** As `Sender.user`. */
  readonly user: string
  readonly source: IpAddress
}

export interface Quotas {
  /** Counts one more unless that is too many. */
  take(holder: Holder): 'ok' | QuotaExceeded
  /** Counts one less; once for each `take` that was ok. */
  release(holder: Holder): void
  readonly total: number
}

export function createQuotas(limits: QuotaLimits): Quotas {
  const users = new Map<string, number>()
  const sources = new Map<number | string, number>()
  let total = 0

  return {
    take({ user, source }) {
      const address = sourceKey(source)
      if (isReached(limits.perUser, users.get(user))) return 'user'
      if (isReached(limits.perSource, sources.get(address))) return 'source'
      if (isReached(limits.total, total)) return 'total'
      total++
      change(users, user, 1)
      change(sources, address, 1)
      return 'ok'
    },
    release({ user, source }) {
      if (!users.has(user)) return
      total--
      change(users, user, -1)
      change(sources, sourceKey(source), -1)
    },
    get total() {
      return total
    },
  }
}

const isReached = (limit: number, count = 0): boolean => limit > 0 && count >= limit

/** Whoever has none is not kept. */
function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
