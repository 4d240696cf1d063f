/** The refusals of the proxy protocol as they go out. */
import { type ErrorCode, errorCodes } from '../../sfu/proxy/errors.ts'
import type { Reply } from '../../sfu/proxy/messages.ts'
import type { SfuFailure } from '../../sfu/sfu.ts'

export { type ErrorCode, errorCodes }

/** `request` is the id of what is refused, if it had one. */
export const errorReply = (request: string | undefined, code: ErrorCode): Reply => ({
  ...withId(request),
  type: 'error',
  error: { code, message: errorCodes[code].message },
})

export const withId = (request: string | undefined): { readonly id?: string } =>
  request === undefined ? {} : { id: request }

/** What a client is told of a request that Janus did not carry out. */
export const codeOf = (why: SfuFailure): ErrorCode => codes[why]

const codes: Readonly<Record<SfuFailure, ErrorCode>> = {
  'unknown leg': 'unknown_client',
  'stale sid': 'internal_error',
  'no publisher': 'internal_error',
  timeout: 'timeout',
  'not available': 'internal_error',
  refused: 'internal_error',
}
