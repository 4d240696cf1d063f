/** The refusals of the presence protocol: code, public sentence, and when they are given; and why connections are closed. */

export const errorCodes = {
  missing_target: { message: 'The message names no target.', when: 'a message that is no request has no target' },
  invalid_target: {
    message: 'The target is not complete.',
    when: 'the target has no issuer or no subject; in revision 2 no username',
  },
  target_offline: {
    message: 'The target is not online.',
    when: 'nobody of that name is online, or went away before the message could be delivered',
  },
  reserved_type: {
    message: 'Only the server sends messages of this type.',
    when: 'the type is userOnline or userOffline (userList, whatever its target, asks for the list)',
  },
  invalid_type: { message: 'The type is too long.', when: 'the type has more than 256 characters' },
} as const satisfies Record<string, { readonly message: string; readonly when: string }>

export type ErrorCode = keyof typeof errorCodes

/** How the server ends a connection. The reasons of the first three are the original's. */
export const closes = {
  garbled: { code: 1007, reason: 'failed to unmarshal JSON' },
  slow: { code: 1008, reason: 'connection too slow to keep up with messages' },
  strict: { code: 1011, reason: 'the sky is falling' },
  tooLong: { code: 1009, reason: 'message too long' },
  flooding: { code: 1008, reason: 'too many messages' },
  crowded: { code: 1008, reason: 'too many messages wait for their targets' },
  devices: { code: 1008, reason: 'too many connections of this user' },
  nameless: { code: 1008, reason: 'the token has no preferred_username' },
  expired: { code: 1008, reason: 'the token has expired' },
} as const satisfies Record<string, { readonly code: number; readonly reason: string }>

export type CloseWhy = keyof typeof closes
