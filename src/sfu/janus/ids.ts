/**
 * Ids of Janus: numbers of 64 bits, which a JavaScript number would round. Here they are text of digits, and messages
 * are written with them as numbers again.
 */

/** Ids large enough to be rounded are rare: Janus itself makes none above 2^53. */
const mayHoldLargeId = /":\s*(?:\d{17,}|9\d{15})/
/** In JSON a quote within a string has a backslash before it, so this finds fields only. */
const largeId = /("(?:session_id|sender|id|room)"\s*:\s*)(\d{16,20})(?=\s*[,}\]])/g

/** `JSON.parse`, with ids that a number cannot hold as text. Throws what `JSON.parse` throws. */
export function parseKeepingIds(text: string): unknown {
  if (!mayHoldLargeId.test(text)) return JSON.parse(text)
  return JSON.parse(
    text.replace(largeId, (all: string, field: string, digits: string) =>
      Number.isSafeInteger(Number(digits)) ? all : `${field}"${digits}"`,
    ),
  )
}

const digitsOnly = /^[1-9]\d{0,19}$/

/** What stands for an id in a parsed message, as text; undefined if it can be none. */
export function idIn(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined
  return typeof value === 'string' && digitsOnly.test(value) ? value : undefined
}

/** A room of our own choosing: 52 random bits, so that it is a number everywhere. */
export function roomFrom(random: (count: number) => Uint8Array): string {
  const bytes = random(7)
  let number = (bytes[0] ?? 0) & 0x0f
  for (const byte of bytes.subarray(1)) number = number * 256 + byte
  return String(Math.max(1, number))
}
