import { expect, test } from 'bun:test'
import { requireFree } from '../../../src/io/turn/free-address.ts'

const host = '127.0.0.1'

test('an address that somebody has is refused, and says who wants it; one that is free stays free', async () => {
  const udp = await Bun.udpSocket({ hostname: host, port: 0 })
  const tcp = Bun.listen({ hostname: host, port: 0, socket: { data() {} } })
  const taken = [
    { transport: 'udp', host, port: udp.port },
    { transport: 'tcp', host, port: tcp.port },
  ] as const
  for (const listener of taken) {
    expect(await requireFree(listener).catch(String)).toContain(`${listener.transport} port ${listener.port} of`)
  }
  udp.close()
  tcp.stop(true)
  for (const listener of taken) for (const _ of [1, 2]) await requireFree(listener)
})

test('the reason is told', async () => {
  const elsewhere = await requireFree({ transport: 'udp', host: '198.51.100.7', port: 3478 }).catch(String)
  expect(elsewhere).toContain('does not have that address')
})

test('any port is free', async () => {
  await requireFree({ transport: 'udp', host, port: 0 })
  await requireFree({ transport: 'tcp', host: '192.0.2.1', port: 0 })
})
