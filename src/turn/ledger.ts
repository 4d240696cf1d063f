/** What all workers of one TURN server share: relay ports, quotas, and how often strangers are answered. */
import type { Ports } from './ports.ts'
import type { Quotas } from './quota.ts'
import type { RateLimit } from './rate.ts'

export interface Ledger {
  readonly ports: { readonly 4: Ports; readonly 6: Ports }
  readonly quotas: Quotas
  /** 400, 401 and 438 answers to those of whom we know nothing. */
  readonly challenges: RateLimit
  readonly bindings: RateLimit
}
