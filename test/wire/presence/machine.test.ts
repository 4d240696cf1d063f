/** Every conversation, held with the machine alone: no socket, and time that goes by at once. */
import { describe, expect, test } from 'bun:test'
import type { ConnectionId } from '../../../src/core/ids.ts'
import type { PresenceSettings } from '../../../src/protocols/presence/connection.ts'
import { type PresenceStage, presenceStage } from '../../protocols/presence/server.ts'
import { hold, type Stage, type Talker } from '../../support/short-conversation.ts'
import { presenceConversations, roundTrip, userOf } from './conversations.ts'

const settingsOf = (given: Readonly<Record<string, string>>): Partial<PresenceSettings> => ({
  ...(given['grace'] === undefined ? {} : { grace: Number(given['grace']) }),
  ...(given['revision'] === '2' ? { revision: 2 } : {}),
  ...(given['strict'] === 'true' ? { isStrict: true } : {}),
})

/** How long (ms of virtual time) somebody waits for what has not come yet. */
const patience = 5_000

function machineStage({ world, open }: PresenceStage): Stage {
  const talkerOf = (id: ConnectionId): Talker => {
    const heard: string[] = []
    const look = (): boolean => {
      heard.push(...world.hear(id))
      return heard.length > 0 || !world.isOpen(id)
    }
    return {
      send: (message) => world.text(id, typeof message === 'string' ? message : new TextDecoder().decode(message)),
      async next() {
        await world.settled()
        world.passUntil(look, patience)
        const close = world.closeOf(id)
        const first = heard.shift() ?? close
        if (!first) throw new Error('heard nothing')
        return first
      },
      close: async () => world.lose(id),
    }
  }
  return {
    open: async (who) => talkerOf(open(userOf(who))),
    pass: async (ms) => world.pass(ms),
    roundTrip,
  }
}

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
