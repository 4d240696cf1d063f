/** Every conversation, held with our server over a socket. */
import { afterAll, beforeAll, describe, test } from 'bun:test'
import { socketStage, stageBackends } from '../../support/conversation/socket-stage.ts'
import type { Held } from '../../support/conversation/suite.ts'
import { heldOnSockets, holdAll } from '../../support/conversation/suite.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'conversations with our server'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  const conversations = heldOnSockets('ours')
  let held: Held

  beforeAll(async () => {
    const talk = parts.use(await startStubTalk())
    const server = parts.use(await startOurs({ backends: stageBackends(talk) }))
    held = holdAll(conversations, socketStage('ours', server, talk))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  for (const { name, title } of conversations) {
    test(`${name}: ${title}`, async () => {
      const failure = await held.outcome(name)
      if (failure) throw failure
    }, 120_000)
  }
})
