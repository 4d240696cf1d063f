/** The example's page in Chromium, of the same behaviour as the original's: two see each other, also through our TURN server alone. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { type Child, startChild } from '../../support/child.ts'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'

const suite = 'the page of the relay in Chromium'
const program = resolve(import.meta.dir, '../../../examples/relay-embedded/server.ts')
const relayOnly = `
  const Original = RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(config) { super({ ...config, iceTransportPolicy: 'relay' }) }
  }`

describe.skipIf(notRunnable(suite, debian.chromium))(suite, () => {
  const parts = new AsyncDisposableStack()
  let browser: BrowserUnderTest
  let child: Child
  let server = ''
  let turn = ''
  let pages: Page[] = []

  beforeAll(async () => {
    const env = { PORT: '0', TURN_LISTEN: '127.0.0.1:0' }
    child = parts.use(startChild([process.execPath, program], { env }))
    const said = await child.said(/pages at (http:\S+), TURN at (\S+)/, 20_000)
    server = said[1] ?? ''
    turn = said[2] ?? ''
    browser = parts.use(await startChromium(new Blob([''])))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()))
    pages = []
  }, 20_000)

  async function visit(room: string, before?: string): Promise<Page> {
    const page = await browser.visit(`${server}${room}?turn=${turn}`, before)
    pages.push(page)
    return page
  }
  const state = (page: Page, text: string) =>
    page.waitForFunction(`document.getElementById('state').textContent === '${text}'`)
  /** Frames keep coming: the picture has a size and its time goes on. */
  const sees = async (page: Page): Promise<void> => {
    await state(page, 'connected')
    await page.waitForFunction(`(({ videoWidth, currentTime }) => videoWidth > 0 && currentTime > 0.3)(theirs)`)
  }

  test.each([
    ['over any path', undefined],
    ['through TURN alone, with the name and password of the relay', relayOnly],
  ])(
    'two see each other %s; when one goes the other waits for the next',
    async (how, before) => {
      const room = how.length.toString()
      const first = await visit(room, before)
      await state(first, 'alone')
      const second = await visit(room, before)
      await Promise.all([sees(first), sees(second)])
      await second.context().close()
      pages = [first]
      await state(first, 'alone')
      const third = await visit(room, before)
      await Promise.all([sees(first), sees(third)])
      expect(child.output()).toContain(`username left ${room}; others: username`)
    },
    60_000,
  )
})
