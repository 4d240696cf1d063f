/** The words of the presence protocol: every message that a client can say or hear, declared once. */
import { z } from 'zod'

/** What has no value may be missing or null, as the original's decoder has it. */
const name = z.string().nullish()

/** Revision 1 reads `issuer` and `subject`, revision 2 `username`. */
const Target = z
  .object({ issuer: name, subject: name, username: name })
  .meta({ description: 'Who it is for: `issuer` and `subject`, in revision 2 `username`.' })

/** Any frame of a client. What it asks for, `type` and `target` say together. */
export const ClientFrame = z.object({ type: name, target: Target.nullish() })
export type ClientFrame = z.infer<typeof ClientFrame>

const UserListRequest = z
  .object({ type: z.literal('userList') })
  .meta({ id: 'userList', description: 'Ask who is online.' })

const IceServersRequest = z.object({ type: z.literal('iceServers') }).meta({
  id: 'iceServers',
  description:
    'Ask for STUN and TURN servers with credentials. It is a message to somebody as soon as it has a target.',
})

const Message = z
  .object({ type: z.string(), target: Target, body: z.unknown().optional() })
  .meta({ id: 'message', description: 'Anything for another user, of any type but the three reserved ones.' })

const UserId = z
  .union([
    z.object({ issuer: z.string(), subject: z.string() }).strict(),
    z.object({ username: z.string() }).strict().meta({ description: 'revision 2' }),
  ])
  .meta({ description: '`issuer` and `subject`, in revision 2 `username`' })

const UserInfo = z.union([
  z.object({ issuer: z.string(), subject: z.string(), username: z.string().optional() }).strict(),
  z.object({ username: z.string() }).strict(),
])

const UserOnline = z
  .object({ type: z.literal('userOnline'), body: z.object({ user: UserInfo }).strict() })
  .strict()
  .meta({ id: 'userOnline', description: 'Somebody has come; the first frame on a connection tells of its own user.' })

const UserOffline = z
  .object({ type: z.literal('userOffline'), body: z.object({ user: UserId }).strict() })
  .strict()
  .meta({ id: 'userOffline', description: 'Somebody has gone: all of its connections.' })

const UserList = z
  .object({ type: z.literal('userList'), body: z.object({ users: z.array(UserInfo) }).strict() })
  .strict()
  .meta({
    id: 'userList',
    description:
      'Everybody who is online, the asker too. Also sent unasked, in place of more news than there are users.',
  })

const IceServers = z
  .object({
    type: z.literal('iceServers'),
    body: z
      .object({
        iceServers: z.array(
          z.object({
            urls: z.array(z.string()),
            username: z.string().optional(),
            credential: z.string().optional(),
          }),
        ),
      })
      .strict(),
  })
  .strict()
  .meta({ id: 'iceServers', description: 'For the RTCPeerConnection as it is; empty if there are none.' })

const Relayed = z
  .object({ type: z.string().optional(), origin: UserId, body: z.unknown().optional() })
  .strict()
  .meta({ id: 'message', description: 'What another user sent, with the body as it came.' })

const ErrorReply = z
  .object({ type: z.literal('error'), error: z.object({ code: z.string(), message: z.string() }).strict() })
  .strict()
  .meta({ id: 'error', description: 'Something that the client sent was refused; the codes are listed below.' })

export const ServerMessage = z.union([UserOnline, UserOffline, UserList, IceServers, ErrorReply, Relayed])
export type ServerMessage = z.infer<typeof ServerMessage>

/** For the reference page. */
export const documentedMessages: { readonly client: readonly z.ZodType[]; readonly server: readonly z.ZodType[] } = {
  client: [UserListRequest, IceServersRequest, Message],
  server: ServerMessage.options,
}
