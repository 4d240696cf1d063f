/** Every conversation, held with a running server over real sockets, with tokens that a provider has signed. */
import { describe, test } from 'bun:test'
import { type StubOidc, startStubOidc } from '../../support/oidc-stub.ts'
import { openPresence, startPresenceServer } from '../../support/presence-client.ts'
import { hold, type Stage } from '../../support/short-conversation.ts'
import { presenceConversations, roundTrip, userOf } from './conversations.ts'

const issuer = 'https://login.example'

const turn = '[turn]\napikey = k\nsecret = s\nservers = turn:turn.example:3478\n'

const socketStage = (address: string, oidc: StubOidc): Stage => ({
  async open(who) {
    const user = userOf(who)
    const client = await openPresence(address, await oidc.token({ sub: user, preferred_username: user }))
    return {
      send: (message) => client.send(message),
      next: () => Promise.race([client.text(), client.closed()]),
      async close() {
        client.close()
        await client.closed()
      },
    }
  },
  pass: (ms) => Bun.sleep(ms),
  roundTrip,
})

describe('conversations over sockets', () => {
  for (const conversation of presenceConversations()) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      await using oidc = startStubOidc({ issuer })
      const settings = Object.entries({ interval: '2', ...conversation.settings })
      const presence = settings.map(([key, value]) => `${key} = ${value}`).join('\n')
      await using server = await startPresenceServer(
        `${turn}[presence]\nproviders = one\n${presence}\n[presence-one]\nissuer = ${issuer}\ndiscovery = ${oidc.url}/\naudience = my-client\n`,
      )
      await hold(conversation, socketStage(server.address, oidc))
    })
  }
})
