/** The words between a signaling server (the client) and a media proxy (the server), declared once for both sides. */
import { z } from 'zod'
import { isStreamType, type StreamType } from '../stream.ts'

/** Longer than any id that is made here; keeps what is stored under it small. */
const longestId = 512
const longestUrl = 2048
const longestToken = 16_384
/** Longer than any session description of a browser; a frame is bounded by the sockets. */
const longestSdp = 262_144

const request = z.string().max(longestId).nullish().describe('echoed in the answer')
const id = z.string().min(1).max(longestId)
const port = z.int().min(1).max(65_535)
const natural = z.int().min(0)
const text = z.string().max(longestId).nullish()
const streamType = z
  .custom<StreamType>((value) => typeof value === 'string' && isStreamType(value))
  .meta({ type: 'string', description: 'audio, video or screen' })

/** What a publisher wishes for; see `PublishSettings`. */
export const PublisherSettings = z.object({
  bitrate: natural.nullish().describe('bits per second; absent: the most that the proxy allows'),
  mediatypes: natural.nullish().describe('1 audio + 2 video + 4 screen'),
  audiocodec: text.describe('codecs by preference, separated by commas'),
  videocodec: text,
  vp9_profile: text,
  h264_profile: text,
})
export type PublisherSettings = z.infer<typeof PublisherSettings>

/** One line of media of a publisher, as one proxy tells it to another. */
export const Stream = z.object({
  mid: z.string().max(longestId),
  mindex: natural,
  type: z.string().max(longestId).describe('audio, video or data'),
  description: text,
  disabled: z.boolean().nullish(),
  codec: text,
  stereo: z.boolean().nullish(),
  fec: z.boolean().nullish(),
  dtx: z.boolean().nullish(),
  simulcast: z.boolean().nullish(),
  svc: z.boolean().nullish(),
  h264_profile: text,
  vp9_profile: text,
  videoorient_ext_id: z.int().nullish(),
  playoutdelay_ext_id: z.int().nullish(),
})

/** The commands by their `type`. */
export const commands = {
  'create-publisher': z.object({
    type: z.literal('create-publisher'),
    sid: text.describe('how the client names its connection; candidates bear it'),
    streamType,
    publisherSettings: PublisherSettings.nullish(),
    bitrate: natural.nullish().describe('instead of `publisherSettings`, from old servers'),
    mediatypes: natural.nullish().describe('instead of `publisherSettings`, from old servers'),
  }),
  'create-subscriber': z.object({
    type: z.literal('create-subscriber'),
    streamType,
    publisherId: id.describe('the client id of the publisher, at the proxy where it is'),
    remoteUrl: z.string().max(longestUrl).nullish().describe('the other proxy where the publisher is'),
    remoteToken: z.string().max(longestToken).nullish().describe('a token whose `sub` is `publisherId`'),
  }),
  'delete-publisher': z.object({ type: z.literal('delete-publisher'), clientId: id }),
  'delete-subscriber': z.object({ type: z.literal('delete-subscriber'), clientId: id }),
  'publish-remote': z.object({
    type: z.literal('publish-remote'),
    clientId: id.describe('of a publisher, of whichever session'),
    hostname: z.string().min(1).max(253).describe('where the other Janus receives'),
    port,
    rtcpPort: port,
  }),
  'unpublish-remote': z.object({
    type: z.literal('unpublish-remote'),
    clientId: id,
    hostname: z.string().min(1).max(253),
    port,
    rtcpPort: port,
  }),
  'get-publisher-streams': z.object({ type: z.literal('get-publisher-streams'), clientId: id }),
} as const
export type CommandType = keyof typeof commands
export type Command = { [T in CommandType]: z.infer<(typeof commands)[T]> }[CommandType]
export type CommandOf<T extends CommandType> = z.infer<(typeof commands)[T]>
export const isCommandType = (type: string): type is CommandType => Object.hasOwn(commands, type)

export const Hello = z
  .object({
    id: request,
    type: z.literal('hello'),
    hello: z.object({
      version: z.string().max(longestId).describe('"1.0"'),
      resumeid: text.describe('a session that lost its connection; no token is needed then'),
      features: z.array(z.string().max(longestId)).max(100).nullish(),
      token: z
        .string()
        .max(longestToken)
        .nullish()
        .describe('JSON web token, RS256, RS384 or RS512; `iss` names the key'),
    }),
  })
  .meta({ id: 'hello', description: 'Opens a session or takes it up again. Must come first.' })

export const ByeRequest = z
  .object({ id: request, type: z.literal('bye') })
  .meta({ id: 'bye', description: 'Ends the session and everything in it.' })

/** A payload as clients send it; what is in it says `payloads.ts`. */
export const PayloadRequest = z
  .object({
    id: request,
    type: z.literal('payload'),
    payload: z.object({
      type: z
        .string()
        .min(1)
        .max(longestId)
        .describe('offer, answer, candidate, endOfCandidates, requestoffer, sendoffer or selectStream'),
      clientId: id.describe('a publisher or subscriber of this session'),
      sid: text.describe('the connection that is meant; a stale one is refused'),
      payload: z.record(z.string(), z.unknown()).nullish(),
    }),
  })
  .meta({
    id: 'payload',
    description: 'Something for the peer connection of a publisher or subscriber. The answer bears the same id.',
  })
