/** HTTPS and wss, and certificates that are replaced while the server runs. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { rawMember } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { textAt } from '../../support/json.ts'
import { ourLauncher, oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import { type SelfSigned, selfSigned } from '../../support/self-signed.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { type TempFolder, tempFolder } from '../../support/temp-folder.ts'

const suite = 'TLS'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let folder: TempFolder
  let server: RunningServer
  let address: string
  const first = selfSigned('first.example.org')

  /** As certbot does: new files beside the old ones, then renamed over them. */
  function replace({ cert, key }: SelfSigned): void {
    for (const [name, text] of [
      ['cert.pem', cert],
      ['key.pem', key],
    ] as const) {
      writeFileSync(folder.file(`new-${name}`), text)
      renameSync(folder.file(`new-${name}`), folder.file(name))
    }
  }

  /** When the server has told a fact about its certificate that often. */
  const told = (fact: 'certificate-loaded' | 'certificate-unusable', times: number) =>
    server.child.said(new RegExp(`("fact":"${fact}"[\\s\\S]*){${times}}`), 10_000)

  /** The name in the certificate that a new connection is shown. */
  function shownName(): Promise<string> {
    const [host, port] = address.split(':')
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
        const { raw } = socket.getPeerCertificate()
        socket.destroy()
        resolve(new X509Certificate(raw).subject)
      })
      socket.once('error', reject)
    })
  }

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    folder = parts.use(tempFolder())
    replace(first)
    address = `127.0.0.1:${await freePort()}`
    const files = `certificate = ${folder.file('cert.pem')}\nkey = ${folder.file('key.pem')}\n`
    const https = `[https]\nlisten = ${address}\n${files}`
    server = parts.use(await startOurs({ backends: stageBackends(talk), more: https }))
    await told('certificate-loaded', 1)
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('HTTPS and wss are served, beside HTTP and with the same sessions', async () => {
    const answer = await fetch(`https://${address}/api/v1/welcome`, { tls: { rejectUnauthorized: false } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ 'nextcloud-spreed-signaling': 'Welcome' })
    expect(await shownName()).toBe('CN=first.example.org')

    await using plain = await rawMember(server.address, talk.url(), 'plain', 'den')
    await using secure = await rawMember(address, talk.url(), 'secure', 'den', { secure: true })
    secure.say({ type: 'message', message: { recipient: { type: 'session', sessionid: plain.sessionId }, data: 1 } })
    await plain.message((message) => textAt(message, 'message', 'sender', 'sessionid') === secure.sessionId)
  })

  test('replaced files count for new connections at once; those that are there live on', async () => {
    await using old = await rawMember(address, talk.url(), 'old', 'den', { secure: true })
    replace(selfSigned('second.example.org'))
    await told('certificate-loaded', 2)
    expect(await shownName()).toBe('CN=second.example.org')
    await using late = await rawMember(address, talk.url(), 'late', 'den', { secure: true })
    old.say({ type: 'message', message: { recipient: { type: 'session', sessionid: late.sessionId }, data: 1 } })
    await late.message((message) => textAt(message, 'message', 'sender', 'sessionid') === old.sessionId)
    expect(old.isClosed).toBe(false)
  }, 15_000)

  test('files that do not fit change nothing, and the log says so', async () => {
    const before = await shownName()
    const next = selfSigned('third.example.org')
    replace({ cert: next.cert, key: first.key })
    await told('certificate-unusable', 1)
    expect(server.child.output()).toContain('is not the key of')
    expect(await shownName()).toBe(before)
    replace({ cert: 'no certificate', key: first.key })
    await told('certificate-unusable', 2)
    expect(await shownName()).toBe(before)
    replace(next)
    await told('certificate-loaded', 3)
    expect(await shownName()).toBe('CN=third.example.org')
  }, 30_000)

  test.each([
    ['a key of another certificate', () => ({ cert: first.cert, key: selfSigned().key }), /is not the key of/],
    ['no certificate', () => ({ cert: 'nothing', key: first.key }), /cert\.pem/],
    ['no file', () => ({ cert: undefined, key: first.key }), /cert\.pem/],
  ])('%s at the start: exit code 1 and one line', async (_, files, says) => {
    using own = tempFolder()
    const { cert, key } = files()
    if (cert !== undefined) writeFileSync(own.file('cert.pem'), cert)
    writeFileSync(own.file('key.pem'), key)
    const text = `[https]\nlisten = 127.0.0.1:${await freePort()}\ncertificate = cert.pem\nkey = key.pem\n[sessions]\nhashkey = ${'a'.repeat(32)}\n[backend]\nallowall = true\nsecret = s3cret-of-all\n`
    writeFileSync(own.file('server.conf'), text)
    const run = Bun.spawn([ourLauncher, 'serve', '--config', own.file('server.conf')], {
      stderr: 'pipe',
      stdout: 'pipe',
    })
    expect(await run.exited).toBe(1)
    const lines = (await new Response(run.stderr).text()).split('\n').filter((line) => /cannot start|^error/.test(line))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(says)
    expect(lines[0]).not.toContain('PRIVATE')
  })
})
