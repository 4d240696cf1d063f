/** `POST /app`: whoever knows the password gets a token for an application. Answers as the original's parsers and checks do. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { appToken } from './token.ts'

export interface AppAnswer {
  readonly status: 200 | 400 | 401 | 413 | 429
  /** JSON. */
  readonly body: string
}

export interface AppKeys {
  /** Without one nobody gets a token. */
  readonly password: string | undefined
  readonly secret: string
}

/** In bytes. */
export const longestAppRequest = 102_400
const longestName = 256

export const appTooLarge: AppAnswer = refusal(413, 'request entity too large')
export const appTooOften: AppAnswer = refusal(429, 'Too Many Requests')
/** What `GET /` says, too. */
export const appUnauthorized: AppAnswer = refusal(401, 'Unauthorized')

export function answerAppRequest(contentType: string, body: Uint8Array, { password, secret }: AppKeys): AppAnswer {
  const fields = fieldsOf(contentType.split(';')[0]?.trim().toLowerCase() ?? '', Buffer.from(body).toString())
  if (typeof fields === 'string') return refusal(400, fields)
  const given = fields['password']
  const isRight = password !== undefined && typeof given === 'string' && isSame(password, given)
  if (!isRight) return appUnauthorized
  const app = fields['app']
  if (typeof app !== 'string' || app === '') return refusal(400, 'Required properties (app) is undefined')
  if (app.length > longestName || /[\p{Cc}\p{Cs}]/u.test(app)) return refusal(400, 'Property app is not valid')
  return answer(200, null, { token: appToken(secret, app) })
}

type Fields = Readonly<Record<string, unknown>>

/** The fields, or what a parser says of the text. Of another type than the two nothing is read. */
function fieldsOf(type: string, text: string): Fields | string {
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(text))
  if (type !== 'application/json' || text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    const first = text.trim()[0] ?? ''
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : `Unexpected token ${first} in JSON at position 0`
  } catch (error) {
    return error instanceof Error ? error.message : 'Unexpected token in JSON'
  }
}

/** In constant time, over the length too. */
function isSame(known: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(known), digest(given))
}

function refusal(status: AppAnswer['status'], error: string): AppAnswer {
  return answer(status, error, false)
}

function answer(status: AppAnswer['status'], error: string | null, response: object | false): AppAnswer {
  return { status, body: JSON.stringify({ status, error, response }) }
}
