/** Every conversation about media, held with the machine alone. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { mediaSettings } from '../../protocols/talk/media/stage.ts'
import { machineStage } from '../../support/conversation/machine-stage.ts'
import { concerns, hold } from '../../support/conversation/run.ts'
import { talkConversations } from '../../support/conversation/suite.ts'
import { type TalkKeys, talkKeys } from '../../support/talk-keys.ts'

describe('conversations about media with the machine', () => {
  let keys: TalkKeys
  beforeAll(async () => {
    keys = await talkKeys('ES256')
  })

  for (const conversation of talkConversations('media').filter((one) => concerns(one, 'ours'))) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      const stage = machineStage(keys, { media: () => mediaSettings })
      await hold(conversation, stage)
      expect(stage.world.commands).toEqual([])
    })
  }
})
