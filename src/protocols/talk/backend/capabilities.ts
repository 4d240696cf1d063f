/** What Talk says it can do: how that is read, and how long an answer counts. */
import { z } from 'zod'
import { failure, type Result, success } from '../../../lib/result.ts'
import { list, object } from './lenient.ts'
import { type ReplyFault, readEnvelope } from './messages.ts'

export interface Capabilities {
  readonly features: ReadonlySet<string>
  /** `config.signaling["hello-v2-token-key"]`: PEM, or base64 of a raw Ed25519 key. */
  readonly helloKey: string | undefined
  /** `config.signaling["session-ping-limit"]`: how many entries a ping of several rooms may have. */
  readonly pingLimit: number | undefined
}

export const noCapabilities: Capabilities = { features: new Set(), helloKey: undefined, pingLimit: undefined }

const Spreed = z.looseObject({
  features: list(z.unknown()),
  config: object(
    z.looseObject({
      signaling: object(
        z.looseObject({
          'hello-v2-token-key': z.string().optional().catch(undefined),
          'session-ping-limit': z.number().int().positive().optional().catch(undefined),
        }),
      ),
    }),
  ).catch(undefined),
})

const CapabilitiesData = z
  .object({ capabilities: z.looseObject({ spreed: object(Spreed) }) })
  .meta({ id: 'backend-capabilities', description: "Nextcloud's capabilities, of which only Talk's count." })

/** Reads the body of an answer. Talk is missing from it when the app is off: then there are none. */
export function readCapabilities(body: string): Result<Capabilities, ReplyFault> {
  const envelope = readEnvelope(body)
  if (!envelope.ok) return envelope
  const data = CapabilitiesData.safeParse(envelope.value)
  if (!data.success) {
    return failure({ fault: 'unusable', reason: 'error_decoding_ocs_data', why: 'the capabilities are not an object' })
  }
  const { spreed } = data.data.capabilities
  const signaling = spreed?.config?.signaling
  return success({
    features: new Set((spreed?.features ?? []).filter((feature) => typeof feature === 'string')),
    helloKey: signaling?.['hello-v2-token-key'],
    pingLimit: signaling?.['session-ping-limit'],
  })
}

/** What came of asking. */
export type CapabilitiesAnswer =
  | { readonly came: 'new'; readonly capabilities: Capabilities; readonly freshness: Freshness }
  | { readonly came: 'unchanged'; readonly freshness: Freshness }
  | { readonly came: 'nothing' }

/** Two response headers. */
export interface Freshness {
  readonly cacheControl: string | undefined
  readonly etag: string | undefined
}

export interface Lookup {
  /** Whether they count without asking again. */
  readonly isFresh: boolean
  readonly capabilities: Capabilities
  /** For `If-None-Match`, should they be asked for. */
  readonly etag: string | undefined
}

export interface CapabilitiesCache {
  look(url: string, now: number): Lookup
  answered(url: string, answer: CapabilitiesAnswer, now: number): Capabilities
  /** Makes the next look ask again; at most once a minute. False if it is too soon. */
  invalidate(url: string, now: number): boolean
  /** Whether the key may be read again because a signature did not fit: at most once in 10 s per backend. */
  mayRereadKey(backend: string, now: number): boolean
}

/** Nextcloud is not asked more often than this, whatever it says. */
const shortestFresh = 60_000
const invalidateInterval = 60_000
const rereadInterval = 10_000
/** After a failure the former answer goes on counting for so long; without a former one the wait is short. */
const retryAfter = { known: 10_000, unknown: 1_000 }
/** Clients name the URL, and with `allowall` or below a configured prefix they may name any number of them. */
const mostUrls = 1000

interface Entry {
  capabilities: Capabilities | undefined
  etag: string | undefined
  mustRevalidate: boolean
  freshUntil: number
  mayInvalidateAt: number
}

/** Remembers answers by base URL. Times are ms. */
export function createCapabilitiesCache(): CapabilitiesCache {
  const entries = new Map<string, Entry>()
  const mayRereadAt = new Map<string, number>()

  const entryOf = (url: string): Entry => {
    const known = entries.get(url)
    if (known) return known
    const [oldest] = entries.keys()
    if (oldest !== undefined && entries.size >= mostUrls) entries.delete(oldest)
    const entry = {
      capabilities: undefined,
      etag: undefined,
      mustRevalidate: false,
      freshUntil: -1,
      mayInvalidateAt: -1,
    }
    entries.set(url, entry)
    return entry
  }

  return {
    look(url, now) {
      const entry = entries.get(url)
      return {
        isFresh: entry !== undefined && now < entry.freshUntil,
        capabilities: entry?.capabilities ?? noCapabilities,
        etag: entry?.capabilities ? entry.etag : undefined,
      }
    },
    answered(url, answer, now) {
      const entry = entryOf(url)
      if (answer.came === 'nothing') {
        if (entry.mustRevalidate) entry.capabilities = undefined
        entry.freshUntil = now + (entry.capabilities ? retryAfter.known : retryAfter.unknown)
      } else {
        if (answer.came === 'new') entry.capabilities = answer.capabilities
        const { maxAge, mustRevalidate } = readCacheControl(answer.freshness.cacheControl)
        entry.etag = answer.freshness.etag ?? (answer.came === 'new' ? undefined : entry.etag)
        entry.mustRevalidate = mustRevalidate
        entry.freshUntil = now + Math.max(shortestFresh, maxAge)
      }
      return entry.capabilities ?? noCapabilities
    },
    invalidate(url, now) {
      const entry = entryOf(url)
      if (now < entry.mayInvalidateAt) return false
      entry.mayInvalidateAt = now + invalidateInterval
      entry.freshUntil = now
      return true
    },
    mayRereadKey(backend, now) {
      if (now < (mayRereadAt.get(backend) ?? now)) return false
      mayRereadAt.set(backend, now + rereadInterval)
      return true
    },
  }
}

/** RFC 9111 5.2.2; `maxAge` in ms, 0 if the answer is not to be kept. A day at most. */
export function readCacheControl(header: string | undefined): {
  readonly maxAge: number
  readonly mustRevalidate: boolean
} {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim())
  const age = directives.map((directive) => /^max-age="?(\d{1,9})"?$/.exec(directive)?.[1]).find((seconds) => seconds)
  const noCache = directives.some((directive) => /^no-(?:cache|store)(?:=|$)/.test(directive))
  return {
    maxAge: noCache || age === undefined ? 0 : Math.min(Number(age), 86_400) * 1000,
    mustRevalidate: directives.includes('must-revalidate'),
  }
}
