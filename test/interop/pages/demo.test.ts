/** The call page in Chromium: people meet, and keep meeting through everything that goes wrong on the way. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { type DemoServer, person, startDemo } from './demo-stage.ts'

const suite = 'the call page in Chromium'

describe.skipIf(notRunnable(suite, debian.chromium))(suite, () => {
  const parts = new AsyncDisposableStack()
  let browser: BrowserUnderTest
  let server: DemoServer

  beforeAll(async () => {
    server = parts.use(await startDemo())
    browser = parts.use(await startChromium(new Blob([''])))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  const both = async (room: string) => {
    const url = `${server.url}#${room}`
    const [mira, jonas] = await Promise.all([person(browser, url, 'Mira'), person(browser, url, 'Jonas')])
    await mira.enter()
    await mira.isIn()
    await jonas.enter()
    await mira.letIn('Jonas')
    await jonas.isIn()
    return [mira, jonas] as const
  }

  test('two meet without any configuration, a third comes in, and all see each other move', async () => {
    const [mira, jonas] = await both('three')
    await Promise.all([mira.sees(1), jonas.sees(1)])
    expect([await mira.names(), await jonas.names()]).toEqual([['Jonas'], ['Mira']])
    const ada = await person(browser, `${server.url}#three`, 'Ada')
    await ada.enter()
    await mira.letIn('Ada')
    await Promise.all([mira, jonas, ada].map((one) => one.sees(2)))
    expect((await ada.names()).toSorted()).toEqual(['Jonas', 'Mira'])
    await Promise.all([mira, jonas, ada].map(({ page }) => page.context().close()))
  }, 60_000)
})
