/** The media proxy keeps to the contract of all front ends. */
import type { MediaProxy } from '../../../src/protocols/media-proxy/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { proxyServer } from './server.ts'

frontEndContract<MediaProxy>(() => {
  const server = proxyServer()
  const { id } = server.session()
  return {
    frontEnd: server.proxy,
    connection: id,
    now: server.world.clock.now(),
    text: '{"type":"command","command":{"type":"nonsense"}}',
  }
})
