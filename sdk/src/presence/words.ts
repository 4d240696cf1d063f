/** How the clients of the presence protocol name users, and spell offers, answers and candidates. */
import { isObject, type JsonObject, numberAt, objectAt, textAt } from '../core/json.ts'
import type { User } from '../core/peer.ts'
import { readCandidate, readDescription, type Signal } from '../rtc/signal.ts'

/** Revision 1: issuer and subject. Revision 2: the user name. */
export type UserId = { readonly issuer: string; readonly subject: string } | { readonly username: string }

/** One text for a user id, for keys and comparisons; undefined if it names nobody. */
export function keyOf(user: unknown): string | undefined {
  const [issuer, subject, username] = [textAt(user, 'issuer'), textAt(user, 'subject'), textAt(user, 'username')]
  if (issuer !== undefined && subject !== undefined) return `${issuer} ${subject}`
  return username
}

export function userIdOf(user: unknown): UserId {
  const [issuer, subject] = [textAt(user, 'issuer'), textAt(user, 'subject')]
  return issuer !== undefined && subject !== undefined
    ? { issuer, subject }
    : { username: textAt(user, 'username') ?? '' }
}

export function userOf(user: unknown): User {
  const name = textAt(user, 'username')
  return { id: keyOf(user) ?? '', ...(name === undefined ? {} : { name }) }
}

/** Type and body of a message. */
export function writeSignal(signal: Signal): { readonly type: string; readonly body: JsonObject } {
  switch (signal.kind) {
    case 'description': {
      const { description, number, link } = signal
      const more = { ...(number === undefined ? {} : { negotiation: number }), ...(link === undefined ? {} : { link }) }
      return { type: description.type === 'offer' ? 'call-offer' : 'call-answer', body: { desc: description, ...more } }
    }
    case 'candidate':
      return { type: 'new-icecandidate', body: { candidate: signal.candidate } }
    case 'bye':
      return { type: 'hang-up', body: {} }
  }
}

export function readSignal(type: string | undefined, body: unknown): Signal | undefined {
  switch (type) {
    case 'call-offer':
    case 'call-answer': {
      const description = readDescription(objectAt(body, 'desc'))
      return (
        description && {
          kind: 'description',
          description,
          number: numberAt(body, 'negotiation'),
          link: textAt(body, 'link'),
        }
      )
    }
    case 'new-icecandidate': {
      const candidate = isObject(body) ? readCandidate(body['candidate'] ?? null) : null
      return candidate === undefined ? undefined : { kind: 'candidate', candidate }
    }
    case 'hang-up':
      return { kind: 'bye' }
    default:
      return undefined
  }
}
