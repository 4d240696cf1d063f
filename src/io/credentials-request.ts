/** What those who ask for TURN credentials send, and whether they may ask. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readBody } from './read-body.ts'

const longestForm = 4_096
const longestUser = 256
/** Octets: with the time in front it has to fit into USERNAME, which has 508 at most (RFC 8489 section 14.3). */
const mostOctets = 480

/** Query and form fields together: some clients post and still put the fields into the URL. Undefined if they cannot be read. */
export async function parametersOf(request: Request): Promise<URLSearchParams | undefined> {
  const asked = new URL(request.url).searchParams
  if (request.method !== 'POST') return asked
  const body = await readBody(request, longestForm)
  if (!body.ok) return undefined
  const text = Buffer.from(body.value).toString()
  if (request.headers.get('content-type')?.startsWith('application/json')) {
    try {
      const fields: unknown = JSON.parse(text)
      if (typeof fields !== 'object' || fields === null) return undefined
      for (const [name, value] of Object.entries(fields)) if (typeof value === 'string') asked.set(name, value)
    } catch {
      return undefined
    }
    return asked
  }
  for (const [name, value] of new URLSearchParams(text)) asked.set(name, value)
  return asked
}

/** Janus sends the key under both names; its documentation knows only one of them. */
export function keyOf(asked: URLSearchParams): string | undefined {
  return asked.get('key') || asked.get('api') || undefined
}

/** For whom the credentials are; quotas count by it. Made up if the asker does not say. */
export function userOf(asked: URLSearchParams): string {
  const user = asked.get('username')?.slice(0, longestUser) ?? ''
  const octets = Buffer.from(user)
  const fitting =
    octets.length > mostOctets
      ? octets
          .subarray(0, mostOctets)
          .toString()
          .replace(/\ufffd$/, '')
      : user
  return fitting || crypto.randomUUID().replaceAll('-', '')
}

/** In constant time, also over the length. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
