/** What the data of a message holds when it is about media through the SFU, and what makes it unusable. */
import { z } from 'zod'
import { type CandidateLine, parseCandidate } from '../../../sfu/candidates.ts'
import { parseSdp, type Sdp } from '../../../sfu/sdp.ts'
import { type Candidate, isStreamType, type Selection, type StreamType } from '../../../sfu/stream.ts'
import { optional } from './body.ts'

const longestSid = 256
/** A token, which Janus can read: not every text that is JSON here is JSON to it. */
const mid = /^[\x20-\x7e]{0,256}$/

/** Names of codecs and profiles go to the SFU as they are. */
const codec = optional(z.string().regex(/^[\w,.+-]{0,64}$/))

export const MediaData = z
  .object({
    type: z.enum([
      'offer',
      'answer',
      'candidate',
      'endOfCandidates',
      'requestoffer',
      'sendoffer',
      'selectStream',
      'unshareScreen',
    ]),
    roomType: optional(z.enum(['', 'audio', 'video', 'screen'])).describe('which stream; empty is video'),
    sid: optional(z.string().max(longestSid)).describe(
      'which connection is meant; another than the present one is refused',
    ),
    payload: optional(z.record(z.string(), z.unknown())).describe(
      'offer, answer: `sdp`; candidate: `candidate`, an object with the line as `candidate`; requestoffer, sendoffer, selectStream: `substream`, `temporal`, `audio`, `video`',
    ),
    bitrate: optional(z.number().nonnegative()).describe('offer: bits per second that are enough'),
    audiocodec: codec.describe('offer: codecs in order of preference, separated by commas'),
    videocodec: codec.describe('offer: likewise'),
    vp9profile: codec.describe('offer'),
    h264profile: codec.describe('offer'),
  })
  .meta({
    id: 'message (data)',
    description:
      'The `data` of a message to a session when media goes through the SFU. An offer publishes, whoever the recipient is; candidates to the own session belong to what it publishes; everything else is about a stream of the recipient.',
  })
type MediaData = z.infer<typeof MediaData>

export interface OfferWishes {
  /** 0: none. */
  readonly bitrate: number
  readonly audioCodec?: string | undefined
  readonly videoCodec?: string | undefined
  readonly vp9Profile?: string | undefined
  readonly h264Profile?: string | undefined
}

/** One media message, checked. */
export type MediaWord = { readonly stream: StreamType; readonly sid: string | undefined } & (
  | { readonly type: 'offer'; readonly sdp: string; readonly parsed: Sdp; readonly wishes: OfferWishes }
  | { readonly type: 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: Candidate; readonly line: CandidateLine | 'end' }
  | { readonly type: 'requestoffer' | 'sendoffer' | 'selectStream'; readonly selection: Selection | undefined }
  | { readonly type: 'unshareScreen' }
)

export type MediaFault =
  | 'invalid_format'
  | 'no_sdp'
  | 'invalid_sdp'
  | 'no_candidate'
  | 'invalid_candidate'
  | 'processing_failed'

export type MediaRead =
  /** No object, or about something else: it is passed on. */
  | { readonly kind: 'other' }
  | { readonly kind: 'fault'; readonly code: MediaFault; readonly stream: StreamType }
  | { readonly kind: 'media'; readonly word: MediaWord }

const other: MediaRead = { kind: 'other' }
const types: ReadonlySet<unknown> = new Set(MediaData.shape.type.options)

/** Looks at the data of a message as the original does where it has an SFU: an object has a type and a known stream. */
export function readMedia(data: unknown): MediaRead {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return other
  const { type, roomType } = data as { readonly type?: unknown; readonly roomType?: unknown }
  const stream = typeof roomType === 'string' && isStreamType(roomType) ? roomType : 'video'
  const fault = (code: MediaFault): MediaRead => ({ kind: 'fault', code, stream })
  if (type === undefined || type === null || type === '') return fault('invalid_format')
  if (typeof roomType === 'string' && roomType !== '' && !isStreamType(roomType)) return fault('invalid_format')
  if (!types.has(type)) return other
  if (type === 'candidate') {
    const word = readCandidate(data, stream)
    return typeof word === 'string' ? fault(word) : { kind: 'media', word }
  }
  const checked = isPlainMedia(data) ? { success: true as const, data } : MediaData.safeParse(data)
  if (!checked.success) return fault(faultOf(type, checked.error))
  const word = readWord(checked.data, stream)
  return typeof word === 'string' ? fault(word) : { kind: 'media', word }
}

/**
 * A quick look at data whose type and stream are known already, that says yes to nearly everything the schema accepts and
 * to nothing else: every connection of a call begins with such messages. Property-tested against it.
 */
