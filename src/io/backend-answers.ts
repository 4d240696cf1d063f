/** Answers what the Talk front end asks: by asking Nextcloud, or by reading a token that it signed. */
import { createHelloTokens } from '../auth/hello-token.ts'
import type { TalkOn } from '../config/config.ts'
import { assertNever } from '../lib/assert-never.ts'
import type { Fact } from '../observe/facts.ts'
import type { Backends } from '../protocols/talk/backend/backends.ts'
import type { TalkAnswer, TalkAsk } from '../protocols/talk/vocabulary.ts'
import { createIdentifyHello } from './backend-hello.ts'
import { type BackendFailure, createBackendClient } from './backend-http.ts'
import { now } from './clock.ts'
import { createRandom } from './random.ts'
import { systemAuthorities } from './system-authorities.ts'

export interface BackendAnswers extends Disposable {
  /** Open connections by host. */
  connections(): readonly { readonly host: string; readonly connections: number }[]
  answer(ask: TalkAsk): Promise<TalkAnswer>
  /** The answer to a question that could not even be asked. */
  failed(ask: TalkAsk): TalkAnswer
}

export interface BackendAnswersParts {
  readonly settings: Pick<TalkOn, 'timeout' | 'connectionsPerHost' | 'skipVerify'>
  readonly backends: Backends
  readonly version: string
  /** What we tell Nextcloud that we can do. */
  readonly features: readonly string[]
  readonly note: (fact: Fact) => void
}

const notAsked: TalkAnswer = { answer: 'refused', code: 'internal_error', message: undefined }

export function createBackendAnswers({
  settings,
  backends,
  version,
  features,
  note,
}: BackendAnswersParts): BackendAnswers {
  const authorities = systemAuthorities(process.env)
  const client = createBackendClient({
    ...settings,
    ...(authorities === undefined ? {} : { authorities }),
    version,
    features,
    now,
    randomBytes: createRandom(),
    asked({ backend, what, duration, failure }) {
      if (what !== 'capabilities') note({ fact: 'backend-asked', backend, seconds: duration / 1000 })
      if (failure && failure.kind !== 'refused')
        note({ fact: 'backend-failed', backend: backend || what, ...described(failure) })
    },
  })
  const identify = createIdentifyHello({
    backends,
    capabilities: client.capabilities,
    tokens: createHelloTokens(),
    now: Date.now,
  })

  return {
    async answer(ask) {
      switch (ask.ask) {
        case 'backend': {
          const reply = await client.ask(ask.backend, ask.url, ask.request)
          return reply.ok ? { answer: 'reply', reply: reply.value } : refusal(reply.error)
        }
        case 'identify': {
          const user = await identify(ask)
          if (user.ok) return { answer: 'identified', ...user.value }
          const { code, why, skew } = user.error
          note({ fact: 'token-refused', backend: ask.backend.id, why, skew: skew ?? 0 })
          return { answer: 'refused', code, message: undefined }
        }
        case 'ping': {
          const [failure] = await client.ping(ask.backend, ask.url, ask.rooms)
          return failure ? refusal(failure) : { answer: 'done' }
        }
        default:
          return assertNever(ask)
      }
    },
    failed: () => notAsked,
    connections: client.connections,
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

/** Talk's own refusal reaches the client in Talk's words; of everything else it only learns that it did not work. */
function refusal(failure: BackendFailure): TalkAnswer {
  switch (failure.kind) {
    case 'refused':
      return { answer: 'refused', code: failure.code, message: failure.message }
    case 'unusable':
      return { answer: 'unusable' }
    case 'throttled':
    case 'unreachable':
      return notAsked
  }
}

/** `error` is the value of the metric's label, `why` is for the log. */
const described = (
  failure: Exclude<BackendFailure, { kind: 'refused' }>,
): { readonly error: string; readonly why: string } =>
  failure.kind === 'throttled'
    ? { error: 'throttled', why: 'it throttles our requests: exempt this server in its brute-force protection' }
    : { error: failure.reason, why: failure.why }
