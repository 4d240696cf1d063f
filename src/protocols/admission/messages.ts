/** What can be said in the admission protocol: each message is one Socket.IO event with one argument. */
import { z } from 'zod'

/** Fields of another type than they should have are as good as absent: nothing that arrives is an error by its form. */
const text = z.string().optional().catch(undefined)
/** No room has this name. */
const noName = '\n'
const roomName = z.string().nullish().catch(noName)

const auth = text.meta({ description: 'The session token.' })
const token = text.meta({ description: 'The application token.' })
const room = roomName.meta({ description: 'Name of the room.' })
const peerId = text.meta({ description: "The other's socket id." })
const payload = z.unknown().optional().meta({ description: 'Anything; passed on, or echoed in the answer.' })
const peerinfo = z.unknown().optional().meta({ description: 'Anything that tells the others who this is.' })

export const clientMessages = {
  'auth-request': z.object({ token, peerinfo, payload }).meta({
    id: 'auth-request',
    description: 'Asks for a session token; instead of the object the bare token will do.',
  }),
  'room-create-request': z
    .object({
      auth,
      room: roomName.meta({ description: 'Name of the room; absent or empty: one is made up.' }),
      payload,
    })
    .meta({ id: 'room-create-request', description: 'Opens a room; whoever does so is its owner.' }),
  'room-join-request': z
    .object({ auth, room, payload })
    .meta({ id: 'room-join-request', description: 'Asks the owners of a room to be let in.' }),
  'room-join-cancel': z
    .object({ auth, room, payload })
    .meta({ id: 'room-join-cancel', description: 'Takes the request back. Ours.' }),
  'room-join-accept': z
    .object({ auth, room, peer_id: peerId, payload })
    .meta({ id: 'room-join-accept', description: 'Owner only: lets in who asked.' }),
  'room-join-reject': z
    .object({ auth, room, peer_id: peerId, payload })
    .meta({ id: 'room-join-reject', description: 'Owner only: turns away who asked.' }),
  'room-owner-add': z
    .object({ auth, room, peer_id: peerId, payload })
    .meta({ id: 'room-owner-add', description: 'Owner only: makes a member an owner too. Ours.' }),
  'room-leave-request': z.object({ auth, room, payload }).meta({
    id: 'room-leave-request',
    description: 'Leaves a room. Ours; in the original only the end of the connection does.',
  }),
  'relay-session-description': z
    .object({ auth, room, to: peerId, session_description: z.unknown().optional(), payload })
    .meta({ id: 'relay-session-description', description: 'Hands an offer or answer to another member of the room.' }),
  'relay-ice-candidate': z
    .object({ auth, room, to: peerId, ice_candidate: z.unknown().optional(), payload })
    .meta({ id: 'relay-ice-candidate', description: 'Hands an ICE candidate to another member of the room.' }),
} as const

type Known = { [E in keyof typeof clientMessages]: z.infer<(typeof clientMessages)[E]> }
export type ClientEvent = keyof Known
export type ClientMessageOf<E extends ClientEvent> = Known[E]

const message = z.string().meta({ description: 'For people, and for clients of the original that compare it.' })
const name = z.string()
const id = z.string()

export const serverMessages = {
  unauthorized: z.object({ message, event: z.string().optional(), room: name.optional() }).meta({
    id: 'unauthorized',
    description:
      'The session token is missing, forged, expired or of another socket; or (then with the event) only an owner may do this.',
  }),
  'auth-accept': z
    .object({
      token: z.string(),
      payload,
      iceServers: z
        .array(
          z.object({
            urls: z.array(z.string()),
            username: z.string().optional(),
            credential: z.string().optional(),
          }),
        )
        .optional()
        .meta({ description: 'Ours: for an RTCPeerConnection, with credentials that are good for a day.' }),
    })
    .meta({ id: 'auth-accept', description: 'Here is the session token.' }),
  'auth-reject': z.object({ message, payload }).meta({ id: 'auth-reject', description: 'There is no session token.' }),
  'room-create-accept': z
    .object({ room: name, payload })
    .meta({ id: 'room-create-accept', description: 'The room is open, and you own it.' }),
  'room-create-reject': z
    .object({ message, payload })
    .meta({ id: 'room-create-reject', description: 'No room was opened.' }),
  'room-join-request': z
    .object({ room: name, peer_id: id, payload, peerinfo })
    .meta({ id: 'room-join-request', description: 'To owners: somebody asks to be let in.' }),
  'room-join-accept': z
    .object({
      room: name,
      peer_id: id,
      peers: z.array(id).meta({ description: 'The others in the room.' }),
      payload,
      peersinfo: z
        .record(z.string(), z.object({ peerinfo }))
        .optional()
        .meta({ description: 'The `peerinfo` of all in the room by socket id, your own included.' }),
    })
    .meta({ id: 'room-join-accept', description: 'You are in.' }),
  'room-join-reject': z
    .object({ message, room: name.optional(), peer_id: id.optional(), payload })
    .meta({ id: 'room-join-reject', description: 'You are not let in.' }),
  'room-join-cancel': z
    .object({ message, room: name.optional(), peer_id: id.optional() })
    .meta({ id: 'room-join-cancel', description: 'To owners: a request needs no decision any more. Ours.' }),
  'room-user-join': z
    .object({ room: name, peer_id: id, payload, peerinfo })
    .meta({ id: 'room-user-join', description: 'Somebody came into the room.' }),
  'room-user-leave': z
    .object({ room: name, peer_id: id, peerinfo })
    .meta({ id: 'room-user-leave', description: 'Somebody left the room, or his connection ended.' }),
  'room-leave-accept': z
    .object({ room: name, payload })
    .meta({ id: 'room-leave-accept', description: 'You have left the room. Ours.' }),
  'room-owner-change': z
    .object({ room: name, owners: z.array(id) })
    .meta({ id: 'room-owner-change', description: 'The room has these owners now. Ours.' }),
  'session-description': z
    .object({ room: name, peer_id: id, session_description: z.unknown().optional(), payload })
    .meta({ id: 'session-description', description: "Another member's offer or answer." }),
  'ice-candidate': z
    .object({ room: name, peer_id: id, ice_candidate: z.unknown().optional(), payload })
    .meta({ id: 'ice-candidate', description: "Another member's ICE candidate." }),
  'payload-reject': z.object({ event: z.string(), message }).meta({
    id: 'payload-reject',
    description: 'An event that has no reject of its own was refused as it stands. Ours.',
  }),
  'relay-reject': z
    .object({ event: z.string(), message, room: name.optional(), to: id.optional() })
    .meta({ id: 'relay-reject', description: 'It was handed to nobody: one of the two is not in the room. Ours.' }),
} as const

type Said = { [E in keyof typeof serverMessages]: z.infer<(typeof serverMessages)[E]> }
export type ServerEvent = keyof Said
export type ServerMessageOf<E extends ServerEvent> = Said[E]

/** For the reference page. */
export const documentedMessages: { readonly client: readonly z.ZodType[]; readonly server: readonly z.ZodType[] } = {
  client: Object.values(clientMessages),
  server: Object.values(serverMessages),
}
