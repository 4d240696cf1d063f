/** What the Talk server's error codes and its byes mean for going on. */
import { RefusedError } from '../core/errors.ts'
import { textAt } from '../core/json.ts'

/** Trying again may help, without anything being changed. */
const temporary = new Set([
  'too_many_requests',
  'session_limit_exceeded',
  'internal_error',
  'auth_failed',
  'token_not_valid_yet',
  'room_join_failed',
  'processing_failed',
  'hello_timeout',
])

/** New settings from Nextcloud may help. */
const outdated = new Set(['token_expired', 'invalid_ticket', 'invalid_token', 'token_not_valid_yet'])

export const isOutdated = (code: string): boolean => outdated.has(code)

export function talkError(error: unknown): RefusedError {
  const code = textAt(error, 'code') ?? 'unknown'
  const details = (error as { readonly details?: unknown } | undefined)?.details
  return new RefusedError(code, textAt(error, 'message') ?? code, { temporary: temporary.has(code), details })
}

/** The server ended the session. Only who was too slow with the hello comes back: the others were replaced, or unwanted. */
export const byeError = (reason: string): RefusedError =>
  new RefusedError(reason, `the server ended the session: ${reason}`, { temporary: temporary.has(reason) })
