/** The same page against the original: 0.4.1, which refuses video offers, and the next release's 2.0.2. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { inCall, janusPrograms, type SfuStage, startSfuStage } from '../../support/sfu-stage.ts'
import { pageOfPeople } from './page/build.ts'
import { people } from './people.ts'

for (const { which, program, video } of [
  { which: 'original', program: debian.signalingServer, video: false },
  { which: 'newer', program: nextRelease.signalingServer, video: true },
] as const) {
  const suite = `sfu: the page with ${which === 'original' ? 'the original' : "the original of Debian's next release"}`
  describe.skipIf(notRunnable(suite, program, debian.nats, debian.chromium, ...janusPrograms))(suite, () => {
    const parts = new AsyncDisposableStack()
    let stage: SfuStage
    let browser: BrowserUnderTest

    beforeAll(async () => {
      stage = parts.use(await startSfuStage({ server: which }))
      browser = parts.use(await startChromium(await pageOfPeople()))
    }, 40_000)
    afterAll(() => parts.disposeAsync(), 20_000)

    test('screens, one after the other', async () => {
      await using all = await people(stage, browser, 'screens')
      for (const name of ['anna', 'ben']) await all.enter(name, { send: {} })
      await stage.call('screens', { anna: inCall.listening, ben: inCall.listening })
      for (const [name, other] of [
        ['anna', 'ben'],
        ['ben', 'anna'],
      ] as const) {
        await all.tell(name, 'share()')
        expect(await all.tell(other, `sees('${name}', 3, 'screen')`)).toEqual({ width: 200 })
      }
    }, 40_000)

    if (!video) return
    test('cameras and microphones', async () => {
      await using all = await people(stage, browser, 'den')
      for (const name of ['anna', 'ben']) await all.enter(name)
      await stage.call('den', { anna: inCall.all, ben: inCall.all })
      await all.allSee(['anna', 'ben'], 5)
      expect(await all.tell('anna', `hears('ben')`)).toBeGreaterThan(0)
    }, 40_000)
  })
}
