/** The world of an SFU's machine as it is in earnest: WebSockets, the DNS, the clock. */
import { lookup } from 'node:dns/promises'
import { createAlarm, now } from './clock.ts'
import { dial } from './dial.ts'
import type { SfuWorld } from './run-sfu.ts'

export interface SfuLinkSettings {
  /** Accepts any certificate. */
  readonly skipVerify: boolean
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
  /** ms until a link has to be open. */
  readonly timeout: number
}

/** Bytes; an SFU is ours, but what is read of it is bounded all the same. */
const longestMessage = 4_194_304
/** ms: nothing to a call that takes seconds to begin, and fewer writes while many join it. */
const gather = 2

export function createSfuWorld(
  { skipVerify, authorities, timeout }: SfuLinkSettings,
  ears: Pick<SfuWorld, 'tell' | 'note' | 'broke'>,
): SfuWorld & Disposable {
  const alarm = createAlarm()
  return {
    ...ears,
    now,
    wakeAt: alarm.wakeAt,
    dial: (target, events) => dial({ ...target, skipVerify, authorities, timeout, longestMessage, gather }, events),
    lookUp: async (host) => {
      try {
        return (await lookup(host, { all: true })).map(({ address }) => address)
      } catch {
        return []
      }
    },
    [Symbol.dispose]: () => alarm[Symbol.dispose](),
  }
}
