/** How many allocations there may be: of one user, from one address, in all (SPEC Q1–Q3). */
import type { IpAddress } from '../lib/ip-address.ts'
import { createCounts } from './ledger-counts.ts'
import { digest } from './ledger-digest.ts'
import { alone, type Exclusively } from './ledger-lock.ts'
import { type Memory, ownMemory, wordsIn } from './ledger-memory.ts'
import { sourceWords } from './rate.ts'

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

export interface QuotaTables {
  /** Of each table, a power of two. Three quarters as many allocations are counted at most, whatever the limits say. */
  readonly places: number
  /** Numbers that nobody outside knows. */
  readonly seed: number
  readonly secret: Uint8Array
  readonly memory: Memory
  readonly exclusively: Exclusively
}

const ownTables = (): QuotaTables => ({
  places: 4096,
  seed: 0,
  secret: new Uint8Array(0),
  memory: ownMemory(),
  exclusively: alone,
})

/** The limits are looked at with every `take`, so that whoever made them may change them. */
export function createQuotas(limits: QuotaLimits, tables: QuotaTables = ownTables()): Quotas {
  const { places, seed, secret, memory, exclusively } = tables
  const users = createCounts(places, seed, memory)
  const sources = createCounts(places, seed, memory)
  const total = wordsIn(memory, 1)
  const totalNow = (): number => total[0] ?? 0
  const mostCounted = (places / 4) * 3

  return {
    take(holder) {
      const user = digest(secret, holder.user)
      const source = sourceWords(holder.source)
      return exclusively(() => {
        if (isReached(limits.perUser, users.of(user))) return 'user'
        if (isReached(limits.perSource, sources.of(source))) return 'source'
        if (isReached(limits.total, totalNow()) || totalNow() >= mostCounted) return 'total'
        total[0] = totalNow() + 1
        users.add(user)
        sources.add(source)
        return 'ok'
      })
    },
    release(holder) {
      const user = digest(secret, holder.user)
      exclusively(() => {
        if (users.of(user) === 0) return
        total[0] = totalNow() - 1
        users.subtract(user)
        sources.subtract(sourceWords(holder.source))
      })
    },
    get total() {
      return totalNow()
    },
  }
}

const isReached = (limit: number, count: number): boolean => limit > 0 && count >= limit
