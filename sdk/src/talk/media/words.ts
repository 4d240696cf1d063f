/** What a Talk client and an SFU behind the server tell each other about media, inside the data of messages. */
import { isObject, type JsonObject, objectAt, textAt } from '../../core/json.ts'
import { type Candidate, readCandidate } from '../../rtc/signal.ts'

/** `screen` is a stream of its own; of `audio` and `video` a session has one, which may carry both. */
export type StreamType = 'audio' | 'video' | 'screen'

/** What the server says to a stream of ours or to one that we get. `sid` names the peer connection that is meant. */
export type MediaMessage = { readonly stream: StreamType; readonly sid: string | undefined } & (
  | { readonly kind: 'offer'; readonly sdp: string; readonly update: boolean }
  | { readonly kind: 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: Candidate | null }
  /** About a stream of ours: the SFU has lost it. About another's: it is not shared any more. */
  | { readonly kind: 'unshared' }
)

/** How a stream is to be sent; what is missing is left to the server. */
export interface PublishOptions {
  /** Bits per second. */
  readonly bitrate?: number | undefined
  readonly audioCodec?: string | undefined
  readonly videoCodec?: string | undefined
  readonly vp9Profile?: string | undefined
  readonly h264Profile?: string | undefined
  /** Pictures in three sizes, so that each receiver can choose (`select()`). */
  readonly simulcast?: boolean | undefined
}

/** Which part of a stream is wanted; what is missing stays as it is. */
export interface Selection {
  /** Of pictures in three sizes: 0 the smallest, 2 the largest. */
  readonly substream?: number | undefined
  /** Of how many pictures a second: 0 the fewest. */
  readonly temporal?: number | undefined
  readonly audio?: boolean | undefined
  readonly video?: boolean | undefined
}

export const offerData = (stream: StreamType, sid: string, sdp: string, options: PublishOptions): JsonObject => ({
  type: 'offer',
  roomType: stream,
  sid,
  payload: { type: 'offer', sdp },
  ...(options.bitrate === undefined ? {} : { bitrate: options.bitrate }),
  ...(options.audioCodec === undefined ? {} : { audiocodec: options.audioCodec }),
  ...(options.videoCodec === undefined ? {} : { videocodec: options.videoCodec }),
  ...(options.vp9Profile === undefined ? {} : { vp9profile: options.vp9Profile }),
  ...(options.h264Profile === undefined ? {} : { h264profile: options.h264Profile }),
})

export const answerData = (stream: StreamType, sid: string | undefined, sdp: string): JsonObject => ({
  type: 'answer',
  roomType: stream,
  ...meant(sid),
  payload: { type: 'answer', sdp },
})

export const candidateData = (
  stream: StreamType,
  sid: string | undefined,
  candidate: Candidate | null,
): JsonObject => ({
  type: candidate ? 'candidate' : 'endOfCandidates',
  roomType: stream,
  ...meant(sid),
  payload: candidate ? { candidate } : {},
})

export const requestData = (stream: StreamType): JsonObject => ({ type: 'requestoffer', roomType: stream })

export const selectData = (stream: StreamType, sid: string | undefined, selection: Selection): JsonObject => ({
  type: 'selectStream',
  roomType: stream,
  ...meant(sid),
  payload: { ...selection },
})

/** The server is to offer our screen to somebody. */
export const screenOfferData: JsonObject = { type: 'sendoffer', roomType: 'screen' }

export const unshareData: JsonObject = { type: 'unshareScreen', roomType: 'screen', payload: {} }

const meant = (sid: string | undefined): JsonObject => (sid === undefined ? {} : { sid })

/** Undefined if the data is something else. */
export function readMedia(data: unknown): MediaMessage | undefined {
  const type = textAt(data, 'type')
  const roomType = textAt(data, 'roomType')
  if (!isObject(data) || (roomType !== 'audio' && roomType !== 'video' && roomType !== 'screen')) return undefined
  const payload = objectAt(data, 'payload')
  const about = { stream: roomType, sid: textAt(data, 'sid') } as const
  switch (type) {
    case 'offer': {
      const sdp = textAt(payload, 'sdp')
      // Some servers say it beside the payload, some inside.
      const update = data['update'] === true || payload['update'] === true
      return sdp === undefined ? undefined : { ...about, kind: 'offer', sdp, update }
    }
    case 'answer': {
      const sdp = textAt(payload, 'sdp')
      return sdp === undefined ? undefined : { ...about, kind: 'answer', sdp }
    }
    case 'candidate': {
      const candidate = readCandidate(payload['candidate'])
      return candidate === undefined ? undefined : { ...about, kind: 'candidate', candidate }
    }
    case 'endOfCandidates':
      return { ...about, kind: 'candidate', candidate: null }
    case 'unshareScreen':
      return { ...about, kind: 'unshared' }
    default:
      return undefined
  }
}
