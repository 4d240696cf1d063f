/** What is sent and received through an SFU: streams, and the two kinds of legs that carry them. */

declare const brand: unique symbol

/** One end of media at the SFU, a publisher's or a subscriber's. Numbered by whoever asks for it; never used twice. */
export type LegId = number & { readonly [brand]: 'leg' }
export const legId = (n: number): LegId => n as LegId

/** `screen` is a second publisher of the same session; `audio` and `video` are the first, as its client calls it. */
export type StreamType = 'audio' | 'video' | 'screen'
export const isStreamType = (text: string): text is StreamType =>
  text === 'audio' || text === 'video' || text === 'screen'

/** Which stream: whose, and of what kind. `publisher` is the public id of the session that sends it. */
export interface Stream {
  readonly publisher: string
  readonly type: StreamType
}
export const streamKey = ({ publisher, type }: Stream): string => `${publisher}|${type}`

/** Bits of `mediatypes` in the proxy protocol. */
export const mediaTypes = { audio: 1, video: 2, screen: 4 } as const

/** What a publisher wishes for. Undefined (bitrate: 0) leaves it to the SFU. */
export interface PublishSettings {
  /** Bits per second. */
  readonly bitrate: number
  /** A sum of `mediaTypes`. */
  readonly mediaTypes: number
  readonly audioCodec?: string | undefined
  readonly videoCodec?: string | undefined
  readonly vp9Profile?: string | undefined
  readonly h264Profile?: string | undefined
}

/** Which layers and media of a stream a subscriber wants; what is missing stays as it is. */
export interface Selection {
  readonly substream?: number | undefined
  readonly temporal?: number | undefined
  readonly audio?: boolean | undefined
  readonly video?: boolean | undefined
}

/** As browsers spell it; an empty `candidate` is the end of candidates. */
export interface Candidate {
  readonly candidate: string
  readonly sdpMid?: string | null | undefined
  readonly sdpMLineIndex?: number | null | undefined
  readonly [field: string]: unknown
}

/** One line of media of a publisher, in the words of Janus and of the proxy protocol (`get-publisher-streams`). */
export interface PublisherStream {
  readonly mid: string
  readonly mindex: number
  readonly type: string
  readonly description?: string | undefined
  readonly disabled?: boolean | undefined
  readonly codec?: string | undefined
  readonly stereo?: boolean | undefined
  readonly fec?: boolean | undefined
  readonly dtx?: boolean | undefined
  readonly simulcast?: boolean | undefined
  readonly svc?: boolean | undefined
  readonly h264_profile?: string | undefined
  readonly vp9_profile?: string | undefined
  readonly videoorient_ext_id?: number | undefined
  readonly playoutdelay_ext_id?: number | undefined
}

/** Another Janus to which a publisher's media is copied. */
export interface RemoteReceiver {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly rtcpPort: number
}
