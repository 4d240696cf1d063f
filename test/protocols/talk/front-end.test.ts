/** The Talk front end keeps to the contract of all front ends. */
import { toSession } from '../../../src/core/address.ts'
import { sessionId } from '../../../src/core/ids.ts'
import type { Talk } from '../../../src/protocols/talk/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { answerFromData } from './nextcloud.ts'
import { talkServer } from './server.ts'

frontEndContract<Talk>(() => {
  const server = talkServer()
  const alice = server.user('alice')
  return {
    frontEnd: server.talk,
    connection: alice.connection,
    now: server.world.clock.now(),
    text: '{"type":"room","room":{"roomid":""}}',
    question: {
      asking: '{"type":"room","room":{"roomid":"den"}}',
      answer: answerFromData('room', { type: 'room', room: { roomid: 'den' } }),
    },
    event: {
      to: toSession(sessionId(alice.id)),
      event: { event: 'news', message: { type: 'room', room: { roomid: 'den' } } },
    },
  }
})
