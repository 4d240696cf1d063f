/** Hello version 2.0 from end to end: Nextcloud's key, the token, and once more with a new key if the signature does not fit. */
import type { HelloTokenRefusal, HelloTokens } from '../auth/hello-token.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { type RawJson, rawSlice } from '../protocols/json-wire.ts'
import type { Backends } from '../protocols/talk/backend/backends.ts'
import { normaliseBackendUrl } from '../protocols/talk/backend/urls.ts'
import type { TalkAsk } from '../protocols/talk/vocabulary.ts'
import type { CapabilitiesSource } from './backend-capabilities.ts'

export interface HelloParts {
  readonly backends: Backends
  readonly capabilities: CapabilitiesSource
  readonly tokens: HelloTokens
  /** ms since 1970. */
  readonly now: () => number
}

export interface HelloUser {
  /** Empty for a guest. */
  readonly userId: string
  readonly user: RawJson | undefined
}

export interface HelloRefusal extends Omit<HelloTokenRefusal, 'code' | 'why'> {
  readonly code: HelloTokenRefusal['code'] | 'federation_unsupported'
  readonly why: HelloTokenRefusal['why'] | 'capability'
}

/** What Talk has to be able to for people of other Nextclouds to come with its tokens. */
const federationFeature = 'federation-v2'

export type IdentifyHello = (
  question: Pick<Extract<TalkAsk, { readonly ask: 'identify' }>, 'backend' | 'url' | 'token' | 'as'>,
) => Promise<Result<HelloUser, HelloRefusal>>

export function createIdentifyHello({ backends, capabilities, tokens, now }: HelloParts): IdentifyHello {
  return async ({ backend, url, token, as }) => {
    /** Nextcloud names itself by its base URL; another one of the same backend will do. */
    const isIssuer = (iss: string): boolean => {
      const issuer = normaliseBackendUrl(iss)
      return issuer !== undefined && backends.byUrl(issuer)?.id === backend.id
    }
    const verify = (key: string | undefined) => tokens.verify({ token, key, now: now(), isIssuer })

    const { helloKey, features } = await capabilities.load(url)
    if (as === 'federation' && !features.has(federationFeature)) {
      return failure({ code: 'federation_unsupported', why: 'capability' })
    }
    let verified = await verify(helloKey)
    if (!verified.ok && (verified.error.why === 'signature' || verified.error.why === 'key')) {
      const again = await capabilities.reread(backend.id, url)
      if (again && again.helloKey !== helloKey) verified = await verify(again.helloKey)
    }
    if (!verified.ok) return failure(verified.error)
    const { userId, claims } = verified.value
    const user = rawSlice(claims, ['userdata'])
    // PHP writes an empty object as a list.
    return success({ userId, user: user?.text === 'null' || user?.text === '[]' ? undefined : user })
  }
}
