/** What Talk asks us to do with a room: the bodies of `POST /api/v1/room/{roomid}`. */
import { z } from 'zod'
import { failure, type Result, success } from '../../../lib/result.ts'
import { RawJson, rawSlice } from '../../json-wire.ts'
import { anything, body, callFlags, flag, list, listOrNothing, text, textOrNothing } from './lenient.ts'

export const ParticipantEntry = z
  .looseObject({
    sessionId: textOrNothing.describe(
      'Talk\'s id of the session; "0" or missing: not in the room, such entries are dropped',
    ),
    permissions: list(text).catch(undefined).describe('what the session may do from now on'),
  })
  .meta({ id: 'participant', description: 'A participant in the words of Talk; further fields are passed on.' })
export type ParticipantEntry = z.infer<typeof ParticipantEntry>

const isPresent = ({ sessionId }: ParticipantEntry): boolean => sessionId !== '' && sessionId !== '0'
const changed = listOrNothing(ParticipantEntry).transform((entries) => entries.filter(isPresent))
const users = list(ParticipantEntry).transform((entries) => entries?.filter(isPresent))
const ids = listOrNothing(text)
const properties = anything.describe('what members are told about the room')

const Invite = z
  .object({
    type: z.literal('invite'),
    invite: body({
      userids: ids.describe('who was added'),
      alluserids: ids.describe('everybody in the room now'),
      properties,
    }),
  })
  .meta({ id: 'room-invite', description: 'Users were added to the room.' })

const Disinvite = z
  .object({
    type: z.literal('disinvite'),
    disinvite: body({ userids: ids.describe('who was removed'), sessionids: ids, alluserids: ids, properties }),
  })
  .meta({ id: 'room-disinvite', description: 'Users or sessions were removed from the room.' })

const Update = z
  .object({ type: z.literal('update'), update: body({ userids: ids, properties }) })
  .meta({ id: 'room-update', description: 'Properties of the room changed.' })

const Delete = z
  .object({ type: z.literal('delete'), delete: body({ userids: ids }) })
  .meta({ id: 'room-delete', description: 'The room is gone.' })

const InCall = z
  .object({
    type: z.literal('incall'),
    incall: body({
      incall: callFlags.describe('with `all`: the flags of everybody'),
      all: flag,
      changed,
      users: users.describe('everybody in the call; left out by a Talk that knows `changed-users`'),
    }),
  })
  .meta({ id: 'room-incall', description: 'Sessions joined or left the call.' })

const Participants = z
  .object({ type: z.literal('participants'), participants: body({ changed, users }) })
  .meta({ id: 'room-participants', description: 'Permissions or other data of participants changed.' })

const Message = z
  .object({ type: z.literal('message'), message: body({ data: anything }) })
  .meta({ id: 'room-message', description: 'Something that every session in the room is told.' })

const SwitchTo = z
  .object({
    type: z.literal('switchto'),
    switchto: z.object({
      roomid: text.describe('where to go'),
      sessions: z
        .union([z.array(text), z.record(z.string(), z.unknown())])
        .nullish()
        .transform(destinations)
        .describe('a list of session ids, or an object of session id → details'),
    }),
  })
  .meta({ id: 'room-switchto', description: 'Some sessions are to go to another room.' })

const Dialout = z
  .object({
    type: z.literal('dialout'),
    dialout: body({ number: textOrNothing.describe('E.164, e.g. +1234567890'), options: anything }),
  })
  .meta({ id: 'room-dialout', description: 'Call a telephone number from this room.' })

export const RoomRequest = z.discriminatedUnion('type', [
  Invite,
  Disinvite,
  Update,
  Delete,
  InCall,
  Participants,
  Message,
  SwitchTo,
  Dialout,
])

type Wire = z.infer<typeof RoomRequest>
type Body<T extends Wire['type']> = Extract<Wire, { type: T }>
/** A request with its opaque fields as the text that came in. */
type Carrying<T extends Wire['type'] & keyof B, K extends string, B = Body<T>> = {
  readonly type: T
} & { readonly [N in T]: Omit<B[N], K> & { readonly [F in K]?: RawJson | undefined } }

export type RoomRequest =
  | Carrying<'invite', 'properties'>
  | Carrying<'disinvite', 'properties'>
  | Carrying<'update', 'properties'>
  | Body<'delete'>
  | Body<'incall'>
  | Body<'participants'>
  | Carrying<'message', 'data'>
  | Body<'switchto'>
  | Carrying<'dialout', 'options'>

export type RoomRequestFault =
  | { readonly fault: 'no JSON' }
  | { readonly fault: 'unknown type'; readonly type: string }
  | { readonly fault: 'invalid'; readonly why: string }

const Typed = z.object({ type: z.string() })
const types: ReadonlySet<string> = new Set(RoomRequest.options.map(({ shape }) => shape.type.value))

/** Reads a body. Unknown fields are accepted. */
export function readRoomRequest(body: string): Result<RoomRequest, RoomRequestFault> {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return failure({ fault: 'no JSON' })
  }
  const typed = Typed.safeParse(json)
  if (!typed.success) return failure({ fault: 'unknown type', type: '' })
  if (!types.has(typed.data.type)) return failure({ fault: 'unknown type', type: typed.data.type.slice(0, 50) })
  const request = RoomRequest.safeParse(json)
  if (request.success) return success(carrying(request.data, body))
  const [issue] = request.error.issues
  return failure({ fault: 'invalid', why: issue ? `${issue.path.join('.')}: ${issue.message}` : 'not as expected' })
}

function carrying(request: Wire, body: string): RoomRequest {
  switch (request.type) {
    case 'invite':
      return {
        type: 'invite',
        invite: { ...request.invite, properties: propertiesOf(request.invite, body, request.type) },
      }
    case 'disinvite': {
      const given = request.disinvite
      return { type: 'disinvite', disinvite: { ...given, properties: propertiesOf(given, body, request.type) } }
    }
    case 'update':
      return {
        type: 'update',
        update: { ...request.update, properties: propertiesOf(request.update, body, request.type) },
      }
    case 'message':
      return { type: 'message', message: { data: rawSlice(body, ['message', 'data']) } }
    case 'dialout': {
      const { number, options } = request.dialout
      return {
        type: 'dialout',
        dialout: { number, options: options ? rawSlice(body, ['dialout', 'options']) : undefined },
      }
    }
    default:
      return request
  }
}

/** PHP writes empty properties as `[]`; clients look up keys in them. */
function propertiesOf(given: { readonly properties?: unknown }, body: string, type: string): RawJson | undefined {
  if (given.properties === undefined || given.properties === null) return undefined
  if (Array.isArray(given.properties) && given.properties.length === 0) return new RawJson('{}')
  return rawSlice(body, [type, 'properties'])
}

/** Session id → details, undefined where there are none. */
function destinations(
  sessions: readonly string[] | Readonly<Record<string, unknown>> | null | undefined,
): ReadonlyMap<string, RawJson | undefined> {
  const map = new Map<string, RawJson | undefined>()
  if (Array.isArray(sessions)) for (const id of sessions) map.set(id, undefined)
  else {
    for (const [id, details] of Object.entries(sessions ?? {})) {
      map.set(id, details === null || details === undefined ? undefined : new RawJson(JSON.stringify(details)))
    }
  }
  map.delete('0')
  return map
}
