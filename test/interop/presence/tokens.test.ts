/** Who gets in: tokens good and bad at a running server, before the connection becomes a WebSocket. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createPublicKey } from 'node:crypto'
import type { JWK } from 'jose'
import { confusedToken, type StubOidc, startStubOidc, unsignedToken } from '../../support/oidc-stub.ts'
import { openPresence, presenceSection, startPresenceServer } from '../../support/presence-client.ts'
import type { ServerInProcess } from '../../support/server-in-process.ts'

let oidc: StubOidc
let server: ServerInProcess
beforeAll(async () => {
  oidc = startStubOidc()
  server = await startPresenceServer(presenceSection(oidc.issuer))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await oidc[Symbol.asyncDispose]()
})

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
type Headers = Readonly<Record<string, string>>

const get = (headers: Headers, path = '/', address = server.address): Promise<Response> =>
  fetch(`http://${address}${path}`, { headers })

/** What the answer to a token is, for one who may not come in. */
async function refusalOf(token: string): Promise<readonly [number, string]> {
  const answer = await get({ ...upgrade, authorization: `Bearer ${token}` })
  expect(await answer.text()).toBe('\n')
  return [answer.status, answer.headers.get('www-authenticate') ?? '']
}

const seconds = (): number => Math.floor(Date.now() / 1_000)
const claims = () => ({ iss: oidc.issuer, sub: 'alice', aud: 'my-client', exp: seconds() + 300 })

describe('[S1] the token is found', () => {
  const places: readonly (readonly [string, (token: string) => Headers])[] = [
    ['in the header', (token) => ({ authorization: `Bearer ${token}` })],
    ['in the header, whatever the case of the scheme', (token) => ({ authorization: `bEARER ${token}` })],
    ['in the cookie', (token) => ({ cookie: `a=b; oidc=${token}; c=d` })],
    ['in a subprotocol', (token) => ({ 'sec-websocket-protocol': `presence, bearer.${token}` })],
  ]
  test.each(places)('%s', async (_, headers) => {
    const good = await get(headers(await oidc.token()))
    expect(good.status).toBe(426)
  })

  test('in the query', async () => {
    expect((await get({}, `/?oidc=${await oidc.token()}`)).status).toBe(426)
  })

  test('and the first place that has one counts', async () => {
    const good = await oidc.token()
    const order: readonly Headers[] = [
      { authorization: 'Bearer bad', cookie: `oidc=${good}` },
      { cookie: 'oidc=bad', 'sec-websocket-protocol': `bearer.${good}` },
    ]
    for (const headers of order) expect((await get(headers)).status).toBe(401)
    expect((await get({ 'sec-websocket-protocol': `bearer.${good}` }, '/?oidc=bad')).status).toBe(401)
    expect((await get({ cookie: `oidc=${good}` }, '/?oidc=bad')).status).toBe(426)
    expect((await get({ authorization: 'Basic abc', cookie: `oidc=${good}` })).status).toBe(426)
    expect((await get({ authorization: 'Bearer ', cookie: 'oidc=' }, `/?oidc=${good}`)).status).toBe(426)
  })

  test('of the offered subprotocols the real one is chosen, in any order', async () => {
    const token = `bearer.${await oidc.token()}`
    for (const protocols of [
      [token, 'presence'],
      ['presence', token],
    ]) {
      await using client = await openPresence(server.address, undefined, { protocols })
      expect(client.protocol).toBe('presence')
    }
  })

  test('a token is not said back, even if nothing else was offered', async () => {
    const { socket, head } = await rawUpgrade(server.address, `bearer.${await oidc.token()}`)
    expect(head).toStartWith('HTTP/1.1 101')
    expect(head.toLowerCase()).not.toContain('bearer')
    socket.end()
  })
})

