import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { importSPKI, jwtVerify } from 'jose'
import { debian, notRunnable } from './deb.ts'
import { at, type Json, parseJson, textAt } from './json.ts'
import type { StubTalk } from './stub-talk.ts'
import { startStubTalk } from './stub-talk.ts'
import { talkError } from './talk-answers.ts'
import { checksum, checksumHeader, randomHeader, randomText } from './talk-checksum.ts'

const path = 'ocs/v2.php/apps/spreed/api/v3/signaling/backend'
const suite = 'stub Talk'

describe.skipIf(notRunnable(suite, debian.openssl))(suite, () => {
  let talk: StubTalk
  beforeAll(async () => {
    talk = await startStubTalk()
  })
  afterAll(() => talk[Symbol.asyncDispose]())

  const ask = (body: Json, { base = talk.url(), random = randomText(), secret = talk.secret() } = {}) => {
    const text = JSON.stringify(body)
    return fetch(base + path, {
      method: 'POST',
      headers: { [randomHeader]: random, [checksumHeader]: checksum(secret, random, text) },
      body: text,
      tls: { ca: talk.certificate },
    })
  }
  const dataOf = async (answer: Promise<Response>): Promise<Json | undefined> =>
    at(parseJson(await (await answer).text()), 'ocs', 'data')
  const auth = (params: Json): Json => ({ type: 'auth', auth: { version: '1.0', params } })

  test('users, guests and refused tickets, over HTTP and HTTPS', async () => {
    expect(await dataOf(ask(auth({ userid: 'alice' })))).toMatchObject({ type: 'auth', auth: { userid: 'alice' } })
    expect(await dataOf(ask(auth({}), { base: talk.secureUrl() }))).toEqual({ type: 'auth', auth: { version: '1.0' } })
    expect(await dataOf(ask(auth({ userid: 'eve', ticket: 'bad' })))).toMatchObject({
      error: { code: 'invalid_ticket' },
    })
  })

  test('a wrong secret or a short random is not authentic, and is recorded as such', async () => {
    expect(await dataOf(ask(auth({}), { secret: 'wrong' }))).toMatchObject({ error: { code: 'invalid_request' } })
    expect(talk.requests.at(-1)).toMatchObject({ authentic: false, type: 'auth', cloud: 'one' })
    expect(await dataOf(ask(auth({}), { random: randomText(31) }))).toMatchObject({
      error: { code: 'invalid_request' },
    })
    expect(await dataOf(ask(auth({}), { random: randomText(32) }))).toMatchObject({ type: 'auth' })
  })

  test('rooms, pings and sessions are answered as Talk does', async () => {
    expect(await dataOf(ask({ type: 'room', room: { roomid: 'den' } }))).toMatchObject({ room: { roomid: 'den' } })
    expect(await dataOf(ask({ type: 'ping', ping: { roomid: 'den' } }))).toMatchObject({ type: 'room' })
    const session = ask({ type: 'session', session: {} })
    expect((await session).status).toBe(200)
    expect(await dataOf(session)).toMatchObject({ type: 'error', error: { code: 'unknown_type' } })
  })

  test('an answer is used once, by the request that holds the text', async () => {
    talk.answerNext('room', { kind: 'fields', fields: { permissions: ['control'] } }, 'den-2')
    talk.answerNext('room', talkError('no_such_room'), 'den-2')
    const room = (roomid: string) => dataOf(ask({ type: 'room', room: { roomid } }))
    expect(at(await room('den-1'), 'room', 'permissions')).toBeUndefined()
    expect(at(await room('den-2'), 'room', 'permissions')).toEqual(['control'])
    expect(textAt(await room('den-2'), 'error', 'code')).toBe('no_such_room')
    expect(textAt(await room('den-2'), 'type')).toBe('room')
  })

  test('it misbehaves as it is told', async () => {
    const next = (answer: Parameters<StubTalk['answerNext']>[1]) => {
      talk.answerNext('ping', answer)
      return ask({ type: 'ping', ping: {} })
    }
    expect((await next({ kind: 'html' })).headers.get('Content-Type')).toStartWith('text/html')
    expect((await next({ kind: 'garbage' })).json()).rejects.toThrow()
    expect(at(parseJson(await (await next({ kind: 'throttled' })).text()), 'ocs', 'meta', 'statuscode')).toBe(429)
    expect((await next({ kind: 'status', status: 503 })).status).toBe(503)
    expect(next({ kind: 'close' })).rejects.toThrow()
    expect((await (await next({ kind: 'huge', bytes: 1_000_000 })).text()).length).toBeGreaterThan(1_000_000)
    expect(await dataOf(next({ kind: 'redirect', to: 'same-host' }))).toMatchObject({ type: 'room' })
    const gate = Promise.withResolvers<void>()
    const held = dataOf(next({ kind: 'held', until: gate.promise, after: { kind: 'data', data: 'late' } }))
    await talk.request(({ text }) => text.includes('ping'))
    gate.resolve()
    expect(await held).toBe('late')
  })

  test.each(['ES256', 'ES384', 'RS256'] as const)(
    'tokens of %s are good by the key in the capabilities',
    async (algorithm) => {
      await talk.useKeys(algorithm)
      const token = await talk.token({ sub: 'alice' })
      const key = textAt(await capabilities(talk), 'spreed', 'config', 'signaling', 'hello-v2-token-key') ?? ''
      const { payload } = await jwtVerify(token, await importSPKI(key, algorithm))
      expect(payload).toMatchObject({ iss: talk.url(), sub: 'alice' })
    },
  )

  test('an Ed25519 key stands there as 32 bytes in base64', async () => {
    await talk.useKeys('EdDSA')
    const key = textAt(await capabilities(talk), 'spreed', 'config', 'signaling', 'hello-v2-token-key') ?? ''
    expect(Buffer.from(key, 'base64')).toHaveLength(32)
  })

  test('capabilities can be asked for conditionally', async () => {
    talk.capabilities.etag = '"tag"'
    const url = `${talk.url()}ocs/v2.php/cloud/capabilities`
    const first = await fetch(url)
    expect(first.headers.get('ETag')).toBe('"tag"')
    expect(first.headers.get('Cache-Control')).toBe('max-age=60')
    expect((await fetch(url, { headers: { 'If-None-Match': '"tag"' } })).status).toBe(304)
  })
})

async function capabilities(talk: StubTalk): Promise<Json | undefined> {
  const answer = await fetch(`${talk.url()}ocs/v2.php/cloud/capabilities`)
  return at(parseJson(await answer.text()), 'ocs', 'data', 'capabilities')
}
