/** The relay front end keeps to the contract of all front ends, in both revisions. */
import { describe } from 'bun:test'
import { toMembers } from '../../../src/protocols/relay/connection.ts'
import type { Relay } from '../../../src/protocols/relay/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { authenticate, relayServer, room } from './server.ts'

describe.each([1, 2] as const)('revision %d', (revision) => {
  frontEndContract<Relay>(() => {
    const server = relayServer({ revision, known: () => 'ask' })
    return {
      frontEnd: server.relay,
      connection: server.open(),
      now: server.world.clock.now(),
      text: 'ping',
      question: {
        asking: JSON.stringify(authenticate('ann', 'pw')),
        answer: { answer: 'password', password: 'pw' },
      },
      event: { to: toMembers(room('den')), event: { event: 'text', text: 'news' } },
    }
  })
})
