/** How Nextcloud's requests are let in or refused, over real HTTP, with every status that there is. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { metricsOf } from '../../io/raw/metrics.ts'
import { openTcp, rawMember } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { at } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk, Tampering } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { backendHeader, checksum, checksumHeader, randomHeader, randomText } from '../../support/talk-checksum.ts'

const suite = 'requests of Nextcloud'
const bound = 100_000

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  const body = { type: 'message', message: { data: { hello: 'den' } } }

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    const clients = '[app]\ntrustedproxies = 127.0.0.1\n'
    const more = `${clients}[backend]\nmaxbodysize = ${bound}\n`
    server = parts.use(await startOurs({ backends: stageBackends(talk), more }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  /** Signed by hand, so that any header can be changed, left out, or come from an address of its own. */
  function post(text: string, changes: Readonly<Record<string, string | undefined>> = {}, secret = talk.secret()) {
    const random = randomText()
    const all: Readonly<Record<string, string | undefined>> = {
      'Content-Type': 'application/json',
      [randomHeader]: random,
      [checksumHeader]: checksum(secret, random, text),
      [backendHeader]: talk.url(),
      ...changes,
    }
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(all)) if (value !== undefined) headers[name] = value
    return fetch(`${server.url}/api/v1/room/den`, { method: 'POST', headers, body: text })
  }

  /** The head of the answer, which may come while there is still something to be sent. */
  async function exchange(...pieces: readonly string[]): Promise<string> {
    const tcp = await openTcp(server.address)
    let text = ''
    const answered = new Promise<void>((resolve) => {
      tcp.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        if (text.includes('\r\n\r\n')) resolve()
      })
      tcp.once('close', () => resolve())
    })
    for (const piece of pieces) tcp.write(piece)
    await answered
    tcp.destroy()
    return text
  }

  const head = (...lines: readonly string[]) =>
    [`POST /api/v1/room/den HTTP/1.1`, `Host: ${server.address}`, ...lines, '\r\n'].join('\r\n')

  test('[R9] a body that is announced too large is refused before it comes', async () => {
    for (const length of [bound + 1, 10 * bound, 4_000_000_000]) {
      const answer = await exchange(head('Content-Type: application/json', `Content-Length: ${length}`))
      expect(answer).toStartWith('HTTP/1.1 413 ')
      expect(answer).toMatch(/\r\nx-spreed-signaling-features: /i)
      expect(answer).toMatch(/\r\nDate: /)
    }
  })

  test('[R9] one that grows too large in chunks is refused when it does', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const chunked = head('Content-Type: application/json', 'Transfer-Encoding: chunked')
    const answer = await exchange(chunked, ...Array.from({ length: 20 }, () => chunk))
    expect(answer).toStartWith('HTTP/1.1 413 ')
    expect(answer).toMatch(/\r\nx-spreed-signaling-features: /i)
    const values = await metricsOf(server.url)
    expect(values.get('signaling_backend_server_requests_refused_total{status="413"}')).toBeGreaterThan(0)
    await server.child.said(new RegExp(`"status":413.*maxbodysize = ${bound}`), 5_000)
  })

  test.each<[string, number, Tampering | undefined, string | undefined]>([
    ['a good one', 200, undefined, undefined],
    ['a chunked one', 200, 'chunked', undefined],
    ['another type than JSON', 400, 'text-plain', undefined],
    ['no signature', 403, 'no-checksum', undefined],
    ['a wrong signature', 403, 'bad-checksum', undefined],
    ['a backend that nobody configured', 403, 'other-backend', undefined],
    ['no JSON', 400, undefined, '{"type":"message"'],
    ['an unknown type', 400, undefined, '{"type":"surprise"}'],
  ])('[R9] %s: %i', async (_, status, how, text) => {
    const answer = await talk.post(server.url, 'den', text ?? body, how)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('Server')).toStartWith('nextcloud-spreed-signaling/')
    if (status === 200) {
      expect(await answer.text()).toBe('{}')
      expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    }
  })

  test('[R9] without a claimed backend the secret tells whose it is', async () => {
    const text = JSON.stringify(body)
    expect((await post(text, { [backendHeader]: undefined })).status).toBe(200)
    expect((await post(text, { [backendHeader]: undefined }, talk.secret('two'))).status).toBe(200)
    expect((await post(text, { [backendHeader]: talk.url() }, talk.secret('two'))).status).toBe(403)
  })

  test('[R9] what was signed is the bytes, not their meaning', async () => {
    const text = ' {"type" :"message","message":{"data":{"n":1.50,"ü":"\\u00fc"}}}\n'
    expect((await post(text)).status).toBe(200)
  })

  test('[R9] the same request twice is carried out twice', async () => {
    await using member = await rawMember(server.address, talk.url(), 'member', 'den')
    const heard = () => member.messages.filter((message) => at(message, 'event', 'message', 'data', 'twice') === true)
    const text = JSON.stringify({ type: 'message', message: { data: { twice: true } } })
    const random = randomText()
    const signed = { [randomHeader]: random, [checksumHeader]: checksum(talk.secret(), random, text) }
    expect((await post(text, signed)).status).toBe(200)
    expect((await post(text, signed)).status).toBe(200)
    await talk.post(server.url, 'den', { type: 'message', message: { data: { last: true } } })
    await member.message((message) => at(message, 'event', 'message', 'data', 'last') === true)
    expect(heard()).toHaveLength(2)
  })

  test('[R9] each wrong signature is answered later than the one before; after ten the address is refused', async () => {
    const text = JSON.stringify(body)
    const from = (address: string, wrong: boolean) =>
      post(text, { 'X-Real-IP': address }, wrong ? 'not the secret' : talk.secret())
    const delays = () =>
      [...server.child.output().matchAll(/"attempt-delayed"[^\n]*"address":"192\.0\.2\.66"[^\n]*"delay":(\d+)/g)].map(
        (match) => Number(match[1]),
      )
    expect((await from('192.0.2.66', true)).status).toBe(403)
    expect((await from('192.0.2.66', true)).status).toBe(403)
    // The answers to these are held back for longer than anybody wants to wait here.
    for (let count = 3; count <= 10; count++) void from('192.0.2.66', true).catch(() => undefined)
    await server.child.said(/("attempt-delayed"[^\n]*"192\.0\.2\.66"[^\n]*\n[\s\S]*){10}/, 5_000)
    expect(delays()).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_000, 25_000])
    const refused = await from('192.0.2.66', false)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('X-Spreed-Signaling-Features')).toContain('welcome')
    expect((await from('192.0.2.67', false)).status).toBe(200)
    expect((await post(text)).status).toBe(200)
    const values = await metricsOf(server.url)
    expect(values.get('signaling_throttle_bruteforce_total{action="BackendRoomAuth"}')).toBe(1)
  })

  test('[R9] the log says what was claimed and what did not fit, and no secret', async () => {
    const claimed = 'https://claimed.example.org/'
    await post(JSON.stringify(body), { [backendHeader]: claimed, 'X-Real-IP': '192.0.2.68' })
    const [line] = await server.child.said(/.*claimed\.example\.org.*\n/, 5_000)
    expect(line).toContain('"fact":"room-request-refused"')
    expect(line).toContain(talk.url('two'))
    for (const cloud of ['one', 'two', 'small']) expect(server.child.output()).not.toContain(talk.secret(cloud))
  })

  test('[R9] a body of which only a part comes is not waited for', async () => {
    const broken = await openTcp(server.address)
    broken.write(`${head('Content-Type: application/json', 'Content-Length: 1000', `${checksumHeader}: x`)}{"type":`)
    broken.end()
    await server.child.said(/"fact":"room-request-refused".*the body broke off/, 20_000)
  }, 25_000)
})
