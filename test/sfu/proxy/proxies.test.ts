import { describe, expect, test } from 'bun:test'
import type { ProxySettings } from '../../../src/sfu/proxy/settings.ts'
import { createFakeProxy, type FakeProxy } from '../../support/fake-proxy.ts'
import { camera, createStage, settingsFor } from './stage.ts'

const proxyAt = (name: string) => createFakeProxy(`http://${name}.example/`)

describe('[M67] a reload', () => {
  const world = () => {
    const proxies = [proxyAt('one'), proxyAt('two')] as const
    const stage = createStage(proxies, { urls: [proxies[0].url] })
    const reload = (more: Partial<ProxySettings>) =>
      stage.run((now) => stage.machine.configured(settingsFor(proxies, more), now))
    return { proxies, stage, reload, urls: proxies.map(({ url }) => url) }
  }

  test('brings another proxy, and leaves an unused one at once', () => {
    const { proxies, stage, reload, urls } = world()
    reload({ urls })
    expect(stage.machine.census().connections).toBe(2)
    reload({ urls: urls.slice(1) })
    expect(stage.machine.census().connections).toBe(1)
    expect(proxies[0].heard.at(-1)).toMatchObject({ type: 'bye' })
    stage.publish(camera('ann'))
    expect([proxies[0].publishers(), proxies[1].publishers()].map(({ length }) => length)).toEqual([0, 1])
  })

  test('leaves a used one when its last leg is gone', () => {
    const { proxies, stage, reload, urls } = world()
    const publisher = stage.publish(camera('ann'))
    stage.offer(publisher, 'o')
    stage.told()
    reload({ urls: urls.slice(1) })
    expect(stage.told()).toEqual([])
    const leg = stage.subscribe(camera('ann'))
    stage.requestOffer(leg)
    expect(stage.told()).toMatchObject([{ event: 'opened' }, { event: 'offer', leg }])
    stage.publish(camera('ben'))
    expect(proxies[1].publishers()).toHaveLength(1)
    stage.close(leg)
    stage.close(publisher)
    expect(proxies[0].heard.at(-1)).toMatchObject({ type: 'bye' })
    expect(stage.machine.serverInfo()).toMatchObject({ proxies: [{ url: urls[1], connected: true }] })
  })

  test.each([
    ['says bye', 0, (proxy: FakeProxy) => proxy.push({ type: 'bye', bye: { reason: 'session_closed' } })],
    ['loses its Janus', 0, (proxy: FakeProxy) => proxy.loseBackend()],
    // Once it is tried whether the session can be had again.
    ['dies', 1, () => {}],
  ])('forgets a used one that %s, and never dials it again', (_, tries, befalls) => {
    const { proxies, stage, reload, urls } = world()
    stage.pass(5_000)
    stage.publish(camera('ann'))
    reload({ urls: urls.slice(1) })
    const dialled = stage.dialled.length
    befalls(proxies[0])
    proxies[0].isUp = false
    stage.cut(proxies[0])
    stage.pass(120_000)
    expect(stage.dialled).toHaveLength(dialled + tries)
    expect(stage.machine.serverInfo()).toMatchObject({ proxies: [{ url: urls[1] }] })
    expect(stage.machine.nextDeadline()).toBeUndefined()
  })

  test('keeps one that was about to go', () => {
    const { proxies, stage, reload, urls } = world()
    stage.publish(camera('ann'))
    reload({ urls: urls.slice(1) })
    reload({ urls: urls.slice(0, 1) })
    stage.publish(camera('ben'))
    expect(proxies[0].publishers()).toHaveLength(2)
    expect(stage.dialled).toHaveLength(2)
  })

  test('changes bitrates for those who come', () => {
    const { stage, reload, urls } = world()
    reload({ urls, maxStreamBitrate: 5 })
    stage.publish(camera('ann'))
    expect(stage.told()).toMatchObject([{ event: 'opened', bitrate: 5 }])
  })
})

