/** Every conversation, held with a running server over real sockets. */
import { describe, test } from 'bun:test'
import { hold, type Stage } from '../../support/relay-conversation.ts'
import { type RelayUnderTest, startRelayServer } from '../../support/relay-server.ts'
import { relayConversations } from './conversations.ts'

const socketStage = (server: RelayUnderTest): Stage => ({
  async open(room) {
    const client = await server.connect(room)
    return {
      send: client.say,
      binary: () => client.binary(new Uint8Array([1, 2, 3])),
      next: () => Promise.race([client.nextText(), client.closed]),
      async close() {
        client.close()
        await client.closed
      },
    }
  },
  pass: (ms) => Bun.sleep(ms),
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
