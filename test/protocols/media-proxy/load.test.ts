import { describe, expect, test } from 'bun:test'
import type { Rates } from '../../../src/protocols/media-proxy/vocabulary.ts'
import { codes, command, event, eventTypes, proxyServer, wishes } from './server.ts'

describe('load', () => {
  test('[P30] is told when it has changed, with what all may use', () => {
    const server = proxyServer()
    const { world, hear } = server
    const { id } = server.session()
    world.pass(3_000)
    expect(hear(id)).toEqual([])
    const { clientId } = server.publisher(id)
    world.pass(1_000)
    expect(hear(id)).toEqual([event('update-load', { load: 1, bandwidth: { received: 1_048_576 } })])
    server.subscriber(id, clientId)
    world.pass(5_000)
    const bandwidth = { received: 1_048_576, sent: 1_048_576 }
    expect(hear(id)).toEqual([event('update-load', { load: 2, bandwidth })])
  })

  test('[P30] is told as Janus reports it, in percent too where there are limits', () => {
    let rates: Rates = { incoming: 0, outgoing: 0 }
    const limits = { incoming: 8_000, outgoing: 1_000 }
    const server = proxyServer({ measured: () => rates, wishes: { limits } })
    const { world, hear, proxy } = server
    const { id } = server.session()
    server.publisher(id)
    rates = { incoming: 2_000, outgoing: 1_500 }
    world.pass(1_000)
    expect(hear(id)).toEqual([
      event('update-load', { load: 1, bandwidth: { incoming: 25, outgoing: 150, received: 2_000, sent: 1_500 } }),
    ])
    world.input((now) => proxy.wished({ ...wishes, limits: { incoming: 4_000, outgoing: 0 } }, now))
    expect(hear(id)).toEqual([
      event('update-load', { load: 1, bandwidth: { incoming: 50, received: 2_000, sent: 1_500 } }),
    ])
    world.input((now) => proxy.wished({ ...wishes, limits: { incoming: 4_000, outgoing: 0 } }, now))
    expect(hear(id)).toEqual([])
    // Fewer kilobits than clients.
    rates = { incoming: 0, outgoing: 1_000 }
    world.pass(1_000)
    expect(hear(id)).toEqual([event('update-load', { bandwidth: { incoming: 0, sent: 1_000 } })])
  })

  test('[P30] reaches everybody who is there, and nobody is woken when nobody is', () => {
    const server = proxyServer()
    const { world, hear, proxy } = server
    const [{ id }, { id: other }] = [server.session(), server.session()]
    server.publisher(id)
    world.pass(1_000)
    expect(hear(other)).toEqual(hear(id))
    world.lose(id)
    world.lose(other)
    world.pass(60_000)
    expect(proxy.nextDeadline()).toBeUndefined()
  })
})

describe('draining', () => {
  test('[P35] no new sessions and publishers; all else goes on', () => {
    const server = proxyServer()
    const { world, proxy, say, hear, token } = server
    const { id } = server.session()
    const { clientId } = server.publisher(id)
    world.input((now) => proxy.drained(now))
    world.input((now) => proxy.drained(now))
    expect(eventTypes(hear(id))).toEqual(['shutdown-scheduled'])
    say(id, command({ type: 'create-publisher', streamType: 'video' }))
    expect(codes(hear(id))).toEqual(['shutdown_scheduled'])
    const newcomer = world.open()
    say(newcomer, { type: 'hello', hello: { version: '1.0', token: token('one') } })
    expect(codes(hear(newcomer))).toEqual(['shutdown_scheduled'])
    expect(server.subscriber(id, clientId).clientId).not.toBe('')
    world.pass(2_000)
    expect(hear(id)).toEqual([])
    expect(proxy.census().clients).toBe(2)
    say(id, command({ type: 'delete-publisher', clientId }))
    expect(proxy.census().clients).toBe(0)
  })

  test('[P36] on stopping everybody gets a bye, and everything is closed', () => {
    const server = proxyServer()
    const { world, proxy, hear, ordered } = server
    const [{ id }, { id: other }] = [server.session(), server.session()]
    const { leg } = server.publisher(id)
    ordered()
    world.input((now) => proxy.stopped(now))
    expect([hear(id), hear(other)]).toEqual([
      [{ type: 'bye', bye: { reason: 'session_closed' } }],
      [{ type: 'bye', bye: { reason: 'session_closed' } }],
    ])
    expect([id, other].map(world.isOpen)).toEqual([false, false])
    expect(ordered()).toEqual([{ do: 'close', leg }])
    world.pass(1_000)
    expect(proxy.nextDeadline()).toBeUndefined()
  })
})
