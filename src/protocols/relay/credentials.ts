/** Whether a password is the right one. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Takes the same time wherever they differ, and however long they are. */
export function isSamePassword(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest()
