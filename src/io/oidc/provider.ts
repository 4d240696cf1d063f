/** The keys of one OpenID provider: read at the start, and again when somebody comes and they are no longer fresh. */
import { type OidcKey, type OidcKeys, readDiscovery, readKeys } from '../../auth/oidc-keys.ts'
import type { OidcProviderConfig } from '../../config/config.ts'
import { failure, type Result, success } from '../../lib/result.ts'
import type { HttpClient } from '../http-client.ts'
import type { HttpResponse } from '../http-response.ts'

export type ProviderFact =
  | { readonly fact: 'oidc-keys-read'; readonly provider: string; readonly keys: number }
  /** `why` is for people. */
  | { readonly fact: 'oidc-provider-failed'; readonly provider: string; readonly why: string }

export interface ProviderKeysOptions {
  readonly provider: OidcProviderConfig
  readonly http: HttpClient
  /** ms; never runs backwards. */
  readonly now: () => number
  /** ms after which keys are read again before they are used. */
  readonly refresh: number
  readonly note: (fact: ProviderFact) => void
}

export interface ProviderKeys extends Disposable {
  readonly provider: OidcProviderConfig
  /** Those of that `kid`; undefined while it is not known which there are. Never rejects. */
  find(kid: string): Promise<readonly OidcKey[] | undefined>
}

/** All in ms. */
const requestLimit = 4_000
/** Invented key ids must not make us a burden to the provider. */
const leastPause = 2_000
const retryAtStart = 5_000
/** So long the last keys are good for when the provider cannot be reached. */
const longestStale = 3_600_000

interface Known {
  readonly keys: OidcKeys
  readonly text: string
  readonly at: number
}

export function createProviderKeys({ provider, http, now, refresh, note }: ProviderKeysOptions): ProviderKeys {
  const { name, discovery } = provider
  const discoveryUrl = `${discovery.replace(/\/+$/, '')}/.well-known/openid-configuration`
  let known: Known | undefined
  let reading: Promise<void> | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  let failed = ''
  let isDisposed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  async function get(url: string): Promise<Result<string, string>> {
    const headers = { accept: 'application/json', 'user-agent': 'heliograph' }
    const sent = await http.send({ method: 'GET', url, headers, limit: requestLimit })
    if (!sent.ok) return failure(`${url}: ${sent.error.fault}: ${sent.error.why}`)
    return plain(sent.value, url)
  }

  /** Each time anew: a provider may move its keys, and what is withdrawn then may still be at the former place. */
  async function locate(): Promise<Result<string, string>> {
    const text = await get(discoveryUrl)
    return text.ok ? readDiscovery(text.value, discoveryUrl) : text
  }

  async function readOnce(): Promise<void> {
    // Before anything is asked: what is withdrawn later cannot be in the answer.
    const at = now()
    const where = await locate()
    const text = where.ok ? await get(where.value) : where
    const keys = text.ok ? readKeys(text.value) : text
    if (isDisposed) return
    if (!text.ok || !keys.ok) {
      const why = keys.ok ? '' : keys.error
      if (why !== failed) note({ fact: 'oidc-provider-failed', provider: name, why })
      failed = why
      return
    }
    if (failed !== '' || known?.text !== text.value) {
      note({ fact: 'oidc-keys-read', provider: name, keys: keys.value.size })
    }
    failed = ''
    known = { keys: keys.value, text: text.value, at }
  }

  /** Whoever comes while they are being read waits for the same answer. */
  function read(): Promise<void> {
    if (reading) return reading
    if (isDisposed || now() - triedAt < leastPause) return Promise.resolve()
    triedAt = now()
    reading = readOnce()
      .catch((error: unknown) => note({ fact: 'oidc-provider-failed', provider: name, why: String(error) }))
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  async function start(): Promise<void> {
    await read()
    if (known || isDisposed) return
    timer = setTimeout(() => void start(), retryAtStart)
  }
  void start()

  return {
    provider,
    async find(kid) {
      if (!known || now() - known.at > refresh) await read()
      else if (!known.keys.has(kid)) await read()
      if (!known || now() - known.at > longestStale) return undefined
      return known.keys.get(kid) ?? []
    },
    [Symbol.dispose]() {
      isDisposed = true
      clearTimeout(timer)
    },
  }
}

/** Whoever redirects us could name any address inside. */
function plain({ status, body }: HttpResponse, url: string): Result<string, string> {
  return status === 200 ? success(body) : failure(`${url}: answered with status ${status}`)
}
