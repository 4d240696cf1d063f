/** The two tokens of the admission protocol, in the original's form: nearly a JWT, with a hexadecimal signature. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** Base64 in the standard alphabet with padding, as all parts but the signature are. */
const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64')
/** Far more than a token with the longest name of an application has. */
const longestToken = 4_096
const signatureForm = /^[0-9a-f]{64}$/

const Payload = z.object({
  app: z.union([z.string(), z.number()]).transform(String),
  exp: z.number().optional(),
  socket: z.string().optional(),
})

export type Token =
  /** Good for ever. */
  | { readonly kind: 'app'; readonly app: string }
  /** Good for one socket; `expires` in ms. */
  | { readonly kind: 'session'; readonly app: string; readonly socket: string; readonly expires: number }

/** The same application always gets the same one. */
export const appToken = (secret: string, app: string): string => signed(secret, { app })

/** `expires` in ms; whole seconds of it are kept. */
export const sessionToken = (secret: string, app: string, socket: string, expires: number): string =>
  signed(secret, { app, exp: Math.floor(expires / 1000), socket })

/** Undefined for whatever we did not sign. Whether it has expired, and for whom it is, the caller sees. */
export function readToken(secret: string, text: unknown): Token | undefined {
  if (typeof text !== 'string' || text.length > longestToken) return undefined
  const [first, body = '', signature = '', ...more] = text.split('.')
  if (first !== head || more.length > 0 || !signatureForm.test(signature)) return undefined
  if (!timingSafeEqual(digest(secret, body), Buffer.from(signature, 'hex'))) return undefined
  const payload = Payload.safeParse(parsed(Buffer.from(body, 'base64').toString()))
  if (!payload.success) return undefined
  const { app, exp, socket } = payload.data
  if (exp === undefined && socket === undefined) return { kind: 'app', app }
  return exp === undefined || socket === undefined ? undefined : { kind: 'session', app, socket, expires: exp * 1000 }
}

/** The application that a token lets in; a session token does so too until it expires, also on another socket. */
export function admittedApp(secret: string, text: unknown, now: number): string | undefined {
  const token = readToken(secret, text)
  return token?.kind === 'session' && token.expires <= now ? undefined : token?.app
}

function signed(secret: string, payload: object): string {
  const body = Buffer.from(JSON.stringify(payload)).toString('base64')
  return `${head}.${body}.${digest(secret, body).toString('hex')}`
}

/** No dot stands between the two parts that are signed. */
const digest = (secret: string, body: string): Buffer => createHmac('sha256', secret).update(`${head}${body}`).digest()

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
