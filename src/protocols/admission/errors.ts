/** The refusals of the admission protocol. A client gets the message; the code names it here, in the log and in metrics. */

export const errorCodes = {
  token_invalid: {
    message: 'Token is not valid',
    when: 'in `auth-reject`, `unauthorized` and when connecting: the token is missing, forged, expired or of another socket',
  },
  room_taken: {
    message: 'Room already taken someone else. Please type another room name or stay it blank.',
    when: 'in `room-create-reject`: there is a room of this name, or a socket of this id',
  },
  room_not_found: {
    message: 'Room is not found.',
    when: 'in `room-join-reject`: there is no such room, or the last one left it while the request waited',
  },
  owner_rejected: {
    message: 'Room owner was rejected your request',
    when: 'in `room-join-reject`: an owner decided so',
  },
  name_unusable: {
    message: 'Room name is not valid.',
    when: 'in `room-create-reject`: not a text, longer than 256 characters, or with control characters',
  },
  too_many_rooms: { message: 'Too many rooms.', when: 'the socket is in, or asks to be in, `maxrooms` rooms' },
  room_full: { message: 'Room is full.', when: 'in `room-join-reject`: the room has `maxmembers` members' },
  too_many_waiting: {
    message: 'Too many requests are waiting.',
    when: 'in `room-join-reject`: 100 wait for this room',
  },
  request_timeout: {
    message: 'Request was not answered in time.',
    when: 'in `room-join-reject` and `room-join-cancel`: no owner decided within `requesttimeout`',
  },
  request_cancelled: {
    message: 'Request was cancelled.',
    when: 'in `room-join-reject` and `room-join-cancel`: the candidate took it back',
  },
  request_repeated: {
    message: 'Request was repeated.',
    when: 'to the acknowledgement of an earlier request of the same socket for the same room',
  },
  candidate_gone: { message: 'Peer is gone.', when: 'in `room-join-cancel`: the connection of who asked has ended' },
  decided: { message: 'Another owner has decided.', when: 'in `room-join-cancel`, to the other owners' },
  nobody_waiting: {
    message: 'Nobody of this id is waiting.',
    when: 'in `room-join-cancel`: an owner decided on a request that is not there (any more)',
  },
  not_waiting: { message: 'There is no such request.', when: 'in `room-join-reject`: nothing to cancel' },
  not_owner: {
    message: 'Only an owner of the room may do this.',
    when: 'in `unauthorized`, with the event: somebody else decides, or makes an owner',
  },
  not_member: { message: 'You are not in this room.', when: 'in `relay-reject` and `payload-reject`' },
  peer_not_found: { message: 'Peer is not in this room.', when: 'in `relay-reject` and `payload-reject`' },
  payload_too_long: {
    message: 'Payload is too long.',
    when: "in the event's own reject, else in `payload-reject`: `payload` or `peerinfo` has more than `maxpayload` bytes of JSON",
  },
  binary: {
    message: 'Binary data is not carried.',
    when: "in the event's own reject, else in `payload-reject`: the event has attachments",
  },
  too_many_requests: {
    message: 'Too many requests.',
    when: "in the event's own reject, else in `payload-reject`: more than `eventrate` events a second; who goes on is disconnected",
  },
  unknown_event: { message: 'Unknown event.', when: 'to the acknowledgement of an event that is not listed here' },
} as const

export type ErrorCode = keyof typeof errorCodes
