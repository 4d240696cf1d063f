/** Who a Talk client is, as Nextcloud's signaling settings say it, and what its hello is made of. */
import { UsageError } from '../core/errors.ts'
import { readIceServerList } from '../rtc/ice-servers.ts'

/** What GET …/apps/spreed/api/v3/signaling/settings answers, as far as it is needed here. */
export interface TalkSettings {
  /** Base URL of the signaling server: https://… or wss://…, with or without /spreed. */
  readonly server: string
  /** Base URL of the Nextcloud that vouches for us. */
  readonly backend: string
  readonly helloAuthParams: {
    /** A ticket, which Nextcloud is asked about. */
    readonly '1.0'?: { readonly userid?: string | null | undefined; readonly ticket: string } | undefined
    /** A token, which Nextcloud has signed. */
    readonly '2.0'?: { readonly token: string } | undefined
  }
  /** For peer connections, unless the client is given others. */
  readonly stunservers?: readonly RTCIceServer[] | undefined
  readonly turnservers?: readonly RTCIceServer[] | undefined
}

/** A client of the server's operator, for example a recorder. */
export interface InternalSettings {
  readonly server: string
  readonly backend: string
  /** `token`: hex HMAC-SHA256 of `random` (32 characters and more) with the server's internal secret. */
  readonly internal: { readonly random: string; readonly token: string }
}

export interface SettingsContext {
  /** Why they are wanted: the first time, after a lost session, or because what was in them was refused. */
  readonly why: 'first' | 'reconnect' | 'refused'
  readonly attempt: number
  /** The refusal's code, for example token_expired. */
  readonly code?: string | undefined
}

export type SettingsSource =
  | TalkSettings
  | InternalSettings
  | ((context: SettingsContext) => Promise<TalkSettings | InternalSettings>)

/** Those of Nextcloud's. */
export const iceServersOf = (settings: TalkSettings | InternalSettings | undefined): readonly RTCIceServer[] =>
  settings && 'helloAuthParams' in settings
    ? readIceServerList([...(settings.stunservers ?? []), ...(settings.turnservers ?? [])])
    : []

/** https://host/standalone-signaling/ → wss://host/standalone-signaling/spreed */
export function socketUrl(server: string): string {
  const url = new URL(server)
  if (url.protocol === 'https:') url.protocol = 'wss:'
  else if (url.protocol === 'http:') url.protocol = 'ws:'
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith('/spreed') ? path : `${path}/spreed`
  return url.href
}

/** The body of a hello: with the token if the server takes one and we have it, else with the ticket. */
export function helloBody(
  settings: TalkSettings | InternalSettings,
  serverFeatures: ReadonlySet<string>,
  features: readonly string[],
): unknown {
  if ('internal' in settings) {
    const params = { ...settings.internal, backend: settings.backend }
    return { version: '1.0', features, auth: { type: 'internal', params } }
  }
  const { helloAuthParams } = settings
  const token = helloAuthParams['2.0']
  const ticket = helloAuthParams['1.0']
  const url = `${settings.backend.replace(/\/+$/, '')}/ocs/v2.php/apps/spreed/api/v3/signaling/backend`
  if (token && (!ticket || serverFeatures.has('hello-v2'))) {
    return { version: '2.0', features, auth: { url, params: { token: token.token } } }
  }
  if (!ticket) throw new UsageError('the settings hold neither a token nor a ticket')
  return { version: '1.0', features, auth: { url, params: { userid: ticket.userid ?? '', ticket: ticket.ticket } } }
}
