/** Every conversation, held with the machine alone: no socket, and time that goes by at once. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { machineStage, needsSockets } from '../../support/conversation/machine-stage.ts'
import { concerns, hold } from '../../support/conversation/run.ts'
import { talkConversations } from '../../support/conversation/suite.ts'
import { type TalkKeys, talkKeys } from '../../support/talk-keys.ts'

describe('conversations with the machine', () => {
  let keys: TalkKeys
  beforeAll(async () => {
    keys = await talkKeys('ES256')
  })

  for (const conversation of talkConversations().filter((one) => concerns(one, 'ours'))) {
    const { name, title } = conversation
    const reason = needsSockets(conversation)
    if (reason !== undefined) console.log(`NOT RUN: ${name} on the machine: it ${reason}`)
    test.skipIf(reason !== undefined)(`${name}: ${title}`, async () => {
      const stage = machineStage(keys)
      await hold(conversation, stage)
      expectNothingLeft(stage)
    })
  }
})

/** Everybody went with a bye, or has been gone for long enough. */
function expectNothingLeft({ world, talk }: ReturnType<typeof machineStage>): void {
  world.pass(120_000)
  expect(talk.census()).toEqual({ connections: 0, sessions: [], rooms: [], federationLinks: 0, dialout: [] })
  expect(talk.nextDeadline()).toBeUndefined()
  expect(world.unanswered()).toEqual([])
}
