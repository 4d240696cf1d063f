/** What a well-behaved Talk answers to the signaling server's requests, and the ways in which a stub may misbehave instead. */
import type { Json, JsonObject } from './json.ts'
import { at, isObject, textAt } from './json.ts'

export type TalkAnswer =
  /** The whole `data` of the OCS envelope. */
  | { readonly kind: 'data'; readonly data: Json }
  /** The usual answer, with these fields laid over its body (`auth`, `room`, …). */
  | { readonly kind: 'fields'; readonly fields: JsonObject }
  | { readonly kind: 'html' | 'garbage' | 'hang' | 'close' | 'truncated' }
  /** A good HTTP status with statuscode 429 in the OCS meta, as Nextcloud throttles. */
  | { readonly kind: 'throttled' }
  /** An answer of a type that was not asked for. */
  | { readonly kind: 'wrong-type' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'redirect'; readonly to: 'same-host' | 'other-host' }
  | { readonly kind: 'huge'; readonly bytes: number }
  /** Answers only when the promise resolves. */
  | { readonly kind: 'held'; readonly until: Promise<void>; readonly after?: TalkAnswer }
  | { readonly kind: 'slow'; readonly ms: number; readonly after?: TalkAnswer }

/** Talk's refusals come with HTTP 200 and this inside the envelope. */
export function talkError(code: string, message = `Refused by the stub: ${code}`): TalkAnswer {
  return { kind: 'data', data: { type: 'error', error: { code, message } } }
}

export function ocs(data: Json, statusCode = 200): string {
  return JSON.stringify({
    ocs: { meta: { status: statusCode < 400 ? 'ok' : 'failure', statuscode: statusCode, message: 'OK' }, data },
  })
}

/** The usual answer to a request body; users are whoever the auth params name as `userid`. */
export function usualAnswer(request: Json | undefined): JsonObject {
  switch (textAt(request, 'type')) {
    case 'auth':
      return authAnswer(at(request, 'auth', 'params'))
    case 'room':
      return roomAnswer(at(request, 'room'))
    case 'ping':
      return { type: 'room', room: { version: '1.0', roomid: textAt(request, 'ping', 'roomid') ?? '' } }
    default:
      return { type: 'error', error: { code: 'unknown_type', message: 'The given type is not supported.' } }
  }
}

/** A guest's answer has neither `userid` nor `user`. */
function authAnswer(params: Json | undefined): JsonObject {
  const userid = textAt(params, 'userid')
  if (textAt(params, 'ticket') === 'bad')
    return { type: 'error', error: { code: 'invalid_ticket', message: 'The given ticket is not valid for this user.' } }
  if (userid === undefined || userid === '') return { type: 'auth', auth: { version: '1.0' } }
  return { type: 'auth', auth: { version: '1.0', userid, user: { displayname: `The ${userid}` } } }
}

function roomAnswer(room: Json | undefined): JsonObject {
  const roomid = textAt(room, 'roomid') ?? ''
  if (textAt(room, 'action') === 'leave') return { type: 'room', room: { version: '1.0', roomid } }
  return { type: 'room', room: { version: '1.0', roomid, properties: { name: `The ${roomid}`, type: 2 } } }
}

/** Lays fields over the body of the usual answer: the member that is named like its type. */
export function withFields(usual: JsonObject, fields: JsonObject): JsonObject {
  const type = textAt(usual, 'type') ?? ''
  const body = usual[type]
  return { ...usual, [type]: { ...(isObject(body) ? body : {}), ...fields } }
}
