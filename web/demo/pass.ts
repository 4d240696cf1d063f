/** What lets somebody back into a room after his page was loaded again: a secret that those who were let in share. */

const bytes = 16

export function newPass(): string {
  return hex(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** True for what `newPass` makes. */
export const isPass = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)

/** Shows that one knows the pass without telling it: whoever answers the door may be somebody else by now. */
export async function proofOf(pass: string, room: string, peer: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(['heliograph-pass', pass, room, peer]))
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', text)))
}

const hex = (all: Uint8Array): string => [...all].map((byte) => byte.toString(16).padStart(2, '0')).join('')
