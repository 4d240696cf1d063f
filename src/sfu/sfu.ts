/**
 * The port to an SFU, one shape for Janus and for media proxies: commands in, events out. A machine without IO: it is
 * handed what happened on its links (connections to Janus or to proxies) and answers with what to do.
 */
import type { SfuFact } from './facts.ts'
import type {
  Candidate,
  LegId,
  PublisherStream,
  PublishSettings,
  RemoteReceiver,
  Selection,
  Stream,
  StreamType,
} from './stream.ts'

/** Whence the client of a leg comes: proxies are chosen by it. */
export interface Origin {
  /** Two letters, upper case; undefined if unknown. */
  readonly country: string | undefined
}

/** What is said on a leg. An offer is a publisher's; answers are a subscriber's. */
export type Saying =
  | { readonly say: 'offer'; readonly sdp: string }
  | { readonly say: 'answer'; readonly sdp: string }
  | { readonly say: 'candidate'; readonly candidate: Candidate }
  /** A subscriber wants an offer: a new connection, or with its present sid an update of that one. */
  | { readonly say: 'request-offer'; readonly selection: Selection | undefined }
  | { readonly say: 'select'; readonly selection: Selection }

/**
 * `request` numbers are the asker's. Each is answered exactly once, within the SFU's time limit, by an event that bears
 * it: `answer`, `offer`, `done`, `streams`, `receiving` or `failed`.
 */
export type SfuCommand =
  /** Makes a publisher leg. `opened` follows, or `closed`; what is said on it meanwhile waits. `sid` is the client's own. */
  | {
      readonly do: 'publish'
      readonly leg: LegId
      readonly stream: Stream
      readonly sid: string | undefined
      readonly settings: PublishSettings
      readonly origin: Origin
    }
  /**
   * Makes a subscriber leg, also when nobody publishes the stream yet. It lives until it is closed: when its publisher
   * goes it waits for the next one of the same stream, and has a new offer then.
   */
  | { readonly do: 'subscribe'; readonly leg: LegId; readonly stream: Stream; readonly origin: Origin }
  /** `sid`: the connection that is meant, if the client named one; a stale one fails. */
  | {
      readonly do: 'say'
      readonly leg: LegId
      readonly request: number
      readonly sid: string | undefined
      readonly saying: Saying
    }
  /** Ends a leg; nothing is heard of it any more, and what it asked is not answered. */
  | { readonly do: 'close'; readonly leg: LegId }
  /** Which media a publisher leg sends (answered by `streams`). */
  | { readonly do: 'list-streams'; readonly leg: LegId; readonly request: number }
  /** Starts and stops copying a publisher's media to another Janus (answered by `done`). */
  | { readonly do: 'forward'; readonly leg: LegId; readonly request: number; readonly to: RemoteReceiver }
  | { readonly do: 'stop-forwarding'; readonly leg: LegId; readonly request: number; readonly to: RemoteReceiver }
  /** Makes a publisher leg whose media comes from another Janus (answered by `receiving`). */
  | {
      readonly do: 'receive'
      readonly leg: LegId
      readonly request: number
      readonly stream: Stream
      readonly streams: readonly PublisherStream[]
    }

export type SfuFailure =
  /** The leg does not exist (any more). */
  | 'unknown leg'
  /** The sid is not that of the present connection. */
  | 'stale sid'
  /** Nobody publishes the stream, and nobody did so in time. */
  | 'no publisher'
  | 'timeout'
  /** No Janus, or no proxy that takes it. */
  | 'not available'
  /** Janus or the proxy said no. */
  | 'refused'

