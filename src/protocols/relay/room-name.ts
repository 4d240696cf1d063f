/** The room that a path names: one segment, percent-decoded. */

declare const brand: unique symbol
export type RoomName = string & { readonly [brand]: 'relay-room' }

/** Octets; more than any name that people see has. */
const longestName = 255

/** Undefined for names that nobody should have to print: empty, too long, with control characters, or half a character. */
export function roomName(text: string): RoomName | undefined {
  const isGood =
    text !== '' && Buffer.byteLength(text) <= longestName && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text.isWellFormed()
  return isGood ? (text as RoomName) : undefined
}

/** `base` is the path of the relay without a slash at its end. One slash behind the room does no harm. */
export function roomOfPath(path: string, base: string): 'elsewhere' | 'unusable' | RoomName {
  if (!path.startsWith(`${base}/`)) return 'elsewhere'
  const segment = path.slice(base.length + 1).replace(/\/$/, '')
  if (segment === '' || segment.includes('/')) return 'elsewhere'
  try {
    return roomName(decodeURIComponent(segment)) ?? 'unusable'
  } catch {
    return 'unusable'
  }
}