describe('[M68] with DNS discovery', () => {
  const found = (stage: ReturnType<typeof createStage>, ...addresses: string[]) =>
    stage.run((now) => stage.machine.lookedUp('one.example', addresses, now))

  test('each address is a proxy, and the DNS is asked every 5 s', () => {
    const stage = createStage([proxyAt('one')], { dnsDiscovery: true })
    expect([stage.lookUps, stage.dialled]).toEqual([['one.example'], []])
    found(stage, '192.0.2.1', '192.0.2.2', '192.0.2.1', 'nonsense')
    expect(stage.dialled.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2'])
    stage.pass(4_999)
    expect(stage.lookUps).toHaveLength(1)
    stage.pass(1)
    expect(stage.lookUps).toHaveLength(2)
    // No second question while the first is open.
    stage.pass(60_000)
    expect(stage.lookUps).toHaveLength(2)
    found(stage, '192.0.2.2', '192.0.2.3')
    expect(stage.dialled.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    expect(stage.machine.stats()).toMatchObject({ details: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3' }] })
  })

  test('no addresses take nothing away, and are asked for again in a second', () => {
    const stage = createStage([proxyAt('one')], { dnsDiscovery: true })
    found(stage)
    stage.pass(1_000)
    expect(stage.lookUps).toHaveLength(2)
    found(stage, '192.0.2.1')
    stage.pass(5_000)
    found(stage)
    expect(stage.machine.census().connections).toBe(1)
  })

  test('an address that goes is left when nobody is there any more', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy], { dnsDiscovery: true })
    found(stage, '192.0.2.1')
    const leg = stage.publish(camera('ann'))
    found(stage, '192.0.2.2')
    expect(stage.machine.census().connections).toBe(2)
    stage.close(leg)
    expect(stage.machine.census().connections).toBe(1)
  })

  test('an address in the url is no name', () => {
    const proxy = createFakeProxy('http://[::1]:8090/')
    const stage = createStage([proxy], { dnsDiscovery: true })
    expect([stage.lookUps, stage.dialled]).toEqual([[], [{ url: 'ws://[::1]:8090/proxy', address: undefined }]])
  })

  test('switched off by a reload, the url alone counts', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy], { dnsDiscovery: true })
    found(stage, '192.0.2.1')
    stage.run((now) => stage.machine.configured(settingsFor([proxy]), now))
    found(stage, '192.0.2.2')
    expect(stage.dialled.map(({ address }) => address)).toEqual(['192.0.2.1', undefined])
    expect(stage.machine.census().connections).toBe(1)
  })

  test('[M63] proxies that share a url pass nothing on', () => {
    const proxies = [createFakeProxy('http://one.example/', 'DE'), createFakeProxy('http://192.0.2.9/', 'US')] as const
    const stage = createStage(proxies, { dnsDiscovery: true })
    found(stage, '192.0.2.1', '192.0.2.2')
    const publisher = stage.publish(camera('ann'), { country: 'DE' })
    stage.offer(publisher, 'o')
    stage.subscribe(camera('ann'), 'US')
    expect([proxies[0].subscribers(), proxies[1].subscribers()].map(({ length }) => length)).toEqual([1, 0])
  })
})

describe('[M69] all together', () => {
  test('media can be had as long as one proxy is there', () => {
    const proxies = [proxyAt('one'), proxyAt('two')] as const
    const stage = createStage(proxies)
    expect([stage.available(), stage.machine.isAvailable]).toEqual([[true], true])
    for (const proxy of proxies) proxy.isUp = false
    stage.cut(proxies[0])
    expect(stage.available()).toEqual([])
    proxies[1].loseBackend()
    expect([stage.available(), stage.machine.isAvailable]).toEqual([[false], false])
    proxies[1].push({ type: 'event', event: { type: 'backend-connected' } })
    expect(stage.available()).toEqual([true])
  })

  test('the end is a bye to each', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    const stage = createStage(proxies)
    stage.publish(camera('ann'))
    stage.run((now) => stage.machine.stopped(now))
    for (const proxy of proxies) expect(proxy.heard.at(-1)).toMatchObject({ type: 'bye' })
    stage.pass(600_000)
    expect(stage.dialled).toHaveLength(2)
    expect(stage.machine.nextDeadline()).toBeUndefined()
  })

  test('what is told of them', () => {
    const proxy = createFakeProxy('http://one.example/', 'DE')
    const other = proxyAt('two')
    other.isUp = false
    const stage = createStage([proxy, other])
    const publisher = stage.publish(camera('ann'))
    stage.offer(publisher, 'o')
    stage.subscribe(camera('ann'))
    stage.publish({ publisher: 'ann', type: 'screen' })
    proxy.push({
      type: 'event',
      event: { type: 'update-load', load: 3, bandwidth: { incoming: 25.5, received: 8_000, sent: 0 } },
    })
    expect(stage.machine.census()).toEqual({
      publishers: { audio: 0, video: 1, screen: 1 },
      subscribers: { audio: 0, video: 1, screen: 0 },
      connections: 1,
      proxies: [
        {
          url: 'http://one.example/',
          country: 'DE',
          load: 3,
          usage: { incoming: 25.5, outgoing: undefined },
          bandwidth: { incoming: 1_000, outgoing: 0 },
        },
      ],
    })
    expect(stage.machine.stats()).toEqual({
      publishers: 2,
      clients: 3,
      details: [
        {
          url: 'http://one.example/',
          connected: true,
          publishers: 2,
          clients: 3,
          load: 3,
          shutdown: false,
          temporary: false,
          uptime: '2027-01-15T08:00:00.000Z',
        },
        { url: 'http://two.example/', connected: false, publishers: 0, clients: 0 },
      ],
    })
    expect(stage.machine.serverInfo()).toEqual({
      mode: 'proxy',
      proxies: [
        {
          url: 'http://one.example/',
          connected: true,
          temporary: false,
          shutdown: false,
          uptime: '2027-01-15T08:00:00.000Z',
          version: 'fake',
          features: ['remote-streams'],
          country: 'DE',
          load: 3,
          bandwidth: { incoming: 25.5, received: 8_000 },
        },
        { url: 'http://two.example/', connected: false, temporary: false },
      ],
    })
  })
})
