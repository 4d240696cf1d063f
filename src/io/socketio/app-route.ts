/** `POST /app` and `GET /` of the admission protocol over HTTP: bodies, other origins, and patience with wrong passwords. */
import type { Throttle } from '../../core/throttle.ts'
import { addressKey } from '../../lib/ip-range.ts'
import {
  type AppAnswer,
  type AppKeys,
  answerAppRequest,
  appTooLarge,
  appTooOften,
  appUnauthorized,
  longestAppRequest,
} from '../../protocols/admission/app-request.ts'
import type { AdmissionFact } from '../../protocols/admission/facts.ts'
import type { TalkFact } from '../../protocols/talk/facts.ts'
import { now } from '../clock.ts'
import { readBody } from '../read-body.ts'
import type { Methods, Route } from '../router.ts'

const action = 'AdmissionApp'

export interface AppRouteParts {
  readonly keys: AppKeys
  /** Pages of which origins may ask; empty: all. */
  readonly origins: readonly string[]
  readonly throttle: Throttle
  readonly note: (fact: AdmissionFact | Extract<TalkFact, { fact: 'attempt-delayed' | 'attempt-refused' }>) => void
}

export function appMethods(parts: AppRouteParts): Methods {
  const { origins } = parts
  const post: Route = async (request, address) => {
    const answer = await answerTo(request, addressKey(address), parts)
    parts.note({ fact: 'admission-app-asked', address, status: answer.status })
    return respond(answer, request, origins)
  }
  return {
    POST: post,
    OPTIONS: (request) =>
      new Response(null, {
        status: 204,
        headers: {
          ...allowed(request, origins),
          'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
          'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? 'content-type',
        },
      }),
  }
}

/** The original says at `/` that there is nothing to see. */
export const rootMethods = (origins: readonly string[]): Methods => ({
  GET: (request) => respond(appUnauthorized, request, origins),
})

async function answerTo(request: Request, key: string, { keys, throttle, note }: AppRouteParts): Promise<AppAnswer> {
  const body = await readBody(request, longestAppRequest)
  if (!body.ok) return appTooLarge
  if (!throttle.allows(key, action, now())) {
    note({ fact: 'attempt-refused', address: key, action })
    return appTooOften
  }
  const answer = answerAppRequest(request.headers.get('content-type') ?? '', body.value, keys)
  // Without a password there is nothing to guess.
  if (answer.status !== 401 || keys.password === undefined) return answer
  const delay = throttle.failed(key, action, now())
  note({ fact: 'attempt-delayed', address: key, action, delay })
  await Bun.sleep(delay)
  return answer
}

const respond = ({ status, body }: AppAnswer, request: Request, origins: readonly string[]): Response =>
  new Response(body, {
    status,
    headers: {
      ...allowed(request, origins),
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })

function allowed(request: Request, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0 || origins.includes('*')) return { 'access-control-allow-origin': '*' }
  const origin = request.headers.get('origin') ?? ''
  return { vary: 'Origin', ...(origins.includes(origin) && { 'access-control-allow-origin': origin }) }
}
