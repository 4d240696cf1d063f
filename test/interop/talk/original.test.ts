/** Every conversation, held with Debian's original: what the files say of it is true of it. */
import { afterAll, beforeAll, describe, test } from 'bun:test'
import { socketStage, stageBackends } from '../../support/conversation/socket-stage.ts'
import type { Held } from '../../support/conversation/suite.ts'
import { heldOnSockets, holdAll } from '../../support/conversation/suite.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { startOriginal } from '../../support/original.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'conversations with the original'

describe.skipIf(notRunnable(suite, debian.signalingServer, debian.nats, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  const conversations = heldOnSockets('original')
  let held: Held

  beforeAll(async () => {
    const talk = parts.use(await startStubTalk())
    const server = parts.use(await startOriginal({ backends: stageBackends(talk) }))
    held = holdAll(conversations, socketStage('original', server, talk))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  for (const { name, title } of conversations) {
    test(`${name}: ${title}`, async () => {
      const failure = await held.outcome(name)
      if (failure) throw failure
    }, 120_000)
  }
})
