/** Peer links in headless Chromium, over our server: pages that meet in a room, lose each other and find each other. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import { pageWithClient } from './page.ts'

const suite = 'sdk: Chromium'

/** In the page: `meet(url, room, name)` makes a mesh with one channel each and answers when it is started. */
const script = `
const { RelayClient, Mesh, fullJitter, checkConnectivity } = Heliograph
globalThis.heard = []
globalThis.waiting = []
globalThis.meet = async (url, room, username, options = {}) => {
  globalThis.client = new RelayClient({ url, username, token: 'password', revision: options.revision ?? 2,
    reconnect: fullJitter({ base: 100, cap: 500, shouldReconnect: () => true }), rtc: options.rtc })
  globalThis.room = await client.join(room)
  globalThis.mesh = new Mesh(globalThis.room)
  globalThis.linked = 0
  mesh.on('link', ({ peer, link }) => {
    linked += 1
    const channel = link.channel('chat', 0)
    channel.onopen = () => channel.send('hello from ' + username)
    channel.onmessage = ({ data }) => { heard.push(data); for (const look of waiting.splice(0)) look() }
  })
  if (options.stream) mesh.addStream(await navigator.mediaDevices.getUserMedia({ video: true }))
  mesh.start()
}
globalThis.hears = async (text, times = 1) => {
  while (heard.filter((one) => one === text).length < times) await new Promise((resolve) => waiting.push(resolve))
}
globalThis.paths = () => Promise.all([...mesh.links.values()].map((link) => link.path()))
globalThis.frames = async (count) => {
  const video = document.createElement('video')
  video.muted = true
  const stream = new MediaStream([...mesh.links.values()].flatMap(({ connection }) => connection.getReceivers().map(({ track }) => track)))
  video.srcObject = stream
  await video.play()
  while (video.getVideoPlaybackQuality().totalVideoFrames < count) await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
  return true
}
`

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.chromium))(suite, () => {
  const parts = new AsyncDisposableStack()
  let server: RunningServer
  let cable: Cuttable
  let browser: BrowserUnderTest
  const relay = (revision: 1 | 2) =>
    `[relay]\npath = /websocket\nusers = anna:password, ben:password, cleo:password\nrevision = ${revision}\n`

  beforeAll(async () => {
    server = parts.use(await startOurs({ backends: [], more: relay(2) }))
    cable = parts.use(await startCuttable(server.address))
    browser = parts.use(await startChromium(await pageWithClient()))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  async function page(): Promise<Page & AsyncDisposable> {
    const opened = await browser.open()
    await opened.evaluate(`{${script}}`)
    return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() })
  }
  const meet = (one: Page, address: string, room: string, name: string, options: object = {}) =>
    one.evaluate(`meet('ws://${address}/websocket', '${room}', '${name}', ${JSON.stringify(options)})`)

  test('three pages, everybody linked with everybody, over host candidates', async () => {
    await using anna = await page()
    await using ben = await page()
    await using cleo = await page()
    await Promise.all([
      meet(anna, server.address, 'three', 'anna'),
      meet(ben, server.address, 'three', 'ben'),
      meet(cleo, server.address, 'three', 'cleo'),
    ])
    await Promise.all([
      anna.evaluate(`Promise.all([hears('hello from ben'), hears('hello from cleo')])`),
      ben.evaluate(`Promise.all([hears('hello from anna'), hears('hello from cleo')])`),
      cleo.evaluate(`Promise.all([hears('hello from anna'), hears('hello from ben')])`),
    ])
    const paths: unknown = await anna.evaluate('paths()')
    // A candidate that came as the source of a check, ahead of the signal, is called prflx.
    const host = expect.stringMatching(/^(host|prflx)$/)
    const path = expect.objectContaining({ local: host, remote: host, protocol: 'udp' })
    expect(paths).toEqual([path, path])
  }, 30_000)

  test('moving pictures both ways', async () => {
    await using anna = await page()
    await using ben = await page()
    await meet(anna, server.address, 'seen', 'anna', { stream: true })
    await meet(ben, server.address, 'seen', 'ben', { stream: true })
    await Promise.all([anna.evaluate(`hears('hello from ben')`), ben.evaluate(`hears('hello from anna')`)])
    expect(await Promise.all([anna.evaluate('frames(5)'), ben.evaluate('frames(5)')])).toEqual([true, true])
  }, 30_000)

  test('revision 1, in which nobody is told who is there', async () => {
    await using first = await startOurs({ backends: [], more: relay(1) })
    await using anna = await page()
    await using ben = await page()
    await meet(anna, first.address, 'old', 'anna', { revision: 1 })
    await meet(ben, first.address, 'old', 'ben', { revision: 1 })
    await Promise.all([anna.evaluate(`hears('hello from ben')`), ben.evaluate(`hears('hello from anna')`)])
    const users: unknown = await anna.evaluate('[...room.members.values()].map(({ user }) => user.id)')
    expect(users).toEqual(['ben'])
  }, 30_000)

  test('a page that loses its connection comes back as somebody new, and is linked again', async () => {
    await using anna = await page()
    await using ben = await page()
    await meet(anna, server.address, 'cut', 'anna')
    await meet(ben, cable.address, 'cut', 'ben')
    await Promise.all([anna.evaluate(`hears('hello from ben')`), ben.evaluate(`hears('hello from anna')`)])
    const rejoined = ben.evaluate(`client.once('rejoined')`)
    cable.cut()
    await rejoined
    await Promise.all([anna.evaluate(`hears('hello from ben', 2)`), ben.evaluate(`hears('hello from anna', 2)`)])
    expect(await Promise.all([anna, ben].map((one) => one.evaluate('[room.members.size, mesh.links.size]')))).toEqual([
      [1, 1],
      [1, 1],
    ])
  }, 30_000)

  test('a page that is loaded again is somebody new; one that leaves is gone at once', async () => {
    await using anna = await page()
    await meet(anna, server.address, 'reload', 'anna')
    {
      await using ben = await page()
      await meet(ben, server.address, 'reload', 'ben')
      await anna.evaluate(`hears('hello from ben')`)
      await ben.reload()
      await ben.evaluate(`{${script}}`)
      await meet(ben, server.address, 'reload', 'ben')
      await anna.evaluate(`hears('hello from ben', 2)`)
      const unlinked = anna.evaluate(`mesh.once('unlinked').then(({ link }) => link.state)`)
      await ben.evaluate('room.leave()')
      expect(await unlinked).toBe('closed')
    }
    expect(await anna.evaluate('[room.members.size, mesh.links.size]')).toEqual([0, 0])
  }, 30_000)

  test('relays only, through the TURN server that the signaling server hands out; and the report says that they work', async () => {
    const port = await freePort()
    const turn = `[turn-server]\nlisten = 127.0.0.1:${port}\nsecret = secret-of-the-tests\nallowedpeers = 127.0.0.0/8\n`
    await using relaying = await startOurs({ backends: [], more: relay(2) + turn })
    await using anna = await page()
    await using ben = await page()
    const rtc = { configuration: { iceTransportPolicy: 'relay' } }
    await meet(anna, relaying.address, 'relayed', 'anna', { rtc })
    await meet(ben, relaying.address, 'relayed', 'ben', { rtc })
    await Promise.all([anna.evaluate(`hears('hello from ben')`), ben.evaluate(`hears('hello from anna')`)])
    expect(await anna.evaluate('paths()')).toEqual([expect.objectContaining({ local: 'relay', remote: 'relay' })])
    const report: unknown = await anna.evaluate(`Heliograph.checkConnectivity({
      http: location.href, websocket: 'ws://${relaying.address}/websocket/room',
      iceServers: [...mesh.links.values()][0].connection.getConfiguration().iceServers })`)
    expect(report).toMatchObject({
      mayRelay: true,
      checks: {
        http: { outcome: 'ok' },
        websocket: { outcome: 'ok' },
        'turn-udp': { outcome: 'ok', detail: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
        'turn-tcp': { outcome: 'ok' },
        'turn-tls': { outcome: 'skipped' },
      },
    })
  }, 30_000)

  test('a connectivity report: what is there works, what is not is named', async () => {
    await using anna = await page()
    const report: unknown = await anna.evaluate(`Heliograph.checkConnectivity({
      websocket: 'ws://${server.address}/websocket/room',
      iceServers: [{ urls: 'turn:127.0.0.1:1?transport=tcp', username: 'a', credential: 'b' }], timeout: 3000 })`)
    expect(report).toMatchObject({
      ok: false,
      mayRelay: false,
      checks: {
        http: { outcome: 'skipped' },
        websocket: { outcome: 'ok' },
        stun: { outcome: 'skipped' },
        'turn-udp': { outcome: 'skipped' },
        'turn-tcp': { outcome: 'failed' },
      },
    })
  }, 20_000)
})
