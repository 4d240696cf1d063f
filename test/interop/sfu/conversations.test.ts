/** Every conversation about media, held with our server and with the newer original, a real Janus behind each. */
import { afterAll, beforeAll, describe, test } from 'bun:test'
import { socketStage, stageBackends } from '../../support/conversation/socket-stage.ts'
import { type Held, heldOnSockets, holdAll } from '../../support/conversation/suite.ts'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { janusPrograms, startJanus } from '../../support/janus.ts'
import { startNewerOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const sides = [
  { side: 'ours', start: startOurs, needs: [] },
  { side: 'original', start: startNewerOriginal, needs: [debian.nats, nextRelease.signalingServer] },
] as const

for (const { side, start, needs } of sides) {
  const suite = `conversations about media: ${side}`
  const isMissing = notRunnable(suite, debian.openssl, ...needs, ...janusPrograms)
  describe.skipIf(isMissing || (side === 'ours' && oursMissing(suite)))(suite, () => {
    const parts = new AsyncDisposableStack()
    const conversations = heldOnSockets(side, 'media')
    let held: Held

    beforeAll(async () => {
      const talk = parts.use(await startStubTalk())
      const janus = parts.use(await startJanus())
      const more = `[mcu]\ntype = janus\nurl = ${janus.url}\n`
      const server = parts.use(await start({ backends: stageBackends(talk), more }))
      held = holdAll(conversations, { ...socketStage(side, server, talk), greets: true })
    }, 30_000)
    afterAll(() => parts.disposeAsync(), 30_000)

    for (const { name, title } of conversations) {
      test(`${name}: ${title}`, async () => {
        const failure = await held.outcome(name)
        if (failure) throw failure
      }, 60_000)
    }
  })
}
