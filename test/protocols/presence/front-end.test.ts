/** The presence front end keeps to the contract of all front ends, in both revisions. */
import { describe } from 'bun:test'
import type { Presence } from '../../../src/protocols/presence/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { presenceStage, swift } from './server.ts'

describe.each([1, 2] as const)('revision %d', (revision) => {
  frontEndContract<Presence>(() => {
    const { presence, open, world } = presenceStage({ ...swift, revision })
    return {
      frontEnd: presence,
      connection: open('ann'),
      now: world.clock.now(),
      text: '{"type":"userList"}',
      question: { asking: '{"type":"iceServers"}', answer: { answer: 'ice-servers', iceServers: [] } },
    }
  })
})
