/** Pages of the same behaviour as the originals' examples, unchanged by us, reach each other through our front ends. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { loadConfig, printFault } from '../../../src/config/load.ts'
import { startReport } from '../../../src/observe/report.ts'
import { appToken } from '../../../src/protocols/admission/token.ts'
import { type SignalingServer, startSignalingServer } from '../../../src/signaling-server.ts'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { type StubOidc, startStubOidc } from '../../support/oidc-stub.ts'

const suite = "the originals' example pages in Chromium"
const appSecret = 'secret-of-the-tests'
type Asked = Readonly<Record<string, string>>

describe.skipIf(notRunnable(suite, debian.chromium))(suite, () => {
  const parts = new AsyncDisposableStack()
  let browser: BrowserUnderTest
  let oidc: StubOidc
  let pages: string
  let opened: Page[] = []
  const servers: SignalingServer[] = []

  beforeAll(async () => {
    oidc = parts.use(startStubOidc())
    for (const revision of [1, 2]) {
      const server = await startServer(revision, oidc.issuer)
      parts.defer(() => server.stop())
      servers.push(server)
    }
    const files = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch({ url }) {
        const file = Bun.file(new URL(`original${new URL(url).pathname}.html`, import.meta.url))
        return (await file.exists()) ? new Response(file) : new Response('', { status: 404 })
      },
    })
    parts.defer(() => files.stop(true))
    pages = files.url.href
    browser = parts.use(await startChromium(new Blob([''])))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)
  afterEach(async () => {
    await Promise.all(opened.map((page) => page.context().close()))
    opened = []
  }, 20_000)

  async function open(name: string, revision: 1 | 2, asked: Asked): Promise<Page> {
    const server = servers[revision - 1]
    const address = `127.0.0.1:${server?.listening[0]?.port}`
    const turn = `127.0.0.1:${server?.turnListening[0]?.port}`
    const query = new URLSearchParams({ server: address, turn, revision: String(revision), ...asked })
    const page = await browser.visit(`${pages}${name}?${query}`)
    opened.push(page)
    return page
  }

  test('relay, revision 1: two, then another in the place of one who left', async () => {
    const first = await open('relay-one', 1, { room: 'one' })
    await heard(first, 'created')
    const second = await open('relay-one', 1, { room: 'one' })
    await Promise.all([connected(first, 1), connected(second, 1)])
    await second.close()
    await heard(first, 'left')
    const third = await open('relay-one', 1, { room: 'one' })
    await Promise.all([connected(first, 2), connected(third, 1)])
  }, 40_000)

  test('relay, revision 2: a mesh of three', async () => {
    const all: Page[] = []
    for (const name of ['ann', 'ben', 'cas']) {
      const page = await open('relay-many', 2, { room: 'many', name })
      await heard(page, 'authenticated')
      all.push(page)
    }
    await Promise.all(all.map((page) => connected(page, 2)))
    await all[2]?.close()
    await Promise.all(all.slice(0, 2).map((page) => heard(page, 'left')))
    await Promise.all(all.slice(0, 2).map((page) => connected(page, 1)))
  }, 40_000)

  test.each([1, 2] as const)(
    'presence, revision %i: called by a name on the list',
    async (revision) => {
      const [alice, ben] = await Promise.all(
        ['alice', 'ben'].map(async (name) =>
          open('presence', revision, { token: await oidc.token({ sub: `sub-of-${name}`, preferred_username: name }) }),
        ),
      )
      if (!alice || !ben) throw new Error('two pages were opened')
      await until(alice, 'users.size === 2')
      await alice.evaluate(`callUser('ben')`)
      await Promise.all([connected(alice, 1), connected(ben, 1)])
    },
    40_000,
  )

  test.each([1, 2] as const)(
    'admission, revision %i: the owner lets two in',
    async (revision) => {
      const token = appToken(appSecret, 'demo')
      const people: Page[] = []
      for (const name of ['owner', 'guest', 'third']) {
        const page = await open('admission', revision, { token, name })
        page.on('dialog', (dialog) => void dialog.accept())
        await heard(page, 'auth-accept')
        await page.click(name === 'owner' ? '#create' : '#join')
        await heard(page, name === 'owner' ? 'room-create-accept' : 'room-join-accept')
        people.push(page)
      }
      await Promise.all(people.map((page) => connected(page, 2)))
    },
    40_000,
  )

  test('admission: whom the owner declines is told so', async () => {
    const token = appToken(appSecret, 'another')
    const owner = await open('admission', 1, { token, name: 'owner' })
    owner.on('dialog', (dialog) => void dialog.dismiss())
    const guest = await open('admission', 1, { token, name: 'guest' })
    await Promise.all([heard(owner, 'auth-accept'), heard(guest, 'auth-accept')])
    await owner.click('#create')
    await heard(owner, 'room-create-accept')
    const said = guest.waitForEvent('dialog')
    await guest.click('#join', { noWaitAfter: true })
    const dialog = await said
    expect(dialog.message()).toBe('Room owner was rejected your request')
    await dialog.accept()
  }, 40_000)
})

async function startServer(revision: number, issuer: string): Promise<SignalingServer> {
  const text = `
    [http]
    listen = 127.0.0.1:0
    [sessions]
    hashkey = ${'0'.repeat(32)}
    [relay]
    users = username:password, ann:password, ben:password, cas:password
    revision = ${revision}
    [presence]
    path = /presence
    providers = one
    revision = ${revision}
    [presence-one]
    issuer = ${issuer}
    audience = my-client
    [admission]
    appsecret = ${appSecret}
    revision = ${revision}
    [turn-server]
    listen = 127.0.0.1:0
    secret = another-secret-of-the-tests
    allowedpeers = 127.0.0.0/8
  `
  const { config, faults } = loadConfig({ file: 'test', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error(faults.map(printFault).join('\n'))
  return startSignalingServer(
    { ...config, drainTimeout: 500 },
    startReport({ format: 'json', level: 'error', write: () => {}, now: Date.now }),
  )
}

/** Waits until the page finds it true. */
async function until(page: Page, condition: string): Promise<void> {
  await page.waitForFunction(condition, undefined, { timeout: 20_000, polling: 50 })
}

const heard = (page: Page, event: string): Promise<void> => until(page, `heard.includes('${event}')`)

/** The page has made so many connections; those that are not closed are connected, and nothing failed on the way. */
async function connected(page: Page, made: number): Promise<void> {
  const open = `connections.filter(({ connectionState }) => connectionState !== 'closed')`
  await until(
    page,
    `connections.length === ${made} && ${open}.length > 0 && ${open}.every(({ connectionState }) => connectionState === 'connected')`,
  )
  expect(await page.evaluate(`heard.filter((one) => one.startsWith('failed'))`)).toEqual([])
}
