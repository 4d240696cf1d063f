/** Clients that stop reading, over real sockets: nobody else notices, nothing is lost within the bound, and no more is kept. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { metricsOf, residentMegabytes } from '../../io/raw/metrics.ts'
import { countUp, numberHeard, numbersOf, openRaw, rawMember, sayNumbered } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { at, textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'clients that do not read'
const weight = 50_000
/** Together more than the kernel keeps for one connection. */
const flood = 300

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let wide: RunningServer
  let narrow: RunningServer
  const start = (bounds: string) => startOurs({ backends: stageBackends(talk), more: `[sessions]\n${bounds}\n` })

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    wide = parts.use(await start(`maxpendingmessages = ${flood}\nmaxpendingbytes = ${2 * flood * weight}`))
    narrow = parts.use(await start('maxpendingmessages = 20\nmaxpendingbytes = 200000'))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('[R45] who reads again within the bound has missed nothing, and nobody waited for him', async () => {
    await using slow = await rawMember(wide.address, talk.url(), 'slow', 'again')
    await using quick = await rawMember(wide.address, talk.url(), 'quick', 'again')
    await using talker = await rawMember(wide.address, talk.url(), 'talker', 'again')
    const sent = async () =>
      (await metricsOf(wide.url)).get('signaling_client_messages_total{direction="outgoing"}') ?? 0
    const before = await sent()
    slow.pause()
    sayNumbered(talker, { from: 1, to: flood, weight })
    await numberHeard(quick, flood)
    expect(numbersOf(quick)).toEqual(countUp(1, flood))
    // Some still wait in the server: otherwise this test would show nothing.
    expect((await sent()) - before).toBeLessThan(2 * flood)
    slow.resume()
    await numberHeard(slow, flood)
    expect(numbersOf(slow)).toEqual(countUp(1, flood))
    expect((await sent()) - before).toBe(2 * flood)
  }, 30_000)

  test('[R45] who breaks off gets what had not left the server when he comes back, in order', async () => {
    await using quick = await rawMember(wide.address, talk.url(), 'quick', 'broken')
    await using talker = await rawMember(wide.address, talk.url(), 'talker', 'broken')
    const slow = await rawMember(wide.address, talk.url(), 'slow', 'broken')
    slow.pause()
    sayNumbered(talker, { from: 1, to: flood, weight })
    await numberHeard(quick, flood)
    slow.destroy()
    await wide.child.said(new RegExp(`session-parked.*"${slow.sessionId}"`), 5_000)
    // These come while nobody is there.
    sayNumbered(talker, { from: flood + 1, to: flood + 10, weight: 10 })
    await numberHeard(quick, flood + 10)

    await using back = await openRaw(wide.address)
    back.say({ id: 'back', type: 'hello', hello: { version: '1.0', resumeid: slow.resumeId } })
    await numberHeard(back, flood + 10)
    const numbers = numbersOf(back)
    const [first = 0] = numbers
    expect(numbers).toEqual(countUp(first, flood + 10))
    expect(first).toBeLessThan(flood)
    expect(first).toBeGreaterThan(numbersOf(slow).at(-1) ?? 0)
  }, 30_000)

  test('[R45] past the bound the session ends, is closed with a reason and counted; the others lose nothing', async () => {
    await using slow = await rawMember(narrow.address, talk.url(), 'slow', 'over')
    await using quick = await rawMember(narrow.address, talk.url(), 'quick', 'over')
    await using talker = await rawMember(narrow.address, talk.url(), 'talker', 'over')
    const overflows = async () =>
      (await metricsOf(narrow.url)).get('signaling_client_queue_overflows_total{backend="one"}')
    expect(await overflows()).toBe(0)
    const megabytes = await residentMegabytes(narrow.url)
    slow.pause()
    // In portions that the kernel takes at once: the bound is narrow, and only one of them is to pass it.
    for (let from = 1; from < flood; from += 20) {
      sayNumbered(talker, { from, to: from + 19, weight })
      await numberHeard(quick, from + 19)
    }
    expect(numbersOf(quick)).toEqual(countUp(1, flood))
    expect(await overflows()).toBe(1)
    const left = await quick.message((message) => textAt(message, 'event', 'type') === 'leave')
    expect(at(left, 'event', 'leave')).toEqual([slow.sessionId])

    slow.resume()
    expect(await slow.closed()).toEqual({ code: 1008, reason: 'the client reads too slowly' })
    const numbers = numbersOf(slow)
    expect(numbers.length).toBeLessThan(flood)
    expect(numbers).toEqual(countUp(1, numbers.length))

    await using back = await openRaw(narrow.address)
    back.say({ id: 'back', type: 'hello', hello: { version: '1.0', resumeid: slow.resumeId } })
    const answer = await back.message((message) => textAt(message, 'id') === 'back')
    expect(textAt(answer, 'error', 'code')).toBe('no_such_session')
    expect((await residentMegabytes(narrow.url)) - megabytes).toBeLessThan(100)
  }, 30_000)

  test('[R45] a parked session whose bound is passed ends too', async () => {
    await using quick = await rawMember(narrow.address, talk.url(), 'quick', 'parked')
    await using talker = await rawMember(narrow.address, talk.url(), 'talker', 'parked')
    const away = await rawMember(narrow.address, talk.url(), 'away', 'parked')
    away.destroy()
    await narrow.child.said(new RegExp(`session-parked.*"${away.sessionId}"`), 5_000)
    sayNumbered(talker, { from: 1, to: 30, weight: 10 })
    await numberHeard(quick, 30)
    await quick.message((message) => textAt(message, 'event', 'type') === 'leave')
    await using back = await openRaw(narrow.address)
    back.say({ id: 'back', type: 'hello', hello: { version: '1.0', resumeid: away.resumeId } })
    const answer = await back.message((message) => textAt(message, 'id') === 'back')
    expect(textAt(answer, 'error', 'code')).toBe('no_such_session')
  })
})
