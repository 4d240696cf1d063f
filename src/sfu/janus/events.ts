/** What Janus' event handler sends: one event or several, read into what can be made use of; the rest is left out. */
import { failure, type Result, success } from '../../lib/result.ts'

/** Which handle of which Janus an event is about. */
export interface Source {
  /** The name that the Janus has in its configuration. */
  readonly emitter: string
  /** 0 for what concerns no handle. */
  readonly handle: number
}

/** Of one line of media (and one layer of it) of a handle, since it began. */
export interface MediaStats {
  /** `audio`, `video`; `video-sim1` and `video-sim2` for the upper layers. */
  readonly media: string
  readonly mid: string
  readonly codec: string
  readonly rtt: number
  readonly jitterLocal: number
  readonly jitterRemote: number
  readonly lost: number
  readonly lostByRemote: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly bytesReceivedLastSecond: number
  readonly bytesSentLastSecond: number
  readonly nacksReceived: number
  readonly nacksSent: number
  readonly retransmissionsReceived: number
}

export interface SelectedCandidate {
  readonly type: string
  readonly transport: string
  readonly family: string
}

export type JanusEvent =
  | { readonly is: 'started' }
  | { readonly is: 'detached' }
  | { readonly is: 'ice' | 'dtls'; readonly state: string }
  | { readonly is: 'peer connection'; readonly state: string; readonly reason: string }
  | { readonly is: 'selected pair'; readonly local: SelectedCandidate; readonly remote: SelectedCandidate }
  /** `uplink`: from Janus to the client. */
  | { readonly is: 'slow link'; readonly media: string; readonly uplink: boolean }
  | { readonly is: 'stats'; readonly stats: MediaStats }

export interface Reported {
  readonly source: Source
  readonly event: JanusEvent
}

/** Several events come as an array; whatever in it is no event of use is passed over. */
export function parseEvents(text: string): Result<readonly Reported[], string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return failure('not JSON')
  }
  const all: readonly unknown[] = Array.isArray(json) ? json : [json]
  if (!all.every(isFields)) return failure('neither an event nor a list of events')
  return success(all.map(reported).filter((one) => one !== undefined))
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const fieldsAt = (fields: Fields, name: string): Fields => {
  const value = fields[name]
  return isFields(value) ? value : {}
}

function reported(fields: Fields): Reported | undefined {
  const event = eventOf(numberAt(fields, 'type'), numberAt(fields, 'subtype'), fieldsAt(fields, 'event'))
  if (!event) return undefined
  const emitter = typeof fields['emitter'] === 'string' ? fields['emitter'].slice(0, 64) : ''
  return { event, source: { emitter, handle: numberAt(fields, 'handle_id') } }
}

/** Types of events, and their subtypes. */
const types = { handle: 2, webrtc: 16, media: 32, core: 256 } as const
const webrtc = { ice: 1, selectedPair: 4, dtls: 5, peerConnection: 6 } as const
const media = { slowLink: 2, stats: 3 } as const
const core = { startup: 1 } as const

function eventOf(type: number, subtype: number, event: Fields): JanusEvent | undefined {
  switch (type) {
    case types.handle:
      return event['name'] === 'detached' ? { is: 'detached' } : undefined
    case types.webrtc:
      return webrtcEventOf(subtype, event)
    case types.media:
      if (subtype === media.stats) return { is: 'stats', stats: statsOf(event) }
      if (subtype !== media.slowLink) return undefined
      return { is: 'slow link', media: mediaAt(event), uplink: event['slow_link'] === 'uplink' }
    case types.core:
      return subtype === core.startup && event['status'] === 'started' ? { is: 'started' } : undefined
    default:
      return undefined
  }
}

function webrtcEventOf(subtype: number, event: Fields): JanusEvent | undefined {
  switch (subtype) {
    case webrtc.ice:
      return { is: 'ice', state: wordAt(event, 'ice') }
    case webrtc.dtls:
      return { is: 'dtls', state: wordAt(event, 'dtls') }
    case webrtc.peerConnection:
      return { is: 'peer connection', state: wordAt(event, 'connection'), reason: wordAt(event, 'reason') }
    case webrtc.selectedPair: {
      const candidates = fieldsAt(event, 'candidates')
      const [local, remote] = [fieldsAt(candidates, 'local'), fieldsAt(candidates, 'remote')]
      return { is: 'selected pair', local: candidateOf(local), remote: candidateOf(remote) }
    }
    default:
      return undefined
  }
}

const candidateOf = (fields: Fields): SelectedCandidate => ({
  type: wordAt(fields, 'type'),
  transport: wordAt(fields, 'transport'),
  family: `ipv${numberAt(fields, 'family')}`,
})

const statsOf = (event: Fields): MediaStats => ({
  media: mediaAt(event),
  mid: wordAt(event, 'mid'),
  codec: wordAt(event, 'codec'),
  rtt: numberAt(event, 'rtt'),
  jitterLocal: numberAt(event, 'jitter-local'),
  jitterRemote: numberAt(event, 'jitter-remote'),
  lost: numberAt(event, 'lost'),
  lostByRemote: numberAt(event, 'lost-by-remote'),
  bytesReceived: numberAt(event, 'bytes-received'),
  bytesSent: numberAt(event, 'bytes-sent'),
  bytesReceivedLastSecond: numberAt(event, 'bytes-received-lastsec'),
  bytesSentLastSecond: numberAt(event, 'bytes-sent-lastsec'),
  nacksReceived: numberAt(event, 'nacks-received'),
  nacksSent: numberAt(event, 'nacks-sent'),
  retransmissionsReceived: numberAt(event, 'retransmissions-received'),
})

/** A count; 0 for whatever is none. */
function numberAt(fields: Fields, name: string): number {
  const value = fields[name]
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

const knownMedia: ReadonlySet<unknown> = new Set(['', 'audio', 'video', 'video-sim1', 'video-sim2', 'data'])

/** Histograms have a series for each. */
function mediaAt(fields: Fields): string {
  const word = wordAt(fields, 'media')
  return knownMedia.has(word) ? word : 'other'
}

/** These words become labels: short ones of few characters, `other` for everything else, empty without one. */
function wordAt(fields: Fields, name: string): string {
  const value = fields[name]
  if (value === undefined || value === null) return ''
  return typeof value === 'string' && /^[\w .:()/-]{0,40}$/.test(value) ? value : 'other'
}
