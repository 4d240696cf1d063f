/** A real OpenID provider, npm's oidc-provider, in this process: it gives out access tokens to clients that show their secret. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import Provider from 'oidc-provider'

export interface RealProvider extends AsyncDisposable {
  /** Where it listens, and where its discovery document is. */
  readonly url: string
  /** A token for this audience, signed by the newest key; its subject is the client. */
  token(client: string, audience: string): Promise<string>
  /** A new key for signing; the ones before it stay published only if they are to. */
  rotate(kid: string, keepsOthers: boolean): void
  /** Whether it answers at all. */
  isDown: boolean
}

const secret = 'the-secret-of-every-client'
const newKey = (kid: string) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }),
  kid,
  alg: 'RS256',
  use: 'sig',
})

/** `issuer` is what tokens name: another address than its own, if need be. */
export async function startRealProvider(issuer?: string): Promise<RealProvider> {
  let keys = [newKey('one')]
  let listener: RequestListener = (_, response) => response.end()
  let isDown = false
  const server = createServer((request, response) => {
    if (isDown) request.socket.destroy()
    else void listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

  const client = (id: string) => ({
    client_id: id,
    client_secret: secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })
  function begin(): void {
    const provider = new Provider(issuer ?? url, {
      jwks: { keys },
      clients: [client('alice'), client('ben')],
      cookies: { keys: ['x'] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            audience: resource.replace('urn:', ''),
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
            scope: '',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      extraTokenClaims: (_: unknown, token: { readonly clientId: string }) => ({ preferred_username: token.clientId }),
    })
    listener = provider.callback()
  }
  begin()

  return {
    url,
    get isDown() {
      return isDown
    },
    set isDown(value: boolean) {
      isDown = value
    },
    async token(id, audience) {
      const answer = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: `urn:${audience}` }),
      })
      const body = (await answer.json()) as { readonly access_token?: string }
      if (!body.access_token) throw new Error(JSON.stringify(body))
      return body.access_token
    },
    rotate(kid, keepsOthers) {
      keys = [newKey(kid), ...(keepsOthers ? keys : [])]
      begin()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
