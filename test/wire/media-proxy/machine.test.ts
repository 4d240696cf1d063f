/** Every conversation, held with the machine alone: Janus does at once what it is told. */
import { describe, expect, test } from 'bun:test'
import { type ProxyServer, proxyServer } from '../../protocols/media-proxy/server.ts'
import { hold, type Stage } from '../../support/short-conversation.ts'
import { isLoad, proxyConversations, roundTrip } from './conversations.ts'

function janus({ ordered, sfu }: ProxyServer): void {
  for (const order of ordered()) {
    if (order.do === 'publish') {
      sfu({ event: 'opened', leg: order.leg, sid: order.sid ?? '1', bitrate: order.settings.bitrate })
    } else if (order.do === 'say') sfu({ event: 'done', leg: order.leg, request: order.request })
  }
}

function machineStage(server: ProxyServer): Stage {
  const { world, token } = server
  const withTokens = (text: string): string =>
    text.replace('TOKEN-one', token('one')).replace('TOKEN-other', token('other'))
  return {
    async open() {
      const id = world.open()
      const heard: string[] = []
      return {
        send(message) {
          world.text(id, withTokens(String(message)))
          janus(server)
        },
        async next() {
          const look = (): boolean => {
            heard.push(...world.hear(id).filter((text) => !isLoad(text)))
            return heard.length > 0 || !world.isOpen(id)
          }
          world.passUntil(look, 1_000)
          const first = heard.shift() ?? world.closeOf(id)
          if (!first) throw new Error('heard nothing')
          return first
        },
        close: async () => world.lose(id),
      }
    },
    pass: async (ms) => world.pass(ms),
    roundTrip,
  }
}

describe('conversations with the machine', () => {
  for (const conversation of proxyConversations()) {
    test(`${conversation.name}: ${conversation.title}`, async () => {
      const server = proxyServer({ settings: { country: undefined } })
      await hold(conversation, machineStage(server))
      server.world.pass(61_000)
      expect(server.proxy.census()).toMatchObject({ sessions: 0, clients: 0, connections: 0 })
      expect(server.proxy.nextDeadline()).toBeUndefined()
    })
  }
})
