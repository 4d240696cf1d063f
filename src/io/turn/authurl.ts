/** Asks a web application for the password of a user name: POST {"username": …}, answered with 200 {"password": …} or 403 or 404. */
import { z } from 'zod'
import type { HookAnswer } from '../../turn/hook-answers.ts'
import { createHttpClient } from '../http-client.ts'
import type { HttpResponse } from '../http-response.ts'

export interface AuthUrl extends Disposable {
  /** Rejects when there is no answer in time, or none that says anything. */
  ask(username: string): Promise<HookAnswer>
}

export interface AuthUrlOptions {
  /** http or https. */
  readonly url: string
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
  /** ms for one question, waiting for a connection included. */
  readonly limit?: number
}

const usualLimit = 5000
const mostAtOnce = 32
/** As many as a few workers may have open questions: more are refused at once. */
const mostWaiting = 4096
const longestAnswer = 16_384
/** ms. */
const keepIdle = 30_000
/** So long may a password be, as a name may. */
const longestPassword = 508

const Answer = z.object({ password: z.string().min(1).max(longestPassword) })

export function createAuthUrl({ url, authorities, limit = usualLimit }: AuthUrlOptions): AuthUrl {
  const http = createHttpClient({
    connectionsPerHost: mostAtOnce,
    waitingPerHost: mostWaiting,
    longestBody: longestAnswer,
    skipVerify: false,
    ...(authorities === undefined ? {} : { authorities }),
    keepIdle,
  })
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'User-Agent': 'heliograph' }

  return {
    async ask(username) {
      const result = await http.send({ method: 'POST', url, headers, body: JSON.stringify({ username }), limit })
      if (!result.ok) throw new Error(`${result.error.fault}: ${result.error.why}`)
      return answerOf(result.value)
    },
    [Symbol.dispose]: () => http[Symbol.dispose](),
  }
}

/** What an answer holds is never repeated in an error: it may be a password. */
function answerOf({ status, body }: HttpResponse): HookAnswer {
  if (status === 403 || status === 404) return { known: false }
  if (status !== 200) throw new Error(`the answer has status ${status}`)
  const answer = Answer.safeParse(jsonOf(body))
  if (!answer.success) throw new Error('the answer is not of the form {"password": "…"}')
  return { known: true, password: answer.data.password }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