/** The head of the answer, byte for byte. */
async function rawUpgrade(address: string, protocol: string) {
  const [hostname = '', port = ''] = address.split(':')
  const head = Promise.withResolvers<string>()
  let text = ''
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, bytes) {
        text += bytes.toString('latin1')
        if (text.includes('\r\n\r\n')) head.resolve(text.slice(0, text.indexOf('\r\n\r\n')))
      },
      close: () => head.reject(new Error('closed')),
    },
  })
  const lines = Object.entries({ host: address, ...upgrade, 'sec-websocket-protocol': protocol })
  socket.write(`GET / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`)
  return { socket, head: await head.promise }
}

describe('[S2] a token', () => {
  test('opens a connection if it is good', async () => {
    await using client = await openPresence(server.address, await oidc.token({ preferred_username: 'Alice' }))
    expect(await client.next()).toEqual({
      type: 'userOnline',
      body: { user: { issuer: oidc.issuer, subject: 'alice', username: 'Alice' } },
    })
  })

  test.each([
    ['one of its audiences is ours', () => ({ aud: ['other', 'my-client'] })],
    ['the clocks differ a little: exp', () => ({ exp: seconds() - 30 })],
    ['the clocks differ a little: nbf, iat', () => ({ nbf: seconds() + 30, iat: seconds() + 30 })],
    ['its issuer has a slash at the end', () => ({ iss: `${oidc.issuer}/` })],
  ])('is good if %s', async (_, change) => {
    const token = await oidc.token(change())
    expect((await get({ authorization: `Bearer ${token}` })).status).toBe(426)
  })

  test.each([
    ['is expired', () => ({ exp: seconds() - 100 }), 'token is expired'],
    ['is not valid yet', () => ({ nbf: seconds() + 100 }), 'token is not valid yet'],
    ['was made in the future', () => ({ iat: seconds() + 100 }), 'token is not valid yet'],
    ['is of nobody', () => ({ sub: '' }), 'token lacks a claim'],
    ['never ends', () => ({ exp: undefined }), 'token lacks a claim'],
    ['has no number for a time', () => ({ exp: '9999999999' }), 'token lacks a claim'],
    ['is of another issuer', () => ({ iss: 'https://evil.example' }), 'iss not satisfied'],
    ['is of no issuer', () => ({ iss: undefined }), 'iss not satisfied'],
    ['is of an issuer that begins like ours', () => ({ iss: `${oidc.issuer}.evil.example` }), 'iss not satisfied'],
  ])('is refused with 401 if it %s', async (_, change, why) => {
    const [status, detail] = await refusalOf(await oidc.token(change()))
    expect(status).toBe(401)
    expect(detail).toContain('error="invalid_token"')
    expect(detail).toContain(why)
  })

  test.each([
    ['another', { aud: 'other' }],
    ['others', { aud: ['other', 'my-client-2'] }],
    ['none', { aud: undefined }],
  ])('is refused with 400 if its audience is %s', async (_, change) => {
    expect(await refusalOf(await oidc.token(change))).toEqual([
      400,
      `Bearer realm="${oidc.issuer}",error="invalid_request",error_description="aud not satisfied"`,
    ])
  })

  test('with two mistakes is told of its time first, as in the original', async () => {
    expect((await refusalOf(await oidc.token({ aud: 'other', exp: 1 })))[0]).toBe(401)
  })
})

