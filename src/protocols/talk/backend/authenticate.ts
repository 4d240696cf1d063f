/** Whether a request to `/api/v1/room/…` comes from a configured Nextcloud, and if not, the reason in words for the log. */
import { failure, type Result, success } from '../../../lib/result.ts'
import type { Backend, Backends } from './backends.ts'
import { verifyChecksum } from './checksum.ts'
import { readBackendUrl, type UrlFault } from './urls.ts'

/** The three headers of a request; null or empty where one is missing. */
export interface Signature {
  /** `Spreed-Signaling-Backend` */
  readonly claimed: string | null
  readonly random: string | null
  readonly checksum: string | null
}

export type SignatureRefusal =
  | { readonly failed: 'headers'; readonly missing: readonly string[] }
  | { readonly failed: 'url'; readonly claimed: string; readonly fault: UrlFault | 'not configured' }
  /** `backends`: whose secret was tried. */
  | { readonly failed: 'checksum'; readonly claimed: string | undefined; readonly backends: readonly string[] }

/** The backend that signed the body. Without a claimed URL (old versions of Talk) every secret is tried. */
export function authenticate(
  backends: Backends,
  signature: Signature,
  body: string | Uint8Array,
): Result<Backend, SignatureRefusal> {
  const { claimed, random, checksum } = signature
  if (!random || !checksum) {
    const missing = [...(random ? [] : ['random']), ...(checksum ? [] : ['checksum'])]
    return failure({ failed: 'headers', missing })
  }
  const candidates = claimed ? byClaim(backends, claimed) : success(backends.all())
  if (!candidates.ok) return candidates
  // All are tried even after a match, so that the time does not tell whose secret it was.
  const matches = candidates.value.filter(({ secret }) => verifyChecksum(secret, random, body, checksum))
  const [backend] = matches
  if (backend) return success(backend)
  return failure({ failed: 'checksum', claimed: claimed || undefined, backends: candidates.value.map(({ id }) => id) })
}

function byClaim(backends: Backends, claimed: string): Result<readonly Backend[], SignatureRefusal> {
  const url = readBackendUrl(claimed)
  if (!url.ok) return failure({ failed: 'url', claimed, fault: url.error })
  const backend = backends.byUrl(url.value)
  return backend ? success([backend]) : failure({ failed: 'url', claimed, fault: 'not configured' })
}

/** One sentence for the operator's log: what was claimed, what is configured, what did not fit. Holds no secret. */
export function explainRefusal(backends: Backends, refusal: SignatureRefusal): string {
  const configured = `configured: ${shortened(backends.accepted().join(', ') || 'none', 1000)}`
  switch (refusal.failed) {
    case 'headers':
      return `the request is not signed (no ${refusal.missing.join(' and no ')}); a proxy may have removed headers`
    case 'url':
      return refusal.fault === 'not configured'
        ? `no backend is configured for ${quoted(refusal.claimed)}; ${configured}`
        : `the claimed backend ${quoted(refusal.claimed)} is no usable URL (${refusal.fault}); ${configured}`
    case 'checksum': {
      const who = refusal.claimed === undefined ? 'no backend was claimed' : `claimed ${quoted(refusal.claimed)}`
      const ids = refusal.backends.map((id) => quoted(id)).join(', ') || 'none'
      return `the checksum does not fit: the secret differs from the one in Talk's settings, or something changed the body; ${who}, tried the secret of ${ids}; ${configured}`
    }
  }
}

const quoted = (text: string): string => JSON.stringify(shortened(text, 200))
const shortened = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)
