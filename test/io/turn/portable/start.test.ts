/** A portable worker as a whole: several listeners at once, starts that fail, drains and stops in any order. */
import { expect, test } from 'bun:test'
import type { TurnListener } from '../../../../src/io/turn/world.ts'
import { formatIp } from '../../../../src/lib/ip-address.ts'
import { startTurnClient } from '../../../support/turn-client.ts'
import { startStage, tcp } from './stage.ts'

const udp: TurnListener = { transport: 'udp', host: '127.0.0.1', port: 0 }

test('a listener on every address has clients of both families, IPv4 as IPv4', async () => {
  for (const transport of ['udp', 'tcp'] as const) {
    await using stage = await startStage({ listener: { transport, host: '::', port: 0 } })
    for (const host of ['127.0.0.1', '::1']) {
      using client = await startTurnClient(
        transport,
        { host, port: stage.port },
        { username: 'alice', password: 'wonder' },
      )
      const answer = await client.ask('binding', () => {}, { as: 'none' })
      const mapped = typeof answer === 'string' ? undefined : answer.get('xorMappedAddress')
      expect(mapped && formatIp(mapped.ip)).toBe(host)
      expect((await client.allocate()).ip.family).toBe(4)
    }
  }
})

test('listeners have numbers of their own: one client address on two of them is two clients', async () => {
  await using stage = await startStage({ listener: udp, more: [tcp, udp] })
  expect(new Set(stage.worker.ports).size).toBe(3)
  const clients = new DisposableStack()
  const alice = { username: 'alice', password: 'wonder' }
  for (const [index, transport] of (['udp', 'tcp', 'udp'] as const).entries()) {
    const place = { host: '127.0.0.1', port: stage.worker.ports[index] ?? 0 }
    await clients.use(await startTurnClient(transport, place, alice)).allocate()
  }
  expect([stage.counter('allocationsUdp'), stage.counter('allocationsTcp')]).toEqual([2, 1])
  clients.dispose()
})

test('a start that fails leaves no listener behind', async () => {
  const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const free = await startStage()
  await free.worker.stop()
  const first: TurnListener = { transport: 'tcp', host: '127.0.0.1', port: free.port }
  const second: TurnListener = { transport: 'tcp', host: '127.0.0.1', port: taken.port }
  await expect(startStage({ listener: first, more: [second] })).rejects.toThrow()
  // Without a shared port this fails if anybody is there.
  Bun.listen({ hostname: '127.0.0.1', port: free.port, socket: { data() {} } }).stop()
  taken.stop()
})

test('drain and stop may be said twice, and in any order', async () => {
  await using stage = await startStage()
  const client = await stage.client()
  await client.allocate()
  const drained = [stage.worker.drain(), stage.worker.drain()]
  await client.ask('refresh', (writer) => writer.put('lifetime', 0))
  await Promise.all(drained)
  await Promise.all([stage.worker.stop(), stage.worker.stop()])
  await stage.worker.drain()
})

test('a stop ends those who drain', async () => {
  const stage = await startStage()
  const client = await stage.client()
  await client.allocate()
  const drained = stage.worker.drain()
  await stage.worker.stop()
  await drained
  await client.line.closed
  expect((await stage.told('turn-ended')).why).toBe('stopped')
  expect(stage.counter('clientConnections')).toBe(0)
})
