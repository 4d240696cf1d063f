/** Every conversation, held with a running server over real sockets. */
import { describe, test } from 'bun:test'
import { type RelayUnderTest, startRelayServer } from '../../support/relay-server.ts'
import { hold, type Stage } from '../../support/short-conversation.ts'
import { relayConversations, roundTrip } from './conversations.ts'

const socketStage = (server: RelayUnderTest): Stage => ({
  async open(_, room) {
    const client = await server.connect(room)
    return {
      send: (message) => (typeof message === 'string' ? client.say(message) : client.binary(message)),
      next: () => Promise.race([client.nextText(), client.closed]),
      async close() {
        client.close()
        await client.closed
      },
    }
  },
  pass: (ms) => Bun.sleep(ms),
  roundTrip,
})

describe('conversations over sockets', () => {
  for (const conversation of relayConversations()) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      const settings = Object.entries(conversation.settings).map(([key, value]) => `${key} = ${value}`)
      await using server = await startRelayServer(settings.join('\n'))
      await hold(conversation, socketStage(server))
    })
  }
})
