/** What we ask Talk and what it answers. (What Talk asks us is in `room-request.ts`.) */
import { z } from 'zod'
import { failure, type Result, success } from '../../../lib/result.ts'
import { RawJson, rawSlice } from '../../json-wire.ts'
import { anything, list, object, text, textOrNothing } from './lenient.ts'

/** Fields that are carried as the text that came in. */
export type Carried<T, K extends keyof T> = Omit<T, K> & { readonly [F in K]?: RawJson | undefined }

const version = z.literal('1.0')

export const PingEntry = z.object({
  userid: z.string().optional().describe('left out for guests'),
  sessionid: z.string().describe("Talk's own session id, or ours for a virtual session"),
})

const AskAuth = z
  .object({
    type: z.literal('auth'),
    auth: z.object({ version, params: anything.describe('auth.params of the hello, unread') }),
  })
  .meta({ id: 'backend-auth', description: 'Is this hello (version 1.0) of a user or guest of yours?' })

const AskRoom = z
  .object({
    type: z.literal('room'),
    room: z.object({
      version,
      roomid: z.string(),
      action: z.enum(['join', 'leave']).optional().describe('join if left out'),
      userid: z.string().describe('empty for guests'),
      sessionid: z.string(),
      actorid: z.string().optional().describe('for SIP and federated sessions'),
      actortype: z.string().optional(),
      incall: z.number().int().optional(),
    }),
  })
  .meta({ id: 'backend-room', description: 'May this session join the room? Or: it has left.' })

const AskPing = z
  .object({
    type: z.literal('ping'),
    ping: z.object({
      version,
      roomid: z.string().describe('empty if the entries are of several rooms'),
      entries: z.array(PingEntry),
    }),
  })
  .meta({ id: 'backend-ping', description: 'These sessions are still there.' })

const AskSession = z
  .object({
    type: z.literal('session'),
    session: z.object({
      version,
      roomid: z.string(),
      action: z.enum(['add', 'remove']),
      sessionid: z.string(),
      userid: z.string().optional(),
      user: anything.optional(),
    }),
  })
  .meta({
    id: 'backend-session',
    description: 'A virtual session came or went. Talk answers `unknown_type`: no failure.',
  })

export const BackendRequest = z.discriminatedUnion('type', [AskAuth, AskRoom, AskPing, AskSession])

export type PingEntry = z.infer<typeof PingEntry>
type AskAuth = { readonly type: 'auth'; readonly auth: Carried<z.infer<typeof AskAuth>['auth'], 'params'> }
type AskSession = { readonly type: 'session'; readonly session: Carried<z.infer<typeof AskSession>['session'], 'user'> }
export type BackendRequest = AskAuth | z.infer<typeof AskRoom> | z.infer<typeof AskPing> | AskSession

const AuthReply = z
  .object({
    type: z.literal('auth'),
    auth: z.object({ userid: textOrNothing.describe('missing or empty for guests'), user: anything }),
  })
  .meta({ id: 'backend-auth-reply', description: 'Yes, and this is who it is.' })

const RoomReply = z
  .object({
    type: z.literal('room'),
    room: z.object({
      roomid: textOrNothing,
      properties: anything.describe('what members are told about the room'),
      session: object(z.looseObject({ userid: textOrNothing })).describe(
        'may name a user id for somebody without account',
      ),
      permissions: list(text).describe('everything but hide-displaynames if left out'),
    }),
  })
  .meta({ id: 'backend-room-reply', description: 'Yes. Also the reply to a ping.' })

const SessionReply = z
  .object({ type: z.literal('session'), session: object(z.object({ roomid: textOrNothing })) })
  .meta({ id: 'backend-session-reply', description: 'The virtual session is known now.' })

const ErrorReply = z
  .object({
    type: z.literal('error'),
    error: z.object({ code: text, message: textOrNothing }),
  })
  .meta({ id: 'backend-error-reply', description: 'No. The client is told code and message.' })

export const BackendReply = z.discriminatedUnion('type', [AuthReply, RoomReply, SessionReply, ErrorReply])

