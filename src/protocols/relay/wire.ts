/** What a frame says, read only as far as the protocol has to know. */
import { Authenticate } from './messages.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** User name and password of an `authenticate` in its right form. */
export function readAuthenticate(text: string): Authenticate['data'] | undefined {
  const checked = Authenticate.safeParse(objectOf(text))
  return checked.success ? checked.data.data : undefined
}

/**
 * Undefined for what is not a JSON object. Revision 1 relays all of that unread, so that it is looked into only if one
 * of the words that matter is in it.
 */
export function mayMatter(text: string): boolean {
  return text.includes('"to"') || text.includes('authenticate')
}

export function objectOf(text: string): JsonObject | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

/** The member of that name itself: nothing that every object has. */
export const memberOf = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined

/** The same text with the sender's id in it; nothing else changes unless it already had a `from`. */
export function withSender(text: string, object: JsonObject, from: string): string {
  if (Object.hasOwn(object, 'from')) return JSON.stringify({ ...object, from })
  return `${text.slice(0, text.lastIndexOf('}'))},"from":${JSON.stringify(from)}}`
}
