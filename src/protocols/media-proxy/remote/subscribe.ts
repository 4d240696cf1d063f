/** Subscribing to a publisher that is at another proxy. */
import type { CommandOf } from '../../../sfu/proxy/messages.ts'
import { subscribe, usualBitrate } from '../clients.ts'
import { refuse } from '../deliver.ts'
import { examine } from '../examine.ts'
import type { Client, Session } from '../model.ts'
import type { State } from '../state.ts'
import { pullOf } from './pulls.ts'

/** Bounds the connections that signaling servers can have us make. */
const mostOthers = 1_000

/** `here`: the publisher, if it is at this proxy after all. */
export function subscribeElsewhere(
  state: State,
  session: Session,
  request: string | undefined,
  { publisherId, streamType, remoteUrl, remoteToken }: CommandOf<'create-subscriber'>,
  here: Client | undefined,
): void {
  const url = remoteUrl ?? ''
  if (!state.settings.remote) return refuse(state, session, request, 'unsupported_subscriber')
  if (!remoteToken || !isProxyUrl(url)) return refuse(state, session, request, 'invalid_format')
  const claims = examine(state, remoteToken)
  if (!claims.ok) {
    const { code, reason, skew } = claims.error
    state.note({
      fact: 'proxy-token-refused',
      session: session.number,
      reason,
      ...(skew === undefined ? {} : { skew }),
    })
    return refuse(state, session, request, code)
  }
  // The token is good for one publisher only.
  if (claims.value.subject !== publisherId) return refuse(state, session, request, 'auth_failed')
  if (here) {
    const { stream, bitrate } = here
    return subscribe(state, session, request, { stream, pull: undefined, bitrate })
  }
  if (!state.others.has(url) && state.others.size >= mostOthers) {
    return refuse(state, session, request, 'internal_error')
  }
  const stream = { publisher: publisherId, type: streamType }
  const pull = pullOf(state, url, stream)
  subscribe(state, session, request, { stream, pull, bitrate: usualBitrate(state, streamType) })
}

function isProxyUrl(text: string): boolean {
  if (!/^(?:https?|wss?):\/\//i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === '' && !/[?#]/.test(text)
}
