/** Calls in Chromium through two media proxies with a Janus each: ours, and mixed with the original's. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, type SfuStageOptions, startSfuStage } from '../../support/sfu-stage.ts'
import { pageOfPeople } from './page/build.ts'
import { people } from './people.ts'

const ourSuite = 'sfu: calls in Chromium through two proxies'
const four = ['anna', 'ben', 'cleo', 'dan']

const setUps = [
  { name: ourSuite, options: { server: 'ours', proxy: 'ours' }, programs: [] },
  {
    name: `${ourSuite} of the original`,
    options: { server: 'ours', proxy: 'newer' },
    programs: [nextRelease.signalingProxy],
  },
  {
    name: `${ourSuite} of ours, with the original as server`,
    options: { server: 'newer', proxy: 'ours' },
    programs: [nextRelease.signalingServer, debian.nats],
  },
] as const

for (const { name, options, programs } of setUps) {
  const cannotRun = oursMissing(name) || notRunnable(name, debian.chromium, ...janusPrograms, ...programs)
  describe.skipIf(cannotRun)(name, () => {
    const parts = new AsyncDisposableStack()
    let browser: BrowserUnderTest

    beforeAll(async () => {
      browser = parts.use(await startChromium(await pageOfPeople()))
    }, 40_000)
    afterAll(() => parts.disposeAsync(), 20_000)

    const staged = (): Promise<SfuStage> => startSfuStage({ ...(options satisfies SfuStageOptions), proxies: 2 })

    test('four people see and hear each other', async () => {
      await using stage = await staged()
      await using all = await people(stage, browser, 'den')
      for (const person of four) await all.enter(person)
      await stage.call('den', Object.fromEntries(four.map((person) => [person, inCall.all])))
      await all.allSee(four, 3)
      expect(await all.tell('anna', `hears('dan')`)).toBeGreaterThan(0)
      const rooms = await Promise.all(stage.sites.map(async ({ janus }) => (await janus.rooms()).length))
      expect(rooms[0]).toBe(4 - (rooms[1] ?? 0))
      // The original as server looks at loads again after a second or ten requests only.
      if (options.server === 'ours') expect(Math.min(...rooms)).toBeGreaterThan(0)
    }, 60_000)

    // The original as server tells nobody that a proxy has gone.
    if (options.server !== 'ours') return
    test('one of the proxies dies: who was there is on the other one, and seen by all', async () => {
      await using stage = await staged()
      await using all = await people(stage, browser, 'den')
      for (const person of four) await all.enter(person)
      await stage.call('den', Object.fromEntries(four.map((person) => [person, inCall.all])))
      await all.allSee(four, 3)
      const [, doomed] = stage.sites
      doomed?.proxy?.child.kill('SIGKILL')
      await doomed?.proxy?.child.exited
      await all.page.evaluate(`Promise.all(['${four.join("','")}'].map((name) => people.get(name).isPublished()))`)
      await doomed?.janus.kill()
      await all.allSee(four, 3)
    }, 60_000)
  })
}