export function isPlainMedia(data: object): data is MediaData {
  const { sid, payload, bitrate, audiocodec, videocodec, vp9profile, h264profile } = data as Record<string, unknown>
  if (sid !== undefined && (typeof sid !== 'string' || sid.length > longestSid)) return false
  if (payload !== undefined && !isPlainObject(payload)) return false
  if (bitrate !== undefined && !(typeof bitrate === 'number' && bitrate >= 0 && bitrate < Number.POSITIVE_INFINITY))
    return false
  return audiocodec === undefined && videocodec === undefined && vp9profile === undefined && h264profile === undefined
}

const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** A description without its SDP has a code of its own, whatever its payload is instead. */
function faultOf(type: unknown, { issues }: z.ZodError): MediaFault {
  if (!issues.every(({ path }) => path[0] === 'payload')) return 'invalid_format'
  return type === 'offer' || type === 'answer' ? 'no_sdp' : 'invalid_format'
}

/** The word, or what is wrong with it. */
function readWord(data: MediaData, stream: StreamType): MediaWord | MediaFault {
  const { type } = data
  const common = { stream, sid: data.sid || undefined }
  switch (type) {
    case 'offer':
    case 'answer': {
      const { sdp } = data.payload ?? {}
      if (sdp === undefined || sdp === null) return 'no_sdp'
      const parsed = typeof sdp === 'string' ? parseSdp(sdp) : undefined
      if (typeof sdp !== 'string' || !parsed) return 'invalid_sdp'
      if (type === 'answer') return { ...common, type, sdp }
      return { ...common, type, sdp, parsed, wishes: wishesOf(data) }
    }
    case 'candidate':
      return readCandidate(data, stream)
    case 'endOfCandidates':
      return { ...common, type: 'candidate', candidate: { candidate: '' }, line: 'end' }
    case 'requestoffer':
    case 'sendoffer':
    case 'selectStream': {
      const selection = readSelection(data.payload ?? {})
      return selection ? { ...common, type, ...selection } : 'processing_failed'
    }
    case 'unshareScreen':
      return { ...common, type }
  }
}

function wishesOf({ bitrate, audiocodec, videocodec, vp9profile, h264profile }: MediaData): OfferWishes {
  return {
    bitrate: Math.trunc(bitrate ?? 0),
    ...(audiocodec ? { audioCodec: audiocodec } : {}),
    ...(videocodec ? { videoCodec: videocodec } : {}),
    ...(vp9profile ? { vp9Profile: vp9profile } : {}),
    ...(h264profile ? { h264Profile: h264profile } : {}),
  }
}

/** By hand and not by the schema: of all that is said while a call begins, most are candidates. */
function readCandidate(data: object, stream: StreamType): MediaWord | MediaFault {
  const { sid, payload } = data as { readonly sid?: unknown; readonly payload?: unknown }
  if (typeof sid === 'string' ? sid.length > longestSid : sid !== undefined && sid !== null) return 'invalid_format'
  if (!isObject(payload) || payload['candidate'] === undefined) return 'no_candidate'
  const candidate = candidateIn(payload['candidate'])
  if (!candidate) return 'invalid_candidate'
  const line = parseCandidate(candidate.candidate)
  return line
    ? { type: 'candidate', stream, sid: typeof sid === 'string' && sid !== '' ? sid : undefined, candidate, line }
    : 'invalid_candidate'
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** What an SFU looks at and nothing else, so that nobody sends it whatever he likes; the line itself is another matter. */
function candidateIn(value: unknown): Candidate | undefined {
  if (!isObject(value)) return undefined
  const { candidate, sdpMid, sdpMLineIndex } = value
  if (typeof candidate !== 'string') return undefined
  if (sdpMid !== undefined && sdpMid !== null && !(typeof sdpMid === 'string' && mid.test(sdpMid))) return undefined
  if (sdpMLineIndex !== undefined && sdpMLineIndex !== null && typeof sdpMLineIndex !== 'number') return undefined
  return { candidate, sdpMid, sdpMLineIndex }
}

/** Numbers may have a fraction, as in the original. Nothing chosen is no selection. */
function readSelection(
  payload: Readonly<Record<string, unknown>>,
): { readonly selection: Selection | undefined } | undefined {
  const { substream, temporal, audio, video } = payload
  if (![substream, temporal].every(isAbsentOrLayer) || ![audio, video].every(isAbsentOrFlag)) return undefined
  const selection: Selection = {
    ...(typeof substream === 'number' ? { substream: Math.trunc(substream) } : {}),
    ...(typeof temporal === 'number' ? { temporal: Math.trunc(temporal) } : {}),
    ...(typeof audio === 'boolean' ? { audio } : {}),
    ...(typeof video === 'boolean' ? { video } : {}),
  }
  return { selection: Object.keys(selection).length === 0 ? undefined : selection }
}

const isAbsentOrFlag = (value: unknown): boolean => value === undefined || value === null || typeof value === 'boolean'
const isAbsentOrLayer = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'number' && value >= 0 && value < 100)
