/** What Janus says: its base protocol and the VideoRoom plugin's part of it. Unknown fields are accepted. */
import { z } from 'zod'
import { idIn, parseKeepingIds } from './ids.ts'

/** A number, or text where a number would have been rounded. */
const id = z
  .unknown()
  .optional()
  .transform((value) => idIn(value))
const transaction = z.string().optional()

export const videoRoomPlugin = 'janus.plugin.videoroom'

const Plugin = z.object({
  name: z.string().optional(),
  version_string: z.string().optional(),
  author: z.string().optional(),
})

/** The answer to `info`. */
export const ServerInfo = z
  .object({
    janus: z.literal('server_info'),
    transaction,
    name: z.string().optional(),
    /** 1102 is 1.1.2; 0.x has at most three digits. */
    version: z.number(),
    version_string: z.string().optional(),
    author: z.string().optional(),
    data_channels: z.boolean().optional(),
    'full-trickle': z.boolean().optional(),
    ipv6: z.boolean().optional(),
    'local-ip': z.string().optional(),
    /** Seconds after which a session that says nothing is over; 0: never. */
    'session-timeout': z.number().optional(),
    /** Seconds for which a session outlives its connection; 0: not at all. */
    'reclaim-session-timeout': z.number().optional(),
    plugins: z.record(z.string(), Plugin).optional(),
  })
  .meta({ id: 'server_info', description: 'Answers `info`.' })
export type ServerInfo = z.infer<typeof ServerInfo>

const Jsep = z.object({ type: z.string(), sdp: z.string() })

/** What the VideoRoom answers with or tells; which fields are there depends on `videoroom`. */
const VideoRoomData = z.looseObject({
  videoroom: z.string().optional(),
  room: id,
  error_code: z.number().optional(),
  error: z.string().optional(),
  /** Of `add_remote_publisher`. */
  port: z.number().optional(),
  rtcp_port: z.number().optional(),
  /** Of `list`. */
  list: z
    .array(z.object({ room: id, description: z.string().optional(), num_participants: z.number().optional() }))
    .optional(),
  configured: z.string().optional(),
  /** `ok` where it was asked for; otherwise who left, and `reason` says why. */
  leaving: z.unknown().optional(),
  left: z.unknown().optional(),
  unpublished: z.unknown().optional(),
  reason: z.string().optional(),
})
export type VideoRoomData = z.infer<typeof VideoRoomData>

const PluginData = z.object({ plugin: z.string(), data: VideoRoomData })

/** A session or a handle was made, or a request was carried out at once. */
const Success = z.object({
  janus: z.literal('success'),
  transaction,
  session_id: id,
  data: z.object({ id }).optional(),
  plugindata: PluginData.optional(),
})
const Failure = z.object({
  janus: z.literal('error'),
  transaction,
  session_id: id,
  error: z.object({ code: z.number(), reason: z.string().optional() }),
})
const Ack = z.object({ janus: z.literal('ack'), transaction, session_id: id })
/** With a transaction the answer to a request that took its time; without one something that happened. */
const Event = z.object({
  janus: z.literal('event'),
  transaction,
  session_id: id,
  sender: id,
  plugindata: PluginData.optional(),
  jsep: Jsep.optional(),
})
const about = { session_id: id, sender: id, transaction }
const TrickledCandidate = z.looseObject({
  candidate: z.string().optional(),
  completed: z.boolean().optional(),
  sdpMid: z.string().nullish(),
  sdpMLineIndex: z.number().nullish(),
})
const Trickle = z.object({ janus: z.literal('trickle'), ...about, candidate: TrickledCandidate })
const WebrtcUp = z.object({ janus: z.literal('webrtcup'), ...about })
const Hangup = z.object({ janus: z.literal('hangup'), ...about, reason: z.string().optional() })
const Detached = z.object({ janus: z.literal('detached'), ...about })
const Media = z.object({ janus: z.literal('media'), ...about, type: z.string(), receiving: z.boolean() })
const SlowLink = z.object({ janus: z.literal('slowlink'), ...about })
/** The session is over: nothing was heard of us for too long. */
const Timeout = z.object({ janus: z.literal('timeout'), session_id: id, transaction })

