/** What all workers of one TURN server share: relay ports, quotas, and how often strangers are answered. */
import { alone, createLock, type Exclusively } from './ledger-lock.ts'
import { type Memory, octetsIn, octetsTaken, sharedMemory, wordsIn } from './ledger-memory.ts'
import { createPorts, type PortSettings, type Ports } from './ports.ts'
import { createQuotas, type QuotaLimits, type Quotas } from './quota.ts'
import { createRateLimit, type RateLimit } from './rate.ts'

export interface Ledger {
  readonly ports: { readonly 4: Ports; readonly 6: Ports }
  readonly quotas: Quotas
  /** 400, 401 and 438 answers to those of whom we know nothing. */
  readonly challenges: RateLimit
  readonly bindings: RateLimit
}

export interface SharedLedger extends Ledger {
  /** Limits that hold for this thread's questions from now on; what is counted stays. */
  limit(limits: LedgerLimits): void
}

/** The relay ports of both families. All who share a ledger say the same. */
export interface LedgerShape {
  readonly min: number
  readonly max: number
}

/** Part of `TurnSettings`. */
export interface LedgerLimits {
  readonly quotas: QuotaLimits
  readonly challengeRate: number
  readonly bindingRate: number
}

export interface LedgerParts {
  readonly shape: LedgerShape
  readonly limits: LedgerLimits
  readonly random: PortSettings['random']
  /** Of `ledgerBytes(shape)`, zero in the beginning; memory of its own if there is nobody to share with. */
  readonly memory?: ArrayBufferLike
}

const ratePlaces = 8192
const secretOctets = 16
/** In front of everything: the lock, and whether the rest has been filled in. */
const [lockPlace, readyPlace, frontBytes] = [0, 1, 8]

/** How much memory a ledger needs. */
export function ledgerBytes(shape: LedgerShape): number {
  const limits = { quotas: { perUser: 0, perSource: 0, total: 0 }, challengeRate: 0, bindingRate: 0 }
  return frontBytes + octetsTaken((memory) => tables({ shape, limits, random: () => 0 }, memory, alone))
}

/** Cheap enough to be called by every worker; the first one fills the memory. */
export function createLedger(parts: LedgerParts): SharedLedger {
  const { shape, memory = new ArrayBuffer(ledgerBytes(shape)) } = parts
  const front = new Int32Array(memory, 0, 2)
  // Atomics can wait in shared memory only, and there is nobody to wait for in any other.
  const exclusively = createLock(front, lockPlace)
  return exclusively(() => {
    const ledger = tables(parts, sharedMemory(memory, frontBytes, front[readyPlace] === 0), exclusively)
    front[readyPlace] = 1
    return ledger
  })
}

function tables(parts: LedgerParts, memory: Memory, exclusively: Exclusively): SharedLedger {
  const { shape, random, limits } = parts
  const secret = octetsIn(memory, secretOctets)
  const seeds = wordsIn(memory, 1)
  if (memory.isFresh) {
    for (let place = 0; place < secret.length; place++) secret[place] = random(256)
    seeds[0] = random(2 ** 32)
  }
  const seed = seeds[0] ?? 0
  const quotas = { ...limits.quotas }
  const challenges = { perSecond: limits.challengeRate, seed, places: ratePlaces }
  const bindings = { perSecond: limits.bindingRate, seed, places: ratePlaces }
  const port = { ...shape, random }

  return {
    ports: { 4: createPorts(port, { memory, exclusively }), 6: createPorts(port, { memory, exclusively }) },
    quotas: createQuotas(quotas, { places: quotaPlaces(shape), seed, secret, memory, exclusively }),
    challenges: createRateLimit(challenges, memory),
    bindings: createRateLimit(bindings, memory),
    limit(next) {
      Object.assign(quotas, next.quotas)
      challenges.perSecond = next.challengeRate
      bindings.perSecond = next.bindingRate
    },
  }
}

/** A power of two of which the allocations that there can be, one for each port of both families, take half at most. */
function quotaPlaces({ min, max }: LedgerShape): number {
  return 2 ** Math.ceil(Math.log2(Math.max(4 * (max - min + 1), 64)))
}