export type Payload = z.infer<typeof PayloadRequest>['payload']

const meanings: Readonly<Record<CommandType, string>> = {
  'create-publisher': 'Makes a publisher; the answer has its client id and the bitrate it may send.',
  'create-subscriber':
    'Makes a subscriber of a publisher here or at another proxy; the answer has its client id and sid.',
  'delete-publisher': 'Ends a publisher of this session.',
  'delete-subscriber': 'Ends a subscriber of this session.',
  'publish-remote': 'One proxy to another: copy the media of a publisher there.',
  'unpublish-remote': 'One proxy to another: stop copying.',
  'get-publisher-streams': 'One proxy to another: which media a publisher sends.',
}

const commandMessages = Object.entries(commands).map(([type, schema]) =>
  z
    .object({ id: request, type: z.literal('command'), command: schema })
    .meta({ id: `command: ${type}`, description: isCommandType(type) ? meanings[type] : '' }),
)

const Answered = z.string().max(longestId).nullish().describe('of the request')

/** An end of media, by what the proxy calls it. */
export const CommandReply = z
  .object({
    id: Answered,
    type: z.literal('command'),
    command: z.object({
      id: text.describe('the client id'),
      sid: text.describe('of a new subscriber'),
      bitrate: natural.nullish().describe('of a new publisher, bits per second'),
      streams: z.array(Stream).max(100).nullish().describe('to `get-publisher-streams`'),
    }),
  })
  .meta({ id: 'command', description: 'A command was carried out.' })

export const HelloReply = z
  .object({
    id: Answered,
    type: z.literal('hello'),
    hello: z.object({
      version: z.string().max(longestId),
      sessionid: id.describe('with which the session can be resumed for a minute'),
      server: z
        .object({
          version: text,
          country: text.describe('two letters'),
          features: z.array(z.string().max(longestId)).max(100).nullish().describe('remote-streams'),
        })
        .nullish(),
    }),
  })
  .meta({ id: 'hello-reply', description: 'The session is there.' })

export const Bye = z
  .object({
    id: Answered,
    type: z.literal('bye'),
    bye: z.object({ reason: z.string().max(longestId).describe('session_resumed, session_expired or session_closed') }),
  })
  .meta({ id: 'bye-notice', description: 'The session is another connection’s now, or over.' })

export const PayloadReply = z
  .object({
    id: Answered,
    type: z.literal('payload'),
    payload: z.object({
      type: z.string().max(longestId).describe('in an answer: that of the request; else offer or candidate'),
      clientId: z.string().max(longestId),
      payload: z.record(z.string(), z.unknown()).nullish(),
    }),
  })
  .meta({
    id: 'payload-reply',
    description: 'The answer to a payload, or (without id) an offer or a candidate that nobody asked for.',
  })

const usage = z.number().min(0).nullish()

export const Bandwidth = z.object({
  incoming: usage.describe('percent of what publishers may use; absent: no limit'),
  outgoing: usage.describe('percent of what subscribers may use; absent: no limit'),
  received: natural.nullish().describe('bits per second'),
  sent: natural.nullish().describe('bits per second'),
})
export type Bandwidth = z.infer<typeof Bandwidth>

const EventBody = z.object({
  type: z
    .string()
    .max(longestId)
    .describe(
      'update-load, backend-connected, backend-disconnected, shutdown-scheduled, or of one client: ice-completed, subscriber-sid-updated, publisher-closed, subscriber-closed',
    ),
  clientId: text,
  load: natural.nullish().describe('of update-load; absent: 0'),
  sid: text.describe('of subscriber-sid-updated'),
  bandwidth: Bandwidth.nullish().describe('of update-load'),
})
export type EventBody = z.infer<typeof EventBody>

export const Event = z
  .object({ id: Answered, type: z.literal('event'), event: EventBody })
  .meta({ id: 'event', description: 'Something happened at the proxy.' })

export const ErrorReply = z
  .object({
    id: Answered,
    type: z.literal('error'),
    error: z.object({
      code: z.string().max(longestId),
      message: z.string().nullish(),
      details: z.unknown().optional(),
    }),
  })
  .meta({ id: 'error', description: 'The request with this id was refused; the codes are listed below.' })

export const replies = {
  hello: HelloReply,
  bye: Bye,
  command: CommandReply,
  payload: PayloadReply,
  event: Event,
  error: ErrorReply,
} as const
export type ReplyType = keyof typeof replies
/** What a proxy says. */
export type Reply = { [T in ReplyType]: z.infer<(typeof replies)[T]> }[ReplyType]
export const isReplyType = (type: string): type is ReplyType => Object.hasOwn(replies, type)

/** What is in a `payload`: a session description, or a candidate. */
export const Description = z.object({
  type: z.string().max(longestId).nullish(),
  sdp: z.string().min(1).max(longestSdp),
})
export const CandidatePayload = z.object({
  candidate: z.object({
    candidate: z.string().max(4096),
    sdpMid: z.string().max(longestId).nullish(),
    sdpMLineIndex: z.int().min(0).nullish(),
  }),
})

/** For the reference page. */
export const documentedMessages: { readonly client: readonly z.ZodType[]; readonly server: readonly z.ZodType[] } = {
  client: [Hello, ByeRequest, ...commandMessages, PayloadRequest],
  server: Object.values(replies),
}
