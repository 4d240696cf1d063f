/** The call page in Chromium: people meet, and keep meeting through everything that goes wrong on the way. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { type DemoServer, type Person, person, startDemo } from './demo-stage.ts'

const suite = 'the call page in Chromium'

describe.skipIf(notRunnable(suite, debian.chromium))(suite, () => {
  const parts = new AsyncDisposableStack()
  let browser: BrowserUnderTest
  let server: DemoServer
  let people: Person[] = []

  beforeAll(async () => {
    server = parts.use(await startDemo())
    browser = parts.use(await startChromium(new Blob([''])))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)
  afterEach(async () => {
    const errors = people.flatMap((one) => one.errors)
    await Promise.all(people.map(({ page }) => page.context().close()))
    people = []
    expect(errors).toEqual([])
  }, 20_000)

  async function atTheDoor(room: string, name: string, relayOnly = false): Promise<Person> {
    const one = await person(browser, `${server.url}#${room}`, name)
    people.push(one)
    if (relayOnly) await one.onlyThroughRelay()
    await one.enter()
    return one
  }

  async function inside(room: string, name: string, relayOnly = false): Promise<Person> {
    const one = await atTheDoor(room, name, relayOnly)
    await one.isIn()
    return one
  }

  async function letIn(owner: Person, room: string, name: string, relayOnly = false): Promise<Person> {
    const one = await atTheDoor(room, name, relayOnly)
    await owner.letIn(name)
    await one.isIn()
    return one
  }

  test('two meet without any configuration, a third comes in, and all see each other move', async () => {
    const mira = await inside('three', 'Mira')
    const jonas = await letIn(mira, 'three', 'Jonas')
    await Promise.all([mira.sees(1), jonas.sees(1)])
    const ada = await letIn(mira, 'three', 'Ada')
    await Promise.all([mira, jonas, ada].map((one) => one.sees(2)))
    expect((await ada.names()).toSorted()).toEqual(['Jonas', 'Mira'])

    // The owner goes: the others stay with each other, and the one who has been there longest opens the door.
    await mira.page.click('#leave')
    await mira.page.waitForSelector('#lobby:not([hidden])')
    await Promise.all([jonas.sees(1), ada.sees(1)])
    const late = await letIn(jonas, 'three', 'Late')
    await Promise.all([jonas, ada, late].map((one) => one.sees(2)))
  }, 60_000)

  test('whoever loads the page again is back without being let in a second time, the owner too', async () => {
    const mira = await inside('again', 'Mira')
    const jonas = await letIn(mira, 'again', 'Jonas')
    await Promise.all([mira.sees(1), jonas.sees(1)])
    await jonas.page.reload()
    await Promise.all([mira.sees(1), jonas.sees(1)])
    await mira.page.reload()
    await Promise.all([mira.sees(1), jonas.sees(1)])
    expect([await mira.names(), await jonas.names()]).toEqual([['Jonas'], ['Mira']])
  }, 60_000)

  test('a lost network and a restart of the server are got over without a hand', async () => {
    const mira = await inside('storm', 'Mira')
    const jonas = await letIn(mira, 'storm', 'Jonas')
    await Promise.all([mira.sees(1), jonas.sees(1)])

    server.way.block(true)
    server.way.cut()
    await Promise.all([mira, jonas].map(({ page }) => page.waitForSelector('#line:not([hidden])')))
    server.way.block(false)
    await Promise.all([mira, jonas].map((one) => one.isConnected()))
    await Promise.all([mira.sees(1), jonas.sees(1)])

    await server.restart()
    await Promise.all([mira, jonas].map((one) => one.isConnected()))
    await Promise.all([mira.sees(1), jonas.sees(1)])
    expect([await mira.names(), await jonas.names()]).toEqual([['Jonas'], ['Mira']])
  }, 60_000)

  test('two who use nothing but the relay see each other move', async () => {
    const mira = await inside('relayed', 'Mira', true)
    const jonas = await letIn(mira, 'relayed', 'Jonas', true)
    await Promise.all([mira.sees(1, 'relay'), jonas.sees(1, 'relay')])
    const chip = mira.page.locator('.tile.other .chip')
    expect(await chip.textContent()).toMatch(/^Relayed · (udp|tcp)/)
    expect(await chip.getAttribute('title')).toMatch(/^Over a TURN server\. Ours is turn:/)
  }, 60_000)

  test('who is declined is told so, may ask again, and whoever gives up is no longer waited for', async () => {
    const mira = await inside('door', 'Mira')
    const eve = await atTheDoor('door', 'Eve')
    await mira.decline('Eve')
    await eve.page.waitForSelector('#notice:not([hidden])')
    expect(await eve.page.textContent('#notice')).toBe('You were not let in.')
    await eve.enter()
    await mira.page.waitForSelector('.knock')
    await eve.page.click('#cancel')
    await mira.page.waitForSelector('.knock', { state: 'detached' })
    expect(await mira.names()).toEqual([])
  }, 40_000)

  test('who waits at the door does so again after the network was lost', async () => {
    const mira = await inside('patience', 'Mira')
    const jonas = await atTheDoor('patience', 'Jonas')
    await mira.page.waitForSelector('.knock')
    server.way.cut()
    await mira.page.waitForSelector('.knock', { state: 'detached' })
    // The room went with the connections: whoever is back first has it, and the other one is at the door.
    await Promise.any([mira.letIn('Jonas'), jonas.letIn('Mira')])
    await Promise.all([mira.sees(1), jonas.sees(1)])
  }, 40_000)

  test('where there is a password the page asks for it', async () => {
    await using closed = await startDemo('password-of-the-page')
    const mira = await person(browser, `${closed.url}#closed`, 'Mira')
    people.push(mira)
    const notice = (text: string) => mira.page.waitForSelector(`#notice:text-is("${text}")`)
    await mira.enter()
    await notice('This server asks for a password.')
    await mira.page.fill('#password', 'something-else')
    await mira.enter()
    await notice('The password is not right.')
    await mira.page.fill('#password', 'password-of-the-page')
    await mira.enter()
    await mira.isIn()
  }, 40_000)

  test('names are text however they are spelled; switches and devices count for the others too', async () => {
    const mira = await inside('things', 'Mira')
    const name = '<img src=x onerror=alert(1)>'
    const jonas = await letIn(mira, 'things', name)
    await Promise.all([mira.sees(1), jonas.sees(1)])
    expect(await mira.names()).toEqual([name])
    expect(await mira.page.locator('.tile img').count()).toBe(0)

    await jonas.page.keyboard.press('m')
    await jonas.page.keyboard.press('c')
    await mira.page.waitForSelector('.tile.other[data-audio=off][data-video=off]')
    expect(await jonas.page.getAttribute('#call [data-toggle=audio]', 'aria-pressed')).toBe('false')
    await jonas.page.click('#call [data-toggle=video]')
    await mira.page.waitForSelector('.tile.other[data-audio=off][data-video=on]')

    const label = `document.querySelector('.tile.own video').srcObject.getAudioTracks().map(({ label }) => label).join()`
    const before = await jonas.page.evaluate(label)
    await jonas.page.click('#call [data-open]')
    await jonas.page.selectOption('#microphone', { label: 'Fake Audio Input 2' })
    await jonas.page.waitForSelector('#microphone option:checked:text("Fake Audio Input 2")', { state: 'attached' })
    await jonas.page.click('#settings button')
    expect([before, await jonas.page.evaluate(label)]).toEqual(['Fake Default Audio Input', 'Fake Audio Input 2'])
    await Promise.all([mira.sees(1), jonas.sees(1)])
  }, 40_000)
})
