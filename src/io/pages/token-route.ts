/** `POST /demo/token`: what the call page needs to connect, for whoever knows the password, and not without end. */
import type { DemoOn } from '../../config/config.ts'
import type { Throttle } from '../../core/throttle.ts'
import { addressKey } from '../../lib/ip-range.ts'
import type { TalkFact } from '../../protocols/talk/facts.ts'
import { sameSecret } from '../credentials-request.ts'
import { readBody } from '../read-body.ts'
import type { Route } from '../router.ts'
import { isFromThisMachine } from '../this-machine.ts'
import { notToBeKept } from '../turn-credentials-route.ts'

export interface TokenRouteParts {
  readonly config: DemoOn
  readonly throttle: Throttle
  readonly now: () => number
  /** A token that opens a connection for a short while. */
  readonly mint: () => string
  /** Where it opens one. */
  readonly path: string
  readonly note: (fact: Extract<TalkFact, { fact: 'attempt-delayed' | 'attempt-refused' }>) => void
}

const action = 'DemoToken'
const longestBody = 2_048
/** Tokens that one address gets within a minute: pages that are loaded again and again, and many people behind one router. */
const mostAMinute = 120
const minute = 60_000

export function tokenRoute({ config, throttle, now, mint, path, note }: TokenRouteParts): Route {
  const given = new Map<string, number>()
  let since = now()

  /** Counts a token; false if this address has had enough of them. */
  function mayHave(key: string): boolean {
    if (now() - since >= minute) {
      given.clear()
      since = now()
    }
    const count = (given.get(key) ?? 0) + 1
    given.set(key, count)
    return count <= mostAMinute
  }

  return async (request, address) => {
    // A page of another origin cannot send JSON without asking first, and is not answered then.
    const site = request.headers.get('sec-fetch-site')
    const isJson = /^application\/json\b/i.test(request.headers.get('content-type') ?? '')
    if (!isJson || (site !== null && site !== 'same-origin' && site !== 'none'))
      return refuse(403, 'Only for our own page')
    const body = await readBody(request, longestBody)
    if (!body.ok) return refuse(413, 'Too long')
    const key = addressKey(address)
    if (!throttle.allows(key, action, now())) {
      note({ fact: 'attempt-refused', address: key, action })
      return refuse(429, 'Too many wrong passwords')
    }
    const isOpen = config.openToThisMachine === true && isFromThisMachine(request, address)
    const password = passwordIn(Buffer.from(body.value).toString())
    if (!isOpen && password === undefined) return refuse(401, 'A password is needed')
    if (!isOpen && !sameSecret(config.password, password ?? '')) {
      const delay = throttle.failed(key, action, now())
      note({ fact: 'attempt-delayed', address: key, action, delay })
      await Bun.sleep(delay)
      return refuse(401, 'Wrong password')
    }
    if (!mayHave(key)) return refuse(429, 'Too many tokens')
    return Response.json({ token: mint(), path }, { headers: notToBeKept })
  }
}

function passwordIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const has = typeof value === 'object' && value !== null && 'password' in value
    return has && typeof value.password === 'string' && value.password !== '' ? value.password : undefined
  } catch {
    return undefined
  }
}

const refuse = (status: number, why: string): Response => new Response(`${why}\n`, { status, headers: notToBeKept })
