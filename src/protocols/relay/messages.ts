/** The words of the relay protocol, declared once. Revision 1 is the seed's, revision 2 the last one of the original. */
import { z } from 'zod'

/** Octets; what a TURN server takes for a name or a password, because the same ones are good there. */
export const longestCredential = 508

const fits = (text: string): boolean => Buffer.byteLength(text) <= longestCredential
const credential = z.string().min(1).max(longestCredential).refine(fits)

export const Authenticate = z
  .object({ event: z.literal('authenticate'), data: z.object({ username: credential, password: credential }) })
  .meta({ id: 'authenticate', description: 'Who one is. Comes first; enters the room of the path.' })
export type Authenticate = z.infer<typeof Authenticate>

const Ping = z
  .literal('ping')
  .meta({ id: 'ping', description: 'The four characters, not JSON. Answered with `pong` at any time.' })

const Text = z
  .string()
  .meta({ id: 'text', description: 'Revision 1: whatever else is said goes to all others of the room, byte for byte.' })

const Message = z
  .looseObject({ to: z.string().describe('Peer id of a member of the same room.') })
  .meta({ id: 'message', description: 'Revision 2: for one peer. Revision 1 knows it too, but nobody need use it.' })

const Pong = z.literal('pong').meta({ id: 'pong', description: 'Answers `ping`. Four characters, not JSON.' })

const Created = z
  .object({ event: z.literal('created') })
  .meta({ id: 'created', description: 'Revision 1, to the joiner: the room was empty.' })

const Joined = z
  .object({
    event: z.literal('joined'),
    data: z.object({ peer_id: z.string(), username: z.string() }).optional().describe('Revision 2 only: who has come.'),
  })
  .meta({
    id: 'joined',
    description: 'Somebody entered. Revision 1: to everybody, the joiner too. Revision 2: to the others.',
  })

const IceServer = z.object({
  urls: z.array(z.string()).readonly(),
  username: z.string().optional(),
  credential: z.string().optional(),
})
const Authenticated = z
  .object({
    event: z.literal('authenticated'),
    data: z.object({
      peer_id: z.string(),
      iceServers: z
        .array(IceServer)
        .readonly()
        .optional()
        .describe('For RTCPeerConnection; there while our TURN server has something to hand out.'),
    }),
  })
  .meta({ id: 'authenticated', description: 'Revision 2, to the joiner: the password was right.' })

const Left = z
  .object({
    event: z.literal('left'),
    data: z.object({ username: z.string(), peer_id: z.string().optional().describe('Revision 2 only.') }),
  })
  .meta({ id: 'left', description: 'To those who remain: the connection of a member ended, in whatever way.' })

const Delivered = z
  .looseObject({ to: z.string(), from: z.string().describe('Peer id of the sender, set by the server.') })
  .meta({ id: 'delivered', description: 'A message for one peer, as it arrives there.' })

const Unauthorized = z
  .object({ event: z.literal('unauthorized') })
  .meta({ id: 'unauthorized', description: 'See the error codes.' })

const InvalidMessage = z
  .object({ event: z.literal('invalid_message') })
  .meta({ id: 'invalid_message', description: 'See the error codes.' })

export const ServerMessage = z.union([Created, Joined, Authenticated, Left, Unauthorized, InvalidMessage])
export type ServerMessage = z.infer<typeof ServerMessage>

/** For the reference page. */
export const documentedMessages: { readonly client: readonly z.ZodType[]; readonly server: readonly z.ZodType[] } = {
  client: [Authenticate, Ping, Text, Message],
  server: [...ServerMessage.options, Delivered, Pong],
}
