/** The refusals of a media proxy: code, public sentence, and when they are given. */

export const errorCodes = {
  invalid_format: { message: 'Invalid data format.', when: 'the frame is not JSON, or lacks a mandatory field' },
  hello_expected: { message: 'Expected Hello request.', when: 'something else than hello came first' },
  no_such_session: {
    message: 'The session to resume does not exist.',
    when: '`resumeid` is wrong, or its session is over',
  },
  auth_failed: {
    message: 'The token could not be authenticated.',
    when: 'the token is none of ours, or `sub` of a `remoteToken` is another publisher',
  },
  token_expired: { message: 'The token is expired.', when: 'a token is older than five minutes: check clocks' },
  token_not_valid_yet: { message: 'The token is not valid yet.', when: 'a token lies in the future: check clocks' },
  unknown_client: { message: 'Unknown client id given.', when: 'no such publisher or subscriber in this session' },
  bad_request: { message: 'Unsupported command received.', when: 'an unknown type of message or command' },
  unsupported_payload: { message: 'Unsupported payload type.', when: 'an unknown or unusable payload' },
  unsupported_subscriber: {
    message: 'Remote subscribers are not supported.',
    when: '`remoteUrl` at a proxy without `token_id`, `token_key` or `hostname`, or with an old Janus',
  },
  shutdown_scheduled: { message: 'The server is scheduled to shutdown.', when: 'a new publisher while draining' },
  timeout: { message: 'Timeout.', when: 'Janus, or the other proxy, did not answer in time' },
  too_many_requests: {
    message: 'Too many requests.',
    when: 'too many tokens from this address that were none of ours, in 30 minutes',
  },
  internal_error: { message: 'The request could not be processed.', when: 'Janus refused, or is not there' },
} as const satisfies Record<string, { readonly message: string; readonly when: string }>

export type ErrorCode = keyof typeof errorCodes