describe('[S3] a forged token is refused with 401', () => {
  const publicKey = async (): Promise<JWK> => {
    const answer = await fetch(`${oidc.url}/jwks`)
    const { keys } = (await answer.json()) as { readonly keys: readonly JWK[] }
    const [key] = keys
    if (!key) throw new Error('there is no key')
    return key
  }

  test('signed by nobody', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      expect((await refusalOf(unsignedToken(claims(), { alg })))[0]).toBe(401)
    }
  })

  test('signed with the public key as a shared secret, in any of its forms', async () => {
    const jwk = await publicKey()
    const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    for (const secret of [String(pem), String(pem).trim(), JSON.stringify(jwk), jwk.n ?? '']) {
      for (const alg of ['HS256', 'RS256']) {
        expect((await refusalOf(confusedToken(claims(), secret, { alg })))[0]).toBe(401)
      }
    }
  })

  test('signed by a key of somebody else under the same kid', async () => {
    await using other = startStubOidc({ issuer: oidc.issuer })
    const [status, detail] = await refusalOf(await other.token())
    expect([status, detail]).toEqual([401, expect.stringContaining('signature is wrong')])
  })

  test('with a key that it brings along', async () => {
    await using other = startStubOidc({ issuer: oidc.issuer })
    const jwk = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }
    expect((await refusalOf(await other.token({}, { kid: undefined, jwk })))[0]).toBe(401)
    expect((await refusalOf(await other.token({}, { kid: 'x', jku: `${other.url}/jwks` })))[0]).toBe(401)
  })

  test('with claims that were exchanged after it was signed', async () => {
    const [head, , signature] = (await oidc.token()).split('.')
    const payload = Buffer.from(JSON.stringify({ ...claims(), sub: 'root' })).toString('base64url')
    expect((await refusalOf(`${head}.${payload}.${signature}`))[0]).toBe(401)
  })

  test.each([
    ['without a kid', { kid: undefined }],
    ['with an unknown kid', { kid: 'unknown' }],
    ['with a kid that is no text', { kid: 7 }],
    ['made for a logout', { typ: 'logout+jwt' }],
  ])('%s', async (_, head) => {
    expect((await refusalOf(await oidc.token({}, head)))[0]).toBe(401)
  })

  test.each(['.', '..', 'a.b.c', 'e30.e30.', '%00', 'x'.repeat(9_000), `${'.'.repeat(500)}`, 'é.é.é'])(
    'malformed: %j (of which the original may not crash)',
    async (token) => {
      const answer = await get({ ...upgrade }, `/?oidc=${encodeURIComponent(token)}`)
      expect(answer.status).toBe(401)
    },
  )
})

describe('[S4] the answers before the upgrade', () => {
  test('without a token', async () => {
    const answer = await get(upgrade)
    expect([answer.status, answer.headers.get('www-authenticate'), await answer.text()]).toEqual([
      401,
      'Bearer realm="presence"',
      '\n',
    ])
    expect(answer.headers.get('content-type')).toStartWith('text/plain')
  })

  test('to a request that is none for a WebSocket', async () => {
    const authorization = `Bearer ${await oidc.token()}`
    const plain = await get({ authorization })
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect(await plain.text()).toContain('connection header')
    const version = await get({ ...upgrade, authorization, 'sec-websocket-version': '8' })
    expect([version.status, version.headers.get('sec-websocket-version')]).toEqual([400, '13'])
    const { 'sec-websocket-key': _, ...keyless } = upgrade
    expect((await get({ ...keyless, authorization })).status).toBe(400)
    const posted = await fetch(`http://${server.address}/`, { method: 'POST', headers: { authorization } })
    expect(posted.status).toBe(405)
  })
})

test('[S8] no token is in the log, wherever it stood and whatever became of it', async () => {
  const tokens = [await oidc.token({ sub: 'secretive' }), await oidc.token({ exp: 1 }), await oidc.token({ aud: 'x' })]
  for (const token of tokens) {
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: `oidc=${token}` }, upgrade]) {
      await get(headers, `/?oidc=${token}`)
      await get({ ...upgrade, 'sec-websocket-protocol': `bearer.${token}` })
    }
  }
  await using client = await openPresence(server.address, tokens[0])
  await client.next()
  client.send('no JSON')
  await client.closed()
  const log = server.log()
  expect(log).toContain('presence-token-refused')
  for (const part of tokens.flatMap((token) => token.split('.').slice(1))) expect(log).not.toContain(part)
  expect(log).not.toContain('oidc=')
})
