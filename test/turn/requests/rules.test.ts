import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createPeerPolicy } from '../../../src/turn/peer-policy.ts'
import { rulesOf } from '../../../src/turn/requests/rules.ts'
import { anyIp, at, port } from '../ip.ts'
import { settings } from './stage.ts'

test('[P9] a verdict that is remembered is the policy’s', () => {
  const given = settings()
  const [policy, { mayReach }] = [createPeerPolicy(given.peers), rulesOf(given)]
  const ip = fc.oneof(
    anyIp,
    fc.constantFrom('8.8.8.8', '8.8.4.4', '198.51.100.7', '127.0.0.1').map((text) => at(text, 1).ip),
  )
  fc.assert(
    fc.property(ip, fc.oneof(port, fc.constantFrom(0, 3478, 50_000)), (address, number) => {
      expect([mayReach(address), mayReach(address, number), mayReach(address, number)]).toEqual([
        policy(address),
        policy(address, number),
        policy(address, number),
      ])
    }),
    // More than are remembered.
    { numRuns: 6000 },
  )
})
