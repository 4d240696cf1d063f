/** Every conversation, held with the machine alone: no socket, and time that goes by at once. */
import { describe, expect, test } from 'bun:test'
import type { PresenceSettings } from '../../../src/protocols/presence/connection.ts'
import { presenceStage } from '../../protocols/presence/server.ts'
import { hold, machineStage } from '../../support/presence-conversation.ts'
import { presenceConversations } from './conversations.ts'

const settingsOf = (given: Readonly<Record<string, string>>): Partial<PresenceSettings> => ({
  ...(given['grace'] === undefined ? {} : { grace: Number(given['grace']) }),
  ...(given['revision'] === '2' ? { revision: 2 } : {}),
  ...(given['strict'] === 'true' ? { isStrict: true } : {}),
})

describe('conversations with the machine', () => {
  for (const conversation of presenceConversations()) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      const stage = presenceStage(settingsOf(conversation.settings))
      await hold(conversation, machineStage(stage))
      stage.world.pass(60_000)
      expect(stage.presence.census()).toEqual({ users: 0, connections: 0 })
      expect(stage.presence.nextDeadline()).toBeUndefined()
    })
  }
})
