/** Every conversation, held with the machine alone: no socket, and time that goes by at once. */
import { describe, expect, test } from 'bun:test'
import { type RelayServer, relayServer } from '../../protocols/relay/server.ts'
import { hold, type Stage, type Talker } from '../../support/short-conversation.ts'
import { relayConversations, roundTrip } from './conversations.ts'

function machineStage({ world, open }: RelayServer): Stage {
  const talker = (room: string): Talker => {
    const id = open(room)
    const heard: string[] = []
    return {
      send: (message) => (typeof message === 'string' ? world.text(id, message) : world.binary(id)),
      async next() {
        heard.push(...world.hear(id))
        const first = heard.shift() ?? world.closeOf(id)
        if (!first) throw new Error('heard nothing')
        return first
      },
      close: async () => world.lose(id),
    }
  }
  return { open: async (_, room = 'den') => talker(room), pass: async (ms) => world.pass(ms), roundTrip }
}

describe('conversations with the machine', () => {
  for (const conversation of relayConversations()) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      const { revision = '1', authtimeout = '10' } = conversation.settings
      const server = relayServer({ revision: revision === '2' ? 2 : 1, authTimeout: Number(authtimeout) * 1000 })
      await hold(conversation, machineStage(server))
      expect(server.relay.census()).toEqual({ connections: 0, rooms: 0, members: 0 })
      expect(server.relay.nextDeadline()).toBeUndefined()
    })
  }
})