export type BackendReply =
  | { readonly type: 'auth'; readonly auth: Carried<z.infer<typeof AuthReply>['auth'], 'user'> }
  | { readonly type: 'room'; readonly room: Joined }
  | z.infer<typeof SessionReply>

type RoomOnWire = z.infer<typeof RoomReply>['room']
type Joined = Pick<RoomOnWire, 'roomid'> &
  Partial<Pick<RoomOnWire, 'session' | 'permissions'>> & { readonly properties?: RawJson | undefined }

/** Nextcloud wraps every answer in this. */
export const Envelope = z.object({
  ocs: z.object({
    meta: z
      .object({ statuscode: z.number().optional().catch(undefined), message: z.string().optional().catch(undefined) })
      .catch({}),
    data: anything,
  }),
})

/** Why an answer of Nextcloud's is no answer to the question. The reasons are label values of a metric. */
export type ReplyFault =
  | { readonly fault: 'throttled' }
  | { readonly fault: 'refused'; readonly code: string; readonly message: string }
  | {
      readonly fault: 'unusable'
      readonly reason: 'error_decoding_ocs' | 'error_incomplete_ocs' | 'error_decoding_ocs_data'
      readonly why: string
    }

/** Reads the body of an answer to a request of the given type. */
export function readReply(body: string, asked: BackendRequest['type']): Result<BackendReply, ReplyFault> {
  const envelope = readEnvelope(body)
  if (!envelope.ok) return envelope
  const reply = BackendReply.safeParse(envelope.value)
  if (!reply.success) return unusable('error_decoding_ocs_data', firstIssue(reply.error))
  const { data } = reply
  if (data.type === 'error') return failure({ fault: 'refused', code: data.error.code, message: data.error.message })
  // The reply to a ping is of type "room" (talk.md, behaviour 5).
  if (data.type !== (asked === 'ping' ? 'room' : asked)) {
    return unusable('error_decoding_ocs_data', `the reply to ${asked} is of type ${data.type}`)
  }
  switch (data.type) {
    case 'auth':
      return success({ type: 'auth', auth: { ...data.auth, user: carried(body, data.auth.user, ['auth', 'user']) } })
    case 'room': {
      if (asked === 'room' && data.room.roomid === '') return unusable('error_decoding_ocs_data', 'roomid is missing')
      const properties = carried(body, data.room.properties, ['room', 'properties'])
      return success({ type: 'room', room: { ...data.room, properties } })
    }
    case 'session':
      return success(data)
  }
}

/** The `data` of an OCS answer. */
export function readEnvelope(body: string): Result<unknown, ReplyFault> {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return unusable('error_decoding_ocs', 'the answer is no JSON')
  }
  const envelope = Envelope.safeParse(json)
  if (!envelope.success) return unusable('error_incomplete_ocs', 'the answer has no OCS envelope')
  const { meta, data } = envelope.data.ocs
  if (meta.statuscode === 429) return failure({ fault: 'throttled' })
  if (data === undefined || data === null)
    return unusable('error_incomplete_ocs', `OCS status ${meta.statuscode} without data`)
  if (Array.isArray(data) && meta.statuscode !== undefined && meta.statuscode >= 300) {
    return unusable('error_decoding_ocs_data', `OCS status ${meta.statuscode}: ${meta.message?.slice(0, 200) ?? ''}`)
  }
  return success(data)
}

/** An object of the answer as it came. PHP writes an empty object as `[]`; clients look up keys in it. */
function carried(body: string, parsed: unknown, path: readonly string[]): RawJson | undefined {
  if (parsed === undefined || parsed === null) return undefined
  if (Array.isArray(parsed) && parsed.length === 0) return emptyObject
  return rawSlice(body, ['ocs', 'data', ...path])
}

const emptyObject = new RawJson('{}')

function unusable(reason: Extract<ReplyFault, { fault: 'unusable' }>['reason'], why: string) {
  return failure<ReplyFault>({ fault: 'unusable', reason, why })
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'not as expected'
}
