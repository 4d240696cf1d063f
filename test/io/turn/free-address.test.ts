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
    expect(await requireFree(listener).catch(String)).toContain(`port ${listener.port} (${listener.transport})`)
  }
  udp.close()
  tcp.stop(true)
  for (const listener of taken) for (const _ of [1, 2]) await requireFree(listener)
})

test('any port is free', async () => {
  await requireFree({ transport: 'udp', host, port: 0 })
  await requireFree({ transport: 'tcp', host: '192.0.2.1', port: 0 })
})
