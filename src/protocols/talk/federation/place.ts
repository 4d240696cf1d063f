/** Where a federated room is: read from what a client asks for. */
import { readBackendUrl } from '../backend/urls.ts'
import type { JoinMessage } from '../connection-state.ts'

export interface Place {
  /** Of the WebSocket at the other signaling server. */
  readonly url: string
  /** Its host, for people. */
  readonly server: string
  /** The other Nextcloud, as the client names it. */
  readonly nextcloud: string
}

export interface FederatedJoin {
  readonly place: Place
  /** Shows the other Nextcloud's consent. */
  readonly token: string
  /** The room as this client knows it, and as the other server does. */
  readonly local: string
  readonly remote: string
}

const longestName = 512
const longestToken = 16_384

/** Undefined unless everything is there that has to be, and is what it has to be. */
export function readFederatedJoin({ room }: JoinMessage): FederatedJoin | undefined {
  const { roomid: local, federation } = room
  if (!local || !federation?.signaling || !federation.url || !federation.token) return undefined
  const { signaling, url: nextcloud, token, roomid } = federation
  // The other server's URL follows the rules of a Nextcloud's: no user, no query, nothing that two readers read as two.
  const base = readBackendUrl(signaling.replace(/^ws(?=s?:)/i, 'http'))
  if (!base.ok || !readBackendUrl(nextcloud).ok) return undefined
  const remote = roomid || local
  if (token.length > longestToken || local.length > longestName || remote.length > longestName) return undefined
  const url = `${base.value.replace(/^http/, 'ws')}spreed`
  return { place: { url, server: hostOf(url), nextcloud }, token, local, remote }
}

/** `host:port` of a URL in its one spelling. */
function hostOf(url: string): string {
  const start = url.indexOf('//') + 2
  return url.slice(start, url.indexOf('/', start))
}

export const samePlace = (one: Place, other: Place): boolean =>
  one.url === other.url && one.nextcloud === other.nextcloud
