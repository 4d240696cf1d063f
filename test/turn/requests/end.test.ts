import { describe, expect, test } from 'bun:test'
import type { AllocationEnd } from '../../../src/turn/facts.ts'
import { clientKey } from '../../../src/turn/five-tuple.ts'
import { count } from '../../../src/turn/relaying.ts'
import { endAll, expectNothingLeft, type Speaker, type Stage, stage } from './stage.ts'

const ways: readonly (readonly [AllocationEnd, (self: Stage, client: Speaker) => void])[] = [
  ['deleted by its client', (_self, client) => void client.ask('refresh', (to) => to.put('lifetime', 0))],
  ['not refreshed', (self) => self.pass(600_000)],
  ['connection closed', (self, client) => self.run(self.server.closed(clientKey(client.client), self.now))],
  ['ended by an administrator', (self) => endAll(self, 'ended by an administrator')],
  ['stopped', (self) => endAll(self, 'stopped')],
]

describe('[R24] the end of an allocation', () => {
  test.each(ways)('%s: told once, with all there is to know', (why, end) => {
    const self = stage()
    const client = self.client(5000, { listener: 2 })
    client.allocate()
    const { toPeers, toClient } = client.allocation()
    count(toPeers, 100, self.now, 0)
    count(toPeers, 60, self.now, 0)
    count(toClient, 7, self.now, 0)
    self.pass(90_000)
    end(self, client)
    expectNothingLeft(self)
    const told = self.facts.filter(({ fact }) => fact === 'turn-ended')
    expect(told).toEqual([
      {
        ...{ fact: 'turn-ended', allocation: 'a1', transport: 'tls', user: 'alice', address: '203.0.113.5:5000', why },
        seconds: why === 'not refreshed' ? 600 : 90,
        ...{ packetsToPeers: 2, bytesToPeers: 160, packetsToClient: 1, bytesToClient: 7 },
      },
    ])
  })

  test('disconnects a client on a stream if it is our doing', () => {
    const disconnected = ways.map(([why, end]) => {
      const self = stage()
      const client = self.client(5000, { listener: 1 })
      client.allocate()
      end(self, client)
      return [why, self.actions.some((action) => action.do === 'close-client')]
    })
    expect(disconnected.filter(([, closed]) => closed).map(([why]) => why)).toEqual([
      'ended by an administrator',
      'stopped',
    ])
  })
})
