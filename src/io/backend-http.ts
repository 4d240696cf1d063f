/** Asks the Nextcloud servers: who a client is, whether it may join, and tells them who is still there. */
import { failure, type Result, success } from '../lib/result.ts'
import { encodeJson } from '../protocols/json-wire.ts'
import type { Backend } from '../protocols/talk/backend/backends.ts'
import { checksum, checksumHeader, randomHeader } from '../protocols/talk/backend/checksum.ts'
import { type BackendReply, type BackendRequest, readReply } from '../protocols/talk/backend/messages.ts'
import { pingRequests, type RoomEntries } from '../protocols/talk/backend/pings.ts'
import { signalingUrl } from '../protocols/talk/backend/urls.ts'
import type { TalkAnswer, TalkAsk } from '../protocols/talk/vocabulary.ts'
import { type CapabilitiesSource, createCapabilitiesSource } from './backend-capabilities.ts'
import { type BackendFailure, exchange, failureOf } from './backend-exchange.ts'
import { createHttpClient } from './http-client.ts'

export type { BackendFailure } from './backend-exchange.ts'

export interface BackendClientOptions {
  /** ms for one question and all that belongs to it: capabilities, waiting for a connection, redirects. */
  readonly timeout: number
  readonly connectionsPerHost: number
  /** Accepts any certificate. */
  readonly skipVerify: boolean
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string
  readonly version: string
  /** What this server can do; Talk reads it from a header. */
  readonly features: readonly string[]
  /** ms; never runs backwards. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  /** Told of each question when it has ended. */
  readonly asked?: (exchange: BackendExchange) => void
}

/** For metrics and the log. */
export interface BackendExchange {
  readonly backend: string
  readonly url: string
  readonly what: BackendRequest['type'] | 'capabilities'
  /** ms; 0 for capabilities, of which only failures are told. */
  readonly duration: number
  readonly failure: BackendFailure | undefined
}

export interface BackendClient extends Disposable {
  /**
   * `url` is the base URL by which the client named its Nextcloud, in its one spelling. Without the slash at its end it
   * is where to ask, as it stands.
   */
  ask(backend: Backend, url: string, request: BackendRequest): Promise<Result<BackendReply, BackendFailure>>
  /** Tells who is still there, in as few requests as the backend takes. Resolves to what failed. */
  ping(backend: Backend, url: string, rooms: readonly RoomEntries[]): Promise<readonly BackendFailure[]>
  readonly capabilities: CapabilitiesSource
  connections(): readonly { readonly host: string; readonly connections: number }[]
}

/** In a storm of reconnects every hello asks: so many may wait for one host before the next is refused at once. */
const waitingPerHost = 20_000
const longestAnswer = 1_048_576
/** Below the times after which usual web servers close an idle connection would be 5 s; most wait a minute and more. */
const keepIdle = 30_000

export function createBackendClient(options: BackendClientOptions): BackendClient {
  const { connectionsPerHost, now, randomBytes, skipVerify, timeout } = options
  const userAgent = `nextcloud-spreed-signaling/${options.version}`
  const http = createHttpClient({
    connectionsPerHost,
    waitingPerHost,
    longestBody: longestAnswer,
    skipVerify,
    ...(options.authorities === undefined ? {} : { authorities: options.authorities }),
    keepIdle,
  })
  const capabilities = createCapabilitiesSource({
    http,
    timeout,
    userAgent,
    now,
    failed: (url, why) => options.asked?.({ backend: '', url, what: 'capabilities', duration: 0, failure: why }),
  })
  const fixedHeaders = {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'OCS-APIRequest': 'true',
    'User-Agent': userAgent,
    ...(options.features.length > 0 ? { 'X-Spreed-Signaling-Features': options.features.join(', ') } : {}),
  }

  async function talkUrl(base: string): Promise<string> {
    const can = capabilities.known(base) ?? (await capabilities.load(base))
    return signalingUrl(base, can.features.has('signaling-v3') ? 'v3' : 'v1')
  }

  async function ask(
    backend: Backend,
    url: string,
    request: BackendRequest,
  ): Promise<Result<BackendReply, BackendFailure>> {
    const start = now()
    const there = url.endsWith('/') ? await talkUrl(url) : url
    const body = encodeJson(request)
    const random = Buffer.from(randomBytes(32)).toString('hex')
    const headers = {
      ...fixedHeaders,
      [randomHeader]: random,
      [checksumHeader]: checksum(backend.secret, random, body),
    }
    const limit = start + timeout - now()
    const exchanged = await exchange(http, { method: 'POST', url: there, headers, body, limit }, now)
    const reply = exchanged.ok ? read(exchanged.value.body, request.type) : exchanged
    options.asked?.({
      backend: backend.id,
      url: there,
      what: request.type,
      duration: now() - start,
      failure: reply.ok ? undefined : reply.error,
    })
    return reply
  }

  return {
    ask,
    async ping(backend, url, rooms) {
      const { pingLimit } = await capabilities.load(url)
      const requests = pingRequests(rooms, pingLimit).values()
      const failures: BackendFailure[] = []
      // Few at a time: people who are just coming in must not wait behind a thousand rooms.
      const lane = async (): Promise<void> => {
        for (const request of requests) {
          const reply = await ask(backend, url, request)
          if (!reply.ok) failures.push(reply.error)
        }
      }
      await Promise.all([lane(), lane()])
      return failures
    },
    capabilities,
    connections: http.connections,
    [Symbol.dispose]: () => http[Symbol.dispose](),
  }
}

function read(body: string, asked: BackendRequest['type']): Result<BackendReply, BackendFailure> {
  const reply = readReply(body, asked)
  return reply.ok ? success(reply.value) : failure(failureOf(reply.error))
}

/**
 * For the load client of 0.4.1, whose auth server answers only at the very URL that its hello names: a hello (1.0) that
 * got nothing usable from Talk's place below that URL is put to the URL itself, within a time limit of its own.
 */
export function askedAtUrlItself(answer: (ask: TalkAsk) => Promise<TalkAnswer>): (ask: TalkAsk) => Promise<TalkAnswer> {
  return async (ask) => {
    const first = await answer(ask)
    const isHello = ask.ask === 'backend' && ask.request.type === 'auth'
    return isHello && first.answer === 'unusable' ? answer({ ...ask, url: ask.url.replace(/\/$/, '') }) : first
  }
}
