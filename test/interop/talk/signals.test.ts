/** What signals do to a running server, as an operator, a container or systemd sends them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { openRaw, openTcp, rawHello, rawMember } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import { testKeys } from '../../support/server-conf.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'signals'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  const start = (more = ''): Promise<RunningServer> => startOurs({ backends: stageBackends(talk), more })

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`[R58] ${signal} closes every connection with 1012 and ends with exit code 0`, async () => {
      await using server = await start()
      await using member = await rawMember(server.address, talk.url(), 'member', 'den')
      await using stranger = await openRaw(server.address)
      await stranger.message((message) => textAt(message, 'type') === 'welcome')
      server.child.kill(signal)
      for (const raw of [member, stranger]) {
        expect(await raw.closed()).toEqual({ code: 1012, reason: 'the server restarts' })
      }
      expect(await server.child.exited).toBe(0)
      expect(server.child.output()).toContain(`"signal":"${signal}"`)
      expect(server.child.output()).toContain('"fact":"stopped"')
      await expect(openTcp(server.address)).rejects.toThrow()
    })
  }

  test('[R58] nothing that hangs on a connection holds the end up', async () => {
    await using server = await start()
    // A Nextcloud that does not answer, requests of which only half came, and a client that reads nothing.
    talk.answerNext('auth', { kind: 'hang' }, 'nobody-answers')
    await using waiting = await openRaw(server.address)
    waiting.say({
      type: 'hello',
      hello: { version: '1.0', auth: { url: talk.url(), params: { userid: 'nobody-answers' } } },
    })
    await talk.request(({ text }) => text.includes('nobody-answers'))
    for (const half of ['GET /api/v1', 'POST /turn/credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc']) {
      const tcp = await openTcp(server.address)
      tcp.write(half)
      parts.defer(() => void tcp.destroy())
    }
    await using deaf = await rawMember(server.address, talk.url(), 'deaf', 'den')
    deaf.pause()
    server.child.kill()
    expect(await server.child.exited).toBe(0)
  }, 8_000)

  test('who asks twice does not wait: a second SIGTERM ends at once', async () => {
    await using server = await start('[app]\ndraintimeout = 60')
    await using internal = await openRaw(server.address)
    await internalHello(internal)
    server.child.kill('SIGTERM')
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  }, 8_000)

  test('SIGHUP takes over backends, says what needs a restart, and keeps what is there when the file is bad', async () => {
    await using server = await start()
    const [one, two] = stageBackends(talk)
    if (!one || !two) throw new Error('the stage has two backends at least')
    await using before = await rawMember(server.address, talk.url('one'), 'before', 'den')
    const file = readFileSync(server.configFile, 'utf8')
    const withBackends = (names: string, text = file) => text.replace(/^backends = .*$/m, `backends = ${names}`)
    const hello = async (cloud: string) => {
      await using raw = await openRaw(server.address)
      return await rawHello(raw, talk.url(cloud), 'someone').then(
        () => 'welcome',
        (error: unknown) => /"code":"([a-z_]+)"/.exec(String(error))?.[1] ?? String(error),
      )
    }
    expect([await hello('one'), await hello('two')]).toEqual(['welcome', 'welcome'])

    writeFileSync(server.configFile, withBackends('one'))
    server.child.kill('SIGHUP')
    await server.child.said(/"fact":"reloaded".*"taken":\["\[backend\] backends"\],"needRestart":\[\]/, 5_000)
    expect([await hello('one'), await hello('two')]).toEqual(['welcome', 'invalid_backend'])

    writeFileSync(server.configFile, withBackends('one', file).replace('[http]', '[http]\nlisten = nonsense\n[http]'))
    server.child.kill('SIGHUP')
    await server.child.said(/"fact":"config-fault".*listen/, 5_000)
    expect([await hello('one'), await hello('two')]).toEqual(['welcome', 'invalid_backend'])

    writeFileSync(
      server.configFile,
      withBackends('two', file).replace(/^internalsecret = .*$/m, 'internalsecret = another-secret'),
    )
    server.child.kill('SIGHUP')
    await server.child.said(/"fact":"reloaded".*"needRestart":\["\[clients\] internalsecret"\]/, 5_000)
    expect([await hello('one'), await hello('two')]).toEqual(['invalid_backend', 'welcome'])
    // Sessions live on, whatever became of their backend.
    expect(before.isClosed).toBe(false)
  })

  test('SIGUSR1 takes nothing new and ends when the last client is gone, whoever else is there', async () => {
    await using server = await start()
    await using member = await rawMember(server.address, talk.url(), 'member', 'den')
    await using internal = await openRaw(server.address)
    await internalHello(internal)
    server.child.kill('SIGUSR1')
    await server.child.said(/"signal":"SIGUSR1"/, 5_000)
    await expect(openTcp(server.address)).rejects.toThrow()
    // Those who are here go on as before.
    member.say({ id: 'still', type: 'room', room: { roomid: 'another', sessionid: 'still here' } })
    await member.message((message) => textAt(message, 'id') === 'still')
    expect(server.child.hasExited()).toBe(false)

    member.say({ id: 'bye', type: 'bye', bye: {} })
    expect((await internal.closed()).code).toBe(1012)
    expect(await server.child.exited).toBe(0)
  })

  test('SIGTERM during a drain does not wait for it', async () => {
    await using server = await start()
    await using member = await rawMember(server.address, talk.url(), 'member', 'den')
    server.child.kill('SIGUSR1')
    await server.child.said(/"signal":"SIGUSR1"/, 5_000)
    server.child.kill('SIGTERM')
    expect((await member.closed()).code).toBe(1012)
    expect(await server.child.exited).toBe(0)
  })

  async function internalHello(raw: Awaited<ReturnType<typeof openRaw>>): Promise<void> {
    const random = randomBytes(32).toString('hex')
    const token = createHmac('sha256', testKeys.internalSecret).update(random).digest('hex')
    const params = { random, token, backend: talk.url() }
    raw.say({ id: 'hello', type: 'hello', hello: { version: '1.0', auth: { type: 'internal', params } } })
    const answer = await raw.message((message) => textAt(message, 'id') === 'hello')
    expect(textAt(answer, 'type')).toBe('hello')
  }
})