export type SfuEvent =
  /** The leg exists at the SFU. `bitrate` (bits per second) is what it may send at most. */
  | { readonly event: 'opened'; readonly leg: LegId; readonly sid: string; readonly bitrate?: number | undefined }
  | {
      readonly event: 'answer'
      readonly leg: LegId
      readonly request: number
      readonly sid: string
      readonly sdp: string
    }
  /** Without a request: an offer that nobody asked for. `update`: for the connection that the client has already. */
  | {
      readonly event: 'offer'
      readonly leg: LegId
      readonly request: number | undefined
      readonly sid: string
      readonly update: boolean
      readonly sdp: string
    }
  | { readonly event: 'candidate'; readonly leg: LegId; readonly sid: string; readonly candidate: Candidate }
  | { readonly event: 'done'; readonly leg: LegId; readonly request: number }
  | {
      readonly event: 'streams'
      readonly leg: LegId
      readonly request: number
      readonly streams: readonly PublisherStream[]
    }
  | {
      readonly event: 'receiving'
      readonly leg: LegId
      readonly request: number
      readonly port: number
      readonly rtcpPort: number
    }
  /** `why` is for the client by its kind, `detail` for the log. */
  | {
      readonly event: 'failed'
      readonly leg: LegId
      readonly request: number
      readonly why: SfuFailure
      readonly detail: string
    }
  /** A subscriber's publisher is gone, or the SFU: the leg waits for the next one. */
  | { readonly event: 'interrupted'; readonly leg: LegId }
  /**
   * The leg is gone. `lost`: the SFU died under it, and its client is to publish again; `ended`: the peer connection
   * ended; `refused`: it could not be made.
   */
  | {
      readonly event: 'closed'
      readonly leg: LegId
      readonly why: 'lost' | 'ended' | 'refused'
      readonly detail: string
    }
  /** Whether media can be had at all has changed. */
  | { readonly event: 'available'; readonly is: boolean }

/** A connection to Janus or to a proxy, numbered by the machine; never used twice. */
export type Link = number

export type SfuEffect =
  /** Opens a WebSocket; `linkOpened` or `linkClosed` follows. `address`: where the host of the url is to be looked for. */
  | {
      readonly do: 'dial'
      readonly link: Link
      readonly url: string
      readonly subprotocol?: string | undefined
      readonly address?: string | undefined
    }
  | { readonly do: 'send'; readonly link: Link; readonly text: string }
  /** `linkClosed` does not follow. */
  | { readonly do: 'hang-up'; readonly link: Link }
  /** Asks the DNS; `lookedUp` follows. */
  | { readonly do: 'look-up'; readonly host: string }
  | { readonly do: 'tell'; readonly event: SfuEvent }
  | { readonly do: 'note'; readonly fact: SfuFact }
export type SfuEffects = readonly SfuEffect[]

/** Numbers for gauges: `signaling_mcu_*`. */
export interface SfuCensus {
  readonly publishers: Readonly<Record<StreamType, number>>
  readonly subscribers: Readonly<Record<StreamType, number>>
  /** Connections to Janus, or to proxies. */
  readonly connections: number
  /** Media that Janus receives, and how often it is passed on; video of a screen counts as `screen`. */
  readonly publisherStreams?: Readonly<Record<StreamType, number>> | undefined
  readonly subscriberStreams?: Readonly<Record<StreamType, number>> | undefined
  /** Proxies that are connected. */
  readonly proxies?: readonly ProxyCensus[] | undefined
}

export interface ProxyCensus {
  readonly url: string
  /** Empty if it is not known. */
  readonly country: string
  readonly load: number
  /** Percent of what it may use; undefined without a limit. */
  readonly usage: { readonly incoming: number | undefined; readonly outgoing: number | undefined }
  /** Bytes per second. */
  readonly bandwidth: { readonly incoming: number; readonly outgoing: number } | undefined
}

/** Times are milliseconds, all of the same clock. */
export interface SfuMachine {
  started(now: number): SfuEffects
  commanded(command: SfuCommand, now: number): SfuEffects
  linkOpened(link: Link, now: number): SfuEffects
  linkReceived(link: Link, text: string, now: number): SfuEffects
  linkClosed(link: Link, why: string, now: number): SfuEffects
  /** No addresses: the name could not be resolved. */
  lookedUp(host: string, addresses: readonly string[], now: number): SfuEffects
  expired(now: number): SfuEffects
  nextDeadline(): number | undefined
  readonly isAvailable: boolean
  census(): SfuCensus
  /** The field `mcu` of /api/v1/stats, and `sfu` of /api/v1/serverinfo (talk.md 1.1). */
  stats(): unknown
  serverInfo(): unknown
  /** Says farewell to the SFU: nothing stays behind there. */
  stopped(now: number): SfuEffects
}

/** What both ways to an SFU are told of the operator's wishes; may change while running. */
export interface SfuLimits {
  /** Bits per second. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
  /** How long (ms) a request may take. */
  readonly timeout: number
}
