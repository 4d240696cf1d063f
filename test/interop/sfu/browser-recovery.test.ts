/** Calls in Chromium that lose something in the middle, Janus, a session or a path, and go on without being loaded again. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, startSfuStage } from '../../support/sfu-stage.ts'
import { pageOfPeople } from './page/build.ts'
import { people } from './people.ts'

const suite = 'sfu: calls in Chromium that lose something'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.chromium, ...janusPrograms))(suite, () => {
  const parts = new AsyncDisposableStack()
  let stage: SfuStage
  let cable: Cuttable
  let browser: BrowserUnderTest

  beforeAll(async () => {
    stage = parts.use(await startSfuStage())
    cable = parts.use(await startCuttable(stage.server.address))
    browser = parts.use(await startChromium(await pageOfPeople()))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  test('Janus is killed and started again: everybody sees everybody again', async () => {
    await using all = await people(stage, browser, 'restart')
    const names = ['anna', 'ben', 'cleo']
    for (const name of names) await all.enter(name)
    await stage.call('restart', { anna: inCall.all, ben: inCall.all, cleo: inCall.all })
    await all.allSee(names, 3)
    await all.tell('anna', 'share()')
    await all.tell('ben', `sees('anna', 2, 'screen')`)
    await stage.janus.restart()
    await all.allSeeAnew(names, 3)
    await all.tell('ben', `sees('anna', 3, 'screen')`)
    expect(await all.tell('ben', `hears('cleo')`)).toBeGreaterThan(0)
  }, 60_000)

  test('a call that begins while Janus is away has its pictures when it is there', async () => {
    await using all = await people(stage, browser, 'away')
    await stage.janus.kill()
    for (const name of ['anna', 'ben']) await all.enter(name)
    await stage.call('away', { anna: inCall.all, ben: inCall.all })
    await stage.janus.start()
    await all.allSee(['anna', 'ben'], 3)
  }, 60_000)

  test('another server takes over: everybody is somebody new there, and sees everybody again', async () => {
    await using all = await people(stage, browser, 'moved')
    for (const name of ['anna', 'ben']) await all.enter(name, { through: cable.address })
    await stage.call('moved', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    const rejoined = ['anna', 'ben'].map((name) => all.tell(name, `client.once('rejoined').then(() => true)`))
    await stage.replaceServer((address) => cable.connectTo(address))
    expect(await Promise.all(rejoined)).toEqual([true, true])
    await stage.call('moved', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
  }, 40_000)

  test('who publishes anew is seen again, with the size that was chosen before', async () => {
    await using all = await people(stage, browser, 'anew')
    await all.enter('anna', { publish: { simulcast: true }, width: 640 })
    await all.enter('ben', { send: {} })
    await stage.call('anew', { anna: inCall.all, ben: inCall.listening })
    await all.tell('ben', `select('anna', { substream: 0 })`)
    await all.tell('ben', `seesWidth('anna', 320)`)
    await all.tell('anna', 'publication().restart()')
    await all.allSeeAnew(['ben'], 1, ['anna'])
    await all.tell('ben', `seesWidth('anna', 320)`)
  }, 40_000)

  test('a connection to the server that is lost and resumed leaves the pictures as they are', async () => {
    await using all = await people(stage, browser, 'resumed')
    await all.enter('anna')
    await all.enter('ben', { through: cable.address })
    await stage.call('resumed', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    const connections: unknown = await all.page.evaluate(
      `globalThis.before = people.get('ben').connections(), before.length`,
    )
    expect(connections).toBe(2)
    const resumed = all.tell('ben', `client.once('resumed').then(() => true)`)
    cable.cut()
    expect(await resumed).toBe(true)
    await all.allSee(['anna', 'ben'], 3)
    const isSame = `people.get('ben').connections().every((one, place) => one === before[place])`
    expect(await all.page.evaluate(isSame)).toBe(true)
  }, 40_000)

  test('an interrupted server connection does not lose who comes meanwhile', async () => {
    await using all = await people(stage, browser, 'meanwhile')
    await all.enter('anna', { through: cable.address })
    await stage.call('meanwhile', { anna: inCall.all })
    await all.tell('anna', 'isPublished()')
    const resumed = all.tell('anna', `client.once('resumed').then(() => true)`)
    cable.cut({ hold: true })
    await all.enter('ben')
    await stage.call('meanwhile', { ben: inCall.all })
    await all.tell('ben', `sees('anna', 2)`)
    cable.mend()
    expect(await resumed).toBe(true)
    await all.tell('anna', `sees('ben', 2)`)
  }, 40_000)
})
