/** The media proxy keeps to the contract of all front ends, and tells what happens. */
import { expect, test } from 'bun:test'
import type { MediaProxy } from '../../../src/protocols/media-proxy/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { command, payload, proxyServer, sdp, timeout } from './server.ts'

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

test('what happens is noted once, and no id that opens a door', () => {
  const server = proxyServer()
  const { world, say, sfu } = server
  const { id, sessionId } = server.session()
  const publisher = server.publisher(id)
  const subscriber = server.subscriber(id, publisher.clientId)
  say(id, command({ type: 'create-publisher', streamType: 'screen' }))
  say(id, payload({ type: 'offer', clientId: publisher.clientId, payload: { sdp: sdp() } }))
  const said = server.ordered().at(-1)
  if (said?.do !== 'say') throw new Error('nothing said')
  sfu({ event: 'failed', leg: publisher.leg, request: said.request, why: 'refused', detail: 'because' })
  for (const odd of [payload({ type: 'x'.repeat(99), clientId: 'nobody' }), command({ type: 'sing' }), '{'])
    say(id, odd)
  world.lose(id)
  const again = world.open()
  say(again, { type: 'hello', hello: { version: '1.0', resumeid: sessionId } })
  world.pass(timeout)
  say(again, { type: 'bye' })
  const late = world.open()
  say(late, { type: 'hello', hello: { version: '1.0', token: server.token('one', { key: 'two' }) } })
  world.pass(100)
  world.input((now) => server.proxy.drained(now))

  const { facts } = world
  expect(facts.map(({ fact, ...fields }) => [fact, ...Object.values(fields)].join(' '))).toEqual([
    'proxy-session-opened 1 one',
    'proxy-command 1 create-publisher',
    'proxy-publisher-created 1 video',
    'proxy-command 1 create-subscriber',
    'proxy-subscriber-created 1 video',
    'proxy-command 1 create-publisher',
    'proxy-payload 1 offer',
    'proxy-request-failed 1 offer because',
    'proxy-payload 1 unknown',
    'proxy-command 1 unknown',
    'proxy-frame-garbled 192.0.2.1 not JSON',
    'proxy-session-parked 1',
    'proxy-session-resumed 1',
    'proxy-request-failed 1 create-publisher no answer in time',
    'proxy-subscriber-ended 1 video',
    'proxy-publisher-ended 1 video',
    'proxy-session-ended 1 bye',
    'proxy-token-refused 192.0.2.1 auth-failed',
    'attempt-delayed 192.0.2.1 ProxyHello 100',
    'proxy-hello-refused 192.0.2.1 auth_failed',
    'draining-begun 0 0',
  ])
  for (const secret of [sessionId, publisher.clientId, subscriber.clientId]) {
    expect(JSON.stringify(facts)).not.toContain(secret)
  }
})
