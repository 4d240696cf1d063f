/** Fetches the capabilities of Nextclouds when they are due, one request at a time per host, and shares what comes. */
import { failure, type Result, success } from '../lib/result.ts'
import {
  type Capabilities,
  type CapabilitiesAnswer,
  createCapabilitiesCache,
  readCapabilities,
} from '../protocols/talk/backend/capabilities.ts'
import { capabilitiesUrl, originOf } from '../protocols/talk/backend/urls.ts'
import { type BackendFailure, exchange, failureOf } from './backend-exchange.ts'
import type { HttpClient } from './http-client.ts'

export interface CapabilitiesSource {
  /** What counts now without asking, or undefined if it is time to ask. */
  known(url: string): Capabilities | undefined
  /** Asks if it is time to; if that fails, what was known before counts, or nothing. */
  load(url: string): Promise<Capabilities>
  /** Asks again although it is not time to, because a token's signature did not fit. Undefined if it is too soon. */
  reread(backend: string, url: string): Promise<Capabilities> | undefined
  /** Forgets what is known; at most once a minute for one URL. */
  invalidate(url: string): boolean
}

export interface CapabilitiesParts {
  readonly http: HttpClient
  /** ms that one question may take, waiting for its turn included. */
  readonly timeout: number
  readonly userAgent: string
  /** ms */
  readonly now: () => number
  readonly failed: (url: string, failure: BackendFailure) => void
}

export function createCapabilitiesSource({
  http,
  timeout,
  userAgent,
  now,
  failed,
}: CapabilitiesParts): CapabilitiesSource {
  const cache = createCapabilitiesCache()
  const underWay = new Map<string, Promise<Capabilities>>()
  const lastOfHost = new Map<string, Promise<Capabilities>>()

  const known = (url: string): Capabilities | undefined => {
    const found = cache.look(url, now())
    return found.isFresh ? found.capabilities : undefined
  }

  /** Takes its turn on the host; whoever asks for the same meanwhile gets the same answer. */
  function fetchOnce(url: string): Promise<Capabilities> {
    const running = underWay.get(url)
    if (running) return running
    const host = originOf(url)
    const before = lastOfHost.get(host)
    const deadline = now() + timeout
    const mine = (before ? before.then(() => fetchNow(url, deadline)) : fetchNow(url, deadline)).finally(() => {
      underWay.delete(url)
      if (lastOfHost.get(host) === mine) lastOfHost.delete(host)
    })
    underWay.set(url, mine)
    lastOfHost.set(host, mine)
    return mine
  }

  async function fetchNow(url: string, deadline: number): Promise<Capabilities> {
    const answer = await ask(url, cache.look(url, now()).etag, deadline - now())
    if (!answer.ok) failed(url, answer.error)
    return cache.answered(url, answer.ok ? answer.value : { came: 'nothing' }, now())
  }

  async function ask(
    url: string,
    etag: string | undefined,
    limit: number,
  ): Promise<Result<CapabilitiesAnswer, BackendFailure>> {
    const headers = {
      Accept: 'application/json',
      'OCS-APIRequest': 'true',
      'User-Agent': userAgent,
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    }
    const exchanged = await exchange(http, { method: 'GET', url: capabilitiesUrl(url), headers, limit }, now)
    if (!exchanged.ok) return exchanged
    const { status, headers: given, body } = exchanged.value
    const freshness = { cacheControl: given.get('cache-control'), etag: printable(given.get('etag')) }
    if (status === 304) return success({ came: 'unchanged', freshness })
    if (status !== 200) return failure({ kind: 'unusable', reason: 'status', why: `HTTP status ${status}` })
    const capabilities = readCapabilities(body)
    if (!capabilities.ok) return failure(failureOf(capabilities.error))
    return success({ came: 'new', capabilities: capabilities.value, freshness })
  }

  return {
    known,
    load(url) {
      const found = known(url)
      return found ? Promise.resolve(found) : fetchOnce(url)
    },
    reread: (backend, url) => (cache.mayRereadKey(backend, now()) ? fetchOnce(url) : undefined),
    invalidate: (url) => cache.invalidate(url, now()),
  }
}

/** An ETag goes out again in a header; one that could not is as good as none. */
const printable = (etag: string | undefined): string | undefined =>
  etag !== undefined && etag.length <= 200 && /^[\x21-\x7e ]+$/.test(etag) ? etag : undefined
