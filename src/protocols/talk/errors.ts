/** The refusals of the Talk protocol: code, public sentence, and when they are given. */
import type { ServerMessage } from './messages/index.ts'

export const errorCodes = {
  invalid_format: {
    message: 'Invalid data format.',
    when: 'the frame is not JSON, binary, or lacks a mandatory field',
  },
  hello_expected: { message: 'Expected Hello request.', when: 'something else than hello came first' },
  invalid_hello_version: { message: 'The hello version is not supported.', when: 'version is neither 1.0 nor 2.0' },
  invalid_client_type: {
    message: 'The client type is not supported.',
    when: 'auth.type is unknown, or internal while no internalsecret is configured',
  },
  invalid_backend: { message: 'The backend URL is not supported.', when: 'auth.url belongs to no configured backend' },
  invalid_token: { message: 'The passed token is invalid.', when: 'an internal or 2.0 hello failed its check' },
  token_not_valid_yet: { message: 'The token is not valid yet.', when: 'a 2.0 token lies in the future: check clocks' },
  token_expired: { message: 'The token is expired.', when: 'a 2.0 token is too old' },
  auth_failed: { message: 'The user could not be authenticated.', when: 'the backend gave no usable answer' },
  no_such_session: { message: 'The session to resume does not exist.', when: 'the resume id is wrong or too old' },
  too_many_requests: { message: 'Too many requests.', when: 'too many failures from this address in 30 minutes' },
  session_limit_exceeded: { message: 'Too many sessions connected for this backend.', when: 'sessionlimit is reached' },
  room_join_failed: { message: 'Could not join the room.', when: 'the backend gave no usable answer' },
  already_joined: { message: 'Already joined this room.', when: 'the session is in that room; details hold the room' },
  federation_unsupported: {
    message: 'Federation is not supported.',
    when: 'the other server or Nextcloud does not know it, or the session may not go on from here',
  },
  federation_error: {
    message: 'The federated room cannot be reached.',
    when: 'details.code says why: certificate_verification_error, network_error, too_many_connections, room_session_reconnected',
  },
  not_allowed: { message: 'Not allowed.', when: 'the session lacks the permission' },
  not_in_room: { message: 'No room joined yet.', when: 'transient data without a room' },
  ignored: { message: 'Unsupported message type.', when: 'an unknown kind of transient message' },
  add_failed: { message: 'Could not add virtual session.', when: 'the backend refused the virtual session' },
  remove_failed: {
    message: 'Could not remove virtual session from backend.',
    when: 'the backend did not take the removal; the session is gone here all the same',
  },
  no_sdp: { message: 'The payload has no SDP.', when: 'an offer or answer without `payload.sdp`' },
  invalid_sdp: {
    message: 'The SDP is not valid.',
    when: '`payload.sdp` is no text, no session description, or has a candidate that is none',
  },
  no_candidate: { message: 'The payload has no candidate.', when: 'a candidate without `payload.candidate`' },
  invalid_candidate: {
    message: 'The candidate is not valid.',
    when: '`payload.candidate.candidate` is no text, or neither empty nor an ICE candidate',
  },
  client_not_found: {
    message: 'There is no such stream.',
    when: 'nothing is published or received under that name, or it could not be had from the SFU in time',
  },
  processing_failed: {
    message: 'The message could not be processed.',
    when: 'the SFU refused it, or it belongs to a connection that is no longer the present one',
  },
  internal_error: { message: 'The request could not be processed.', when: 'the backend could not be asked' },
} as const satisfies Record<string, { readonly message: string; readonly when: string }>

export type ErrorCode = keyof typeof errorCodes

/** A refusal as it goes out. `message` replaces the public sentence where a backend gave its own. */
export function errorReply(
  request: string | null | undefined,
  code: string,
  message?: string,
  details?: unknown,
): ServerMessage {
  const known = Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode].message : code
  return {
    ...withId(request),
    type: 'error',
    error: { code, message: message ?? known, ...(details === undefined ? {} : { details }) },
  }
}

/** The id of the request that is answered, if it had one. */
export const withId = (request: string | null | undefined): { readonly id?: string } =>
  typeof request === 'string' && request !== '' ? { id: request } : {}
