/** `heliograph proxy` as a process before Debian's Janus, driven by raw protocol, with peers of werift for the media. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { type Janus, janusPrograms, leavesNothingBehind, prepareJanus, startJanus } from '../../support/janus.ts'
import { at, type JsonObject } from '../../support/json.ts'
import {
  helloWith,
  openProxyClient,
  type RunningMediaProxy,
  startMediaProxy,
  tokenOf,
} from '../../support/media-proxy.ts'
import { codeOf, createPublisher, idOf, published, subscribed } from '../../support/proxy-media.ts'
import { openTalkClient } from '../../support/talk-client.ts'

setDefaultTimeout(40_000)

const cannotRun = notRunnable('heliograph proxy with Janus', ...janusPrograms)

describe.skipIf(cannotRun)('one proxy, one Janus', () => {
  let janus: Janus
  let proxy: RunningMediaProxy
  beforeAll(async () => {
    janus = await startJanus()
    proxy = await startMediaProxy({ janus: janus.url, tokens: ['one', 'two'] })
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await leavesNothingBehind(janus)
    await janus[Symbol.asyncDispose]()
  })
  const clean = (): Promise<void> => leavesNothingBehind(janus, true)

  test('publish, subscribe from another session, hear; and all is gone with the publisher', async () => {
    await using one = await openProxyClient(proxy.socketUrl)
    await using two = await openProxyClient(proxy.socketUrl, { token: tokenOf('two') })
    const publisher = await published(one)
    const subscriber = await subscribed(two, { publisherId: publisher.id })
    expect(await one.command({ type: 'get-publisher-streams', clientId: publisher.id })).toMatchObject({
      command: { streams: [{ mid: '0', mindex: 0, type: 'audio', codec: 'opus' }] },
    })
    const load = await two.event('update-load')
    expect(load).toMatchObject({ event: { type: 'update-load' } })
    expect(await one.command({ type: 'delete-publisher', clientId: publisher.id })).toMatchObject({
      command: { id: publisher.id },
    })
    await two.event('subscriber-closed', subscriber.id)
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
    await clean()
  })

  test('a session that loses its connection keeps its publisher; one that says bye does not', async () => {
    const before = await openProxyClient(proxy.socketUrl)
    const publisher = await published(before)
    before.socket.close()
    await before.socket.closed()
    await using again = await openProxyClient(proxy.socketUrl, { resumeid: before.sessionId })
    expect(again.sessionId).toBe(before.sessionId)
    const subscriber = await subscribed(again, { publisherId: publisher.id })
    again.socket.send({ type: 'bye' })
    expect(await again.socket.until(({ type }) => type === 'bye')).toEqual({
      type: 'bye',
      bye: { reason: 'session_closed' },
    })
    await again.socket.closed()
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
    await clean()
  })

  test('what Janus ends by itself is told to its session, and to those who heard it', async () => {
    await using one = await openProxyClient(proxy.socketUrl)
    const before = await janus.handles()
    const publisher = await published(one)
    const own = (await janus.handles()).find(({ id }) => !before.some((other) => other.id === id))
    const subscriber = await subscribed(one, { publisherId: publisher.id })
    await janus.admin({ janus: 'detach_handle', session_id: own?.session ?? 0, handle_id: own?.id ?? 0 })
    await one.event('publisher-closed', publisher.id)
    await one.event('subscriber-closed', subscriber.id)
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
    await clean()
  })

  test('each refusal by its code, and nothing of it stays', async () => {
    await using one = await openProxyClient(proxy.socketUrl)
    await using two = await openProxyClient(proxy.socketUrl, { token: tokenOf('two') })
    const id = idOf(await one.command(createPublisher))
    const body = { clientId: id, sid: 's' }
    const asks = [
      () => two.payload({ ...body, type: 'offer', payload: { sdp: 'v=0' } }),
      () => two.command({ type: 'delete-publisher', clientId: id }),
      () => one.command({ type: 'delete-subscriber', clientId: id }),
      () => one.payload({ ...body, type: 'offer', payload: { sdp: 'nonsense' } }),
      () => one.payload({ ...body, type: 'offer', payload: { type: 'offer' } }),
      () => one.payload({ ...body, type: 'answer', payload: { sdp: 'v=0' } }),
      () => one.payload({ ...body, type: 'hangup', payload: {} }),
      () => one.command({ type: 'nonsense' }),
      () => one.ask({ type: 'nonsense' }),
      () => one.ask({ type: 'command' }),
      () => one.command({ type: 'create-subscriber', streamType: 'video', publisherId: 'nobody' }),
      () =>
        one.command({
          ...{ type: 'create-subscriber', streamType: 'video', publisherId: 'nobody' },
          ...{ remoteUrl: proxy.url, remoteToken: tokenOf('one', { subject: 'nobody' }) },
        }),
      () => one.command({ type: 'publish-remote', clientId: 'nobody', hostname: '127.0.0.1', port: 1, rtcpPort: 2 }),
      () => one.payload({ clientId: id, sid: 'another', type: 'candidate', payload: candidatePayload }),
    ]
    const codes: (string | undefined)[] = []
    for (const ask of asks) codes.push(codeOf(await ask()))
    expect(codes).toEqual([
      'unknown_client',
      'unknown_client',
      'unknown_client',
      'unsupported_payload',
      'unsupported_payload',
      'unsupported_payload',
      'unsupported_payload',
      'bad_request',
      'bad_request',
      'invalid_format',
      'unknown_client',
      'unsupported_subscriber',
      'unknown_client',
      'internal_error',
    ])
    await one.command({ type: 'delete-publisher', clientId: id })
    await clean()
  })

  test('hello: each refusal by its code', async () => {
    await using socket = await openTalkClient(proxy.socketUrl)
    const said = async (message: JsonObject | string): Promise<string | undefined> => {
      socket.send(message)
      return codeOf(await socket.until(({ type }) => type === 'error'))
    }
    expect(await said({ type: 'bye' })).toBe('hello_expected')
    expect(await said('{')).toBe('invalid_format')
    expect(await said(helloWith({ resumeid: 'nobody' }))).toBe('no_such_session')
    expect(await said(helloWith({ token: tokenOf('one', { age: 3_600 }) }))).toBe('token_expired')
    expect(await said(helloWith({ token: tokenOf('one', { age: -3_600 }) }))).toBe('token_not_valid_yet')
    expect(await said(helloWith({ token: tokenOf('one', { key: 'other' }) }))).toBe('auth_failed')
    expect(await said(helloWith({ token: tokenOf('nobody', { key: 'other' }) }))).toBe('auth_failed')
    socket.send(helloWith({ token: tokenOf('one') }))
    await socket.until(({ type }) => type === 'hello')
  })

  test('/stats and /metrics tell what there is', async () => {
    await using one = await openProxyClient(proxy.socketUrl)
    const id = idOf(await one.command(createPublisher))
    const stats: unknown = await (await fetch(`${proxy.url}/stats`)).json()
    expect(stats).toMatchObject({ sessions: expect.any(Number), load: expect.any(Number), mcu: { connected: true } })
    const metrics = await (await fetch(`${proxy.url}/metrics`)).text()
    expect(metrics).toContain('signaling_proxy_publishers{type="video"} 1')
    expect(metrics).toMatch(/signaling_proxy_publishers_total\{type="video"\} [1-9]/)
    expect(metrics).toMatch(/signaling_proxy_command_messages_total\{type="create-publisher"\} [1-9]/)
    expect(metrics).toMatch(/signaling_proxy_token_errors_total\{reason="expired"\} [1-9]/)
    expect(metrics).toContain('signaling_mcu_publishers{type="video"} 1')
    expect(at(await one.command({ type: 'delete-publisher', clientId: id }), 'command', 'id')).toBe(id)
    await clean()
  })
})

const candidatePayload = { candidate: { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: '0' } }

describe.skipIf(cannotRun)('its life', () => {
  test('it starts before Janus does, and says when Janus comes and goes', async () => {
    await using janus = await prepareJanus()
    await using proxy = await startMediaProxy({ janus: janus.url, isAlone: true })
    await using one = await openProxyClient(proxy.socketUrl)
    await one.event('backend-disconnected')
    expect(codeOf(await one.command(createPublisher))).toBe('internal_error')
    await janus.start()
    await one.event('backend-connected')
    const publisher = await published(one)
    await janus.kill()
    await one.event('backend-disconnected')
    expect(codeOf(await one.command({ type: 'delete-publisher', clientId: publisher.id }))).toBe('unknown_client')
    await publisher.peer.close()
    await janus.start()
    await one.event('backend-connected')
    const again = await published(one)
    await one.command({ type: 'delete-publisher', clientId: again.id })
    await again.peer.close()
    await leavesNothingBehind(janus, true)
  })

  test('the load is what Janus reports, once its event handler does', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const eventsTo = { url: `ws://${address}/proxy`, subprotocol: 'janus-events' }
    await using janus = await prepareJanus({ eventsTo })
    await using proxy = await startMediaProxy({ janus: janus.url, address, isAlone: true })
    await janus.start()
    await proxy.child.said(/"fact":"sfu-connected"/, 10_000)
    await using one = await openProxyClient(proxy.socketUrl)
    const publisher = await published(one)
    // Without its reports it would be what a publisher may send at most.
    await one.socket.until((heard) => {
      const received = at(heard, 'event', 'bandwidth', 'received')
      return typeof received === 'number' && received > 0 && received < 200_000
    }, 20_000)
    await one.command({ type: 'delete-publisher', clientId: publisher.id })
    await publisher.peer.close()
    await leavesNothingBehind(janus, true)
  })

  test('SIGTERM: everybody gets a bye, and nothing stays in Janus', async () => {
    await using janus = await startJanus()
    await using proxy = await startMediaProxy({ janus: janus.url })
    await using one = await openProxyClient(proxy.socketUrl)
    const publisher = await published(one)
    const subscriber = await subscribed(one, { publisherId: publisher.id })
    proxy.child.kill('SIGTERM')
    expect(await one.socket.until(({ type }) => type === 'bye')).toMatchObject({ bye: { reason: 'session_closed' } })
    expect(await proxy.child.exited).toBe(0)
    await leavesNothingBehind(janus)
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
  })

  test('SIGUSR1: no new publishers and sessions, those that are there go on; ends with the last of them', async () => {
    await using janus = await startJanus()
    await using proxy = await startMediaProxy({ janus: janus.url })
    await using one = await openProxyClient(proxy.socketUrl)
    const publisher = await published(one)
    proxy.child.kill('SIGUSR1')
    await one.event('shutdown-scheduled')
    expect(codeOf(await one.command(createPublisher))).toBe('shutdown_scheduled')
    await using late = await openTalkClient(proxy.socketUrl)
    late.send(helloWith({ token: tokenOf('one') }))
    expect(codeOf(await late.until(({ type }) => type === 'error'))).toBe('shutdown_scheduled')
    expect((await fetch(`${proxy.url}/readyz`)).status).toBe(503)
    const subscriber = await subscribed(one, { publisherId: publisher.id })
    expect(proxy.child.hasExited()).toBe(false)
    one.socket.send({ type: 'bye' })
    expect(await proxy.child.exited).toBe(0)
    await leavesNothingBehind(janus)
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
  })

  test('SIGHUP: keys come and go; sessions that are there stay', async () => {
    await using janus = await startJanus()
    await using proxy = await startMediaProxy({ janus: janus.url, tokens: ['one'] })
    await using one = await openProxyClient(proxy.socketUrl)
    proxy.configure({ janus: janus.url, tokens: ['two'], lines: { bandwidth: ['incoming = 1'] } })
    proxy.child.kill('SIGHUP')
    await proxy.child.said(/"fact":"reloaded".*\[tokens\]/, 10_000)
    await using two = await openProxyClient(proxy.socketUrl, { token: tokenOf('two') })
    await using late = await openTalkClient(proxy.socketUrl)
    late.send(helloWith({ token: tokenOf('one') }))
    expect(codeOf(await late.until(({ type }) => type === 'error'))).toBe('auth_failed')
    const id = idOf(await one.command(createPublisher))
    const load = await two.socket.until((heard) => at(heard, 'event', 'bandwidth', 'incoming') !== undefined)
    expect(load).toMatchObject({ event: { type: 'update-load' } })
    await one.command({ type: 'delete-publisher', clientId: id })
    await leavesNothingBehind(janus, true)
  })
})

describe.skipIf(cannotRun)('two proxies with a Janus each', () => {
  test('a stream of the one is heard through the other, and ends on both sides', async () => {
    await using near = await startJanus()
    await using far = await startJanus()
    await using there = await startMediaProxy({ janus: far.url, tokens: ['one', 'here'] })
    await using here = await startMediaProxy({ janus: near.url, tokens: ['one'], tokenId: 'here' })
    await using one = await openProxyClient(there.socketUrl)
    await using two = await openProxyClient(here.socketUrl)
    const publisher = await published(one)
    const elsewhere = (subject: string): JsonObject => ({
      ...{ publisherId: publisher.id, remoteUrl: there.url },
      ...{ remoteToken: tokenOf('one', { subject }) },
    })
    const wrong = { type: 'create-subscriber', streamType: 'video', ...elsewhere('another') }
    expect(codeOf(await two.command(wrong))).toBe('auth_failed')
    const first = await subscribed(two, elsewhere(publisher.id))
    const second = await subscribed(two, elsewhere(publisher.id))
    await two.command({ type: 'delete-subscriber', clientId: first.id })
    await two.command({ type: 'delete-subscriber', clientId: second.id })
    await leavesNothingBehind(near, true)

    const third = await subscribed(two, elsewhere(publisher.id))
    await one.command({ type: 'delete-publisher', clientId: publisher.id })
    await two.event('subscriber-closed', third.id)
    await leavesNothingBehind(near, true)
    await leavesNothingBehind(far, true)
    await Promise.all([publisher, first, second, third].map(({ peer }) => peer.close()))
  })

  test('the other proxy is away, or does not know us: refused', async () => {
    await using janus = await startJanus()
    await using there = await startMediaProxy({ janus: janus.url, tokens: ['one'] })
    await using here = await startMediaProxy({ janus: janus.url, tokens: ['one'], tokenId: 'here' })
    await using one = await openProxyClient(here.socketUrl)
    const wanted = (remoteUrl: string): JsonObject => ({
      ...{ type: 'create-subscriber', streamType: 'video', publisherId: 'x', remoteUrl },
      ...{ remoteToken: tokenOf('one', { subject: 'x' }) },
    })
    expect(codeOf(await one.command(wanted('http://127.0.0.1:9')))).toBe('internal_error')
    expect(codeOf(await one.command(wanted(there.url)))).toBe('internal_error')
    expect(there.child.output()).toContain('"reason":"unsupported-issuer"')
  })
})
