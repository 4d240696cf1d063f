/** One question to a Nextcloud over HTTP: redirects followed on the same host only, and nothing but JSON accepted. */
import { failure, type Result, success } from '../lib/result.ts'
import type { ReplyFault } from '../protocols/talk/backend/messages.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpRequest } from './http-request.ts'
import type { HttpResponse } from './http-response.ts'

/** Why a Nextcloud gave no answer to the question. `reason` is the value of a metric's label, `why` is for the log. */
export type BackendFailure =
  /** Talk said no; code and message are for the client. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'throttled' }
  /** It answered, but nothing that can be used. */
  | { readonly kind: 'unusable'; readonly reason: string; readonly why: string }
  /** It did not answer, or not in time. */
  | { readonly kind: 'unreachable'; readonly reason: string; readonly why: string }

const mostRedirects = 3
/** 303 is missing: it asks for a GET, to which Talk has no answer. */
const redirects: ReadonlySet<number> = new Set([301, 302, 307, 308])

/** `now` in ms, for the time that redirects use up. Gives JSON (status 200 or not), or status 304. */
export async function exchange(
  http: HttpClient,
  request: HttpRequest,
  now: () => number,
): Promise<Result<HttpResponse, BackendFailure>> {
  const deadline = now() + request.limit
  let { url } = request
  for (let count = 0; ; count++) {
    const limit = deadline - now()
    if (limit < 1) return failure({ kind: 'unreachable', reason: 'timeout', why: 'no time was left to ask' })
    const sent = await http.send({ ...request, url, limit })
    if (!sent.ok) {
      const { fault, why } = sent.error
      const kind = fault === 'garbled' || fault === 'too large' ? 'unusable' : 'unreachable'
      return failure({ kind, reason: fault.replaceAll(' ', '_'), why })
    }
    const response = sent.value
    if (!redirects.has(response.status)) return checked(response)
    const next = redirected(url, response)
    if (!next.ok) return next
    if (count >= mostRedirects) return unusable('redirect', `more than ${mostRedirects} redirects`)
    url = next.value
  }
}

function redirected(from: string, { headers }: HttpResponse): Result<string, BackendFailure> {
  const location = headers.get('location') ?? ''
  const to = URL.parse(location, from)
  if (location === '' || !to) return unusable('redirect', 'redirected to nowhere')
  if (to.origin !== new URL(from).origin) {
    return unusable('redirect', `redirected to another host, ${to.origin}; configure the URL that Nextcloud really has`)
  }
  to.hash = ''
  return success(to.href)
}

function checked(response: HttpResponse): Result<HttpResponse, BackendFailure> {
  const { status, headers, body } = response
  if (status === 304) return success(response)
  const type = headers.get('content-type') ?? ''
  const coding = headers.get('content-encoding') ?? 'identity'
  if (coding !== 'identity')
    return unusable('invalid_content_encoding', `answered in the coding ${coding.slice(0, 50)}`)
  if (type.startsWith('application/json')) return success(response)
  if (status === 429) return failure({ kind: 'throttled' })
  const beginning = JSON.stringify(body.slice(0, 100))
  return unusable('invalid_content_type', `HTTP status ${status} with ${type.slice(0, 50) || 'no type'}: ${beginning}`)
}

const unusable = (reason: string, why: string) => failure<BackendFailure>({ kind: 'unusable', reason, why })

/** A fault of the answer's content in the words of a failure. */
export function failureOf(fault: ReplyFault): BackendFailure {
  switch (fault.fault) {
    case 'throttled':
      return { kind: 'throttled' }
    case 'refused':
      return { kind: 'refused', code: fault.code, message: fault.message }
    case 'unusable':
      return { kind: 'unusable', reason: fault.reason, why: fault.why }
  }
}