export const JanusMessage = z.discriminatedUnion('janus', [
  Success,
  Failure,
  Ack,
  Event,
  Trickle,
  WebrtcUp,
  Hangup,
  Detached,
  Media,
  SlowLink,
  Timeout,
  ServerInfo,
])
export type JanusMessage = z.infer<typeof JanusMessage>
export type JanusMessageOf<J extends JanusMessage['janus']> = Extract<JanusMessage, { janus: J }>

/** What answers a request. */
export type Answer = JanusMessageOf<'success' | 'event' | 'ack' | 'server_info'>
/** What happened to a handle. */
export type Happening = JanusMessageOf<'event' | 'trickle' | 'webrtcup' | 'hangup' | 'detached' | 'media' | 'slowlink'>

export type DecodedMessage =
  | { readonly ok: true; readonly message: JanusMessage }
  | { readonly ok: false; readonly fault: string }

export function decodeMessage(text: string): DecodedMessage {
  let parsed: unknown
  try {
    parsed = parseKeepingIds(text)
  } catch {
    return { ok: false, fault: 'not JSON' }
  }
  const frequent = frequentMessage(parsed)
  if (frequent) return { ok: true, message: frequent }
  const result = JanusMessage.safeParse(parsed)
  if (result.success) return { ok: true, message: result.data }
  const issue = result.error.issues[0]
  return { ok: false, fault: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'makes no sense'}` }
}

/**
 * Reads by hand what a call is made of; whatever is not plainly in order is left to the schema, which costs ten times as
 * much. Property-tested against it.
 */
export function frequentMessage(parsed: unknown): JanusMessage | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const frame = parsed as Readonly<Record<string, unknown>>
  const { janus, transaction } = frame
  const session_id = idIn(frame['session_id'])
  switch (janus) {
    case 'ack':
      return typeof transaction === 'string' ? { janus, transaction, session_id } : undefined
    case 'success': {
      const { data } = frame
      if (typeof transaction !== 'string' || 'plugindata' in frame || !isObject(data)) return undefined
      return { janus, transaction, session_id, data: { id: idIn(data['id']) } }
    }
    case 'event':
      return frequentEvent(frame)
    case 'webrtcup':
    case 'slowlink':
    case 'detached':
      if (transaction !== undefined || !('sender' in frame)) return undefined
      return { janus, session_id, sender: idIn(frame['sender']) }
    default:
      return undefined
  }
}

function frequentEvent(frame: Readonly<Record<string, unknown>>): JanusMessage | undefined {
  const { transaction, plugindata, jsep } = frame
  if (transaction !== undefined && typeof transaction !== 'string') return undefined
  if (!isObject(plugindata) || typeof plugindata['plugin'] !== 'string') return undefined
  const { plugin, data } = plugindata
  if (!isObject(data) || !isPlain(data)) return undefined
  const about = { session_id: idIn(frame['session_id']), sender: idIn(frame['sender']) }
  const event = {
    janus: 'event' as const,
    ...(transaction === undefined ? {} : { transaction }),
    ...about,
    plugindata: { plugin, data: { ...data, room: idIn(data['room']) } },
  }
  if (jsep === undefined) return event
  if (!isObject(jsep) || typeof jsep['type'] !== 'string' || typeof jsep['sdp'] !== 'string') return undefined
  return { ...event, jsep: { type: jsep['type'], sdp: jsep['sdp'] } }
}

/** What every event of a call may have; lists, ports and errors are for the schema. */
function isPlain(data: Readonly<Record<string, unknown>>): boolean {
  if ('list' in data || 'port' in data || 'rtcp_port' in data || 'error_code' in data || 'error' in data) return false
  return plainTexts.every((field) => data[field] === undefined || typeof data[field] === 'string')
}
const plainTexts = ['videoroom', 'configured', 'reason']

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the VideoRoom said in a message, if it did. */
export function videoRoomIn(message: Answer | Happening): VideoRoomData | undefined {
  if (message.janus !== 'success' && message.janus !== 'event') return undefined
  return message.plugindata?.plugin === videoRoomPlugin ? message.plugindata.data : undefined
}
