/** GET and POST /turn/credentials: what Janus (`turn_rest_api`) and other services ask for (1.1). */
import { createHash, timingSafeEqual } from 'node:crypto'
import { mintTurnCredentials } from '../auth/turn-credentials.ts'
import type { TurnCredentialsConfig } from '../config/config.ts'
import { readBody } from './read-body.ts'

const longestForm = 4_096
const longestUser = 256

const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

export async function turnCredentials(request: Request, config: TurnCredentialsConfig, now: number): Promise<Response> {
  const asked = await parametersOf(request)
  if (!asked) return new Response('Could not read body\n', { status: 400 })
  // Janus sends the key under both names; its documentation knows only one of them.
  const key = asked.get('key') || asked.get('api')
  if (asked.get('service') !== 'turn' || !key) return new Response('Invalid service or no API key\n', { status: 400 })
  const { apiKey, secret, servers } = config
  if (!apiKey || !sameSecret(apiKey, key)) return new Response('Not allowed to access this service\n', { status: 403 })
  if (!secret || servers.length === 0) return new Response('No TURN servers available\n', { status: 404 })

  const user = asked.get('username')?.slice(0, longestUser) || crypto.randomUUID().replaceAll('-', '')
  return Response.json(mintTurnCredentials(secret, servers, user, now))
}

/** Query and form fields together: some clients post and still put the fields into the URL. */
async function parametersOf(request: Request): Promise<URLSearchParams | undefined> {
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
