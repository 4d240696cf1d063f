/** What the server tells of rooms, the list of rooms and their participants. */
import { z } from 'zod'
import { anything } from './body.ts'

const event = <T extends z.ZodRawShape>(target: string, type: string, shape: T) =>
  z.object({ target: z.literal(target), type: z.literal(type), ...shape })

export const JoinEntry = z.object({
  sessionid: z.string(),
  userid: z.string(),
  user: anything.optional(),
  roomsessionid: z.string().optional(),
  features: z.array(z.string()).optional(),
  federated: z.literal(true).optional(),
})

const place = { roomid: z.string(), properties: anything.optional() }

export const Event = z
  .object({
    type: z.literal('event'),
    event: z.union([
      event('room', 'join', { join: z.array(JoinEntry).min(1) }),
      event('room', 'leave', { leave: z.array(z.string()).min(1) }),
      event('room', 'message', { message: z.object({ roomid: z.string(), data: anything }) }),
      event('room', 'switchto', { switchto: z.object({ roomid: z.string(), details: anything.optional() }) }),
      event('room', 'delete', {}),
      event('room', 'federation_interrupted', {}).describe('the server that has the room cannot be reached just now'),
      event('room', 'federation_resumed', {
        resumed: z.boolean().describe('false: the room is joined anew; its properties and all who are there follow'),
      }),
      event('roomlist', 'invite', { invite: z.object(place) }),
      event('roomlist', 'disinvite', {
        disinvite: z.object({ ...place, reason: z.enum(['disinvited', 'deleted']) }),
      }),
      event('roomlist', 'update', { update: z.object({ roomid: z.string(), properties: anything }) }),
      event('participants', 'update', {
        update: z.object({
          roomid: z.string(),
          users: z
            .array(z.union([z.looseObject({ sessionId: z.string() }), z.looseObject({ sessionid: z.string() })]))
            .optional(),
          incall: z.number().int().optional(),
          all: z.literal(true).optional(),
        }),
      }),
      event('participants', 'flags', {
        flags: z.object({ roomid: z.string(), sessionid: z.string(), flags: z.number().int() }),
      }),
    ]),
  })
  .meta({ id: 'event', description: 'Something happened in a room, in the list of rooms or among participants.' })
