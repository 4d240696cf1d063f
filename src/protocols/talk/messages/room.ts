/** Joining, leaving and being moved between rooms. */
import { z } from 'zod'
import { anything, body, optional } from './body.ts'

export const JoinRoom = body(
  'room',
  z.object({
    roomid: optional(z.string()).describe('the room to join; empty leaves the room'),
    sessionid: optional(z.string()).describe('the session id that Nextcloud gave for this room'),
    federation: optional(
      z.object({
        signaling: optional(z.string()),
        url: optional(z.string()),
        roomid: optional(z.string()),
        token: optional(z.string()),
      }),
    ).describe('where the room is, if on another server'),
  }),
).meta({ id: 'room', description: 'Join a room, or leave the present one. A session is in one room at most.' })

const bandwidth = z.object({
  maxstreambitrate: z.number().int().describe('bits per second'),
  maxscreenbitrate: z.number().int().describe('bits per second'),
})

export const RoomReply = z
  .object({
    id: z.string().optional(),
    type: z.literal('room'),
    room: z.object({ roomid: z.string(), properties: anything.optional(), bandwidth: bandwidth.partial().optional() }),
  })
  .meta({
    id: 'room-reply',
    description: 'Confirms a join or leave; without id: the properties changed, or the session is no longer in a room.',
  })
