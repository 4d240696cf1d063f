/** An OpenID provider as far as we ask one: discovery and keys, which a test may exchange, hide or spoil; and tokens, good and forged. */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'

export interface StubOidc extends AsyncDisposable {
  /** Where it listens; no slash at the end. */
  readonly url: string
  /** What its tokens name, which may be another address. */
  readonly issuer: string
  /** How often the key set was asked for. */
  asked(): number
  /** A new key, published from now on; tokens are signed with the newest. */
  addKey(kid: string, kind?: KeyKind, published?: JWK): void
  withdraw(kid: string): void
  /** Answers everything like this instead; undefined goes back to what is true. */
  answer(instead: ((path: string) => Response | Promise<Response>) | undefined): void
  token(claims?: Claims, head?: Readonly<Record<string, unknown>>): Promise<string>
}

export type KeyKind = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA'
export type Claims = Readonly<Record<string, unknown>>

interface Key {
  readonly kid: string
  readonly kind: KeyKind
  readonly secret: KeyObject
  readonly jwk: JWK
  isPublished: boolean
}

export interface StubOptions {
  readonly issuer?: string
  readonly audience?: string
  /** 0 is any free one. */
  readonly port?: number
}

export function startStubOidc({ issuer: outside, audience = 'my-client', port = 0 }: StubOptions = {}): StubOidc {
  const keys: Key[] = []
  let asked = 0
  let instead: ((path: string) => Response | Promise<Response>) | undefined
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    fetch(request): Response | Promise<Response> {
      const { pathname, host } = new URL(request.url)
      if (pathname === '/jwks') asked++
      if (instead) return instead(pathname)
      if (pathname === '/.well-known/openid-configuration') {
        return Response.json({ issuer: 'https://somewhere.example', jwks_uri: `http://${host}/jwks` })
      }
      if (pathname !== '/jwks') return new Response('', { status: 404 })
      return Response.json({ keys: keys.filter(({ isPublished }) => isPublished).map(({ jwk }) => jwk) })
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  const issuer = outside ?? url

  function addKey(kid: string, kind: KeyKind = 'RS256', published?: JWK): void {
    const { publicKey, privateKey } = keyPair(kind)
    const jwk = published ?? { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg: kind, use: 'sig' }
    keys.push({ kid, kind, secret: privateKey, jwk, isPublished: true })
  }
  addKey('first')

  return {
    url,
    issuer,
    asked: () => asked,
    addKey,
    withdraw(kid) {
      for (const key of keys) if (key.kid === kid) key.isPublished = false
    },
    answer(given) {
      instead = given
    },
    token(claims = {}, head = {}) {
      const key = keys.at(-1)
      if (!key) throw new Error('there is no key')
      const now = Math.floor(Date.now() / 1_000)
      return new SignJWT({ iss: issuer, sub: 'alice', aud: audience, iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({ alg: key.kind, kid: key.kid, ...head })
        .sign(key.secret)
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true)
    },
  }
}

function keyPair(kind: KeyKind): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (kind) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2_048 })
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
  }
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signed by nobody. */
export const unsignedToken = (claims: Claims, head: Claims = {}): string =>
  `${base64url({ alg: 'none', kid: 'first', ...head })}.${base64url(claims)}.`

/** Signed with a text as the secret that everybody knows: the public key, in whichever form. */
export function confusedToken(claims: Claims, secret: string, head: Claims = {}): string {
  const signed = `${base64url({ alg: 'HS256', kid: 'first', ...head })}.${base64url(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
