/** All OpenID providers whose tokens are accepted: a token says which of them has to vouch for it. */
import { checkToken, type OidcIdentity, readTokenHead, sameIssuer, type TokenFault } from '../../auth/oidc-token.ts'
import type { OidcProviderConfig } from '../../config/config.ts'
import { failure, type Result } from '../../lib/result.ts'
import { createHttpClient } from '../http-client.ts'
import { createProviderKeys, type ProviderFact } from './provider.ts'

export interface OidcOptions {
  readonly providers: readonly OidcProviderConfig[]
  /** ms by which clocks may differ. */
  readonly clockSkew: number
  /** ms after which keys are read again before they are used. */
  readonly refresh: number
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
  /** ms; never runs backwards. */
  readonly now: () => number
  /** ms since 1970, as everybody else's clock has it. */
  readonly today: () => number
  readonly note: (fact: ProviderFact) => void
}

export interface TokenRefusal {
  /** `unavailable`: the provider's keys are not known, which may change. */
  readonly why: TokenFault | 'unavailable'
  /** Of the provider, if it is one of ours. */
  readonly issuer: string | undefined
}

export interface Oidc extends Disposable {
  /** Never rejects. */
  verify(token: string): Promise<Result<OidcIdentity, TokenRefusal>>
}

const connectionsPerHost = 2
const waitingPerHost = 8
/** Bytes. */
const longestDocument = 262_144
/** ms. */
const keepIdle = 30_000

export function createOidc({ providers, clockSkew, refresh, authorities, now, today, note }: OidcOptions): Oidc {
  const parts = new DisposableStack()
  const http = parts.use(
    createHttpClient({
      connectionsPerHost,
      waitingPerHost,
      longestBody: longestDocument,
      skipVerify: false,
      ...(authorities === undefined ? {} : { authorities }),
      keepIdle,
    }),
  )
  const known = providers.map((provider) => parts.use(createProviderKeys({ provider, http, now, refresh, note })))

  return {
    async verify(token) {
      const head = readTokenHead(token)
      if (!head.ok) return failure({ why: head.error, issuer: undefined })
      const from = known.find(({ provider }) => sameIssuer(provider.issuer, head.value.issuer))
      if (!from) return failure({ why: 'issuer', issuer: undefined })
      const { issuer, audiences } = from.provider
      const keys = await from.find(head.value.kid)
      if (!keys) return failure({ why: 'unavailable', issuer })
      const checked = await checkToken({ token, head: head.value, keys, audiences, now: today(), skew: clockSkew })
      return checked.ok ? checked : failure({ why: checked.error, issuer })
    },
    [Symbol.dispose]: () => parts.dispose(),
  }
}
