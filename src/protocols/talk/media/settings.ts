/** What the operator wishes of media through the SFU. */
import type { CandidateFilter } from '../../../sfu/candidates.ts'
import type { StreamType } from '../../../sfu/stream.ts'
import type { Backend } from '../backend/backends.ts'

export interface MediaSettings {
  /** Bits per second; 0 is no limit. The SFU keeps to them by itself. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
  readonly candidates: CandidateFilter
  /** Whether streams outside of one's own call may be had. */
  readonly allowSubscribeAny: boolean
}

/** The least of the limits that there are; 0 if there is none. */
const least = (...limits: readonly number[]): number => {
  const known = limits.filter((limit) => limit > 0)
  return known.length === 0 ? 0 : Math.min(...known)
}

/** What a client is told that it may send. */
export function bandwidthOf(
  backend: Backend,
  media: MediaSettings | undefined,
): { readonly maxstreambitrate?: number; readonly maxscreenbitrate?: number } | undefined {
  const stream = least(backend.maxStreamBitrate, media?.maxStreamBitrate ?? 0)
  const screen = least(backend.maxScreenBitrate, media?.maxScreenBitrate ?? 0)
  if (stream === 0 && screen === 0) return undefined
  return {
    ...(stream === 0 ? {} : { maxstreambitrate: stream }),
    ...(screen === 0 ? {} : { maxscreenbitrate: screen }),
  }
}

/** What the SFU is asked to give a publisher: his wish, as far as his backend lets him. */
export const bitrateFor = (backend: Backend, type: StreamType, wish: number): number =>
  least(wish, type === 'screen' ? backend.maxScreenBitrate : backend.maxStreamBitrate)
