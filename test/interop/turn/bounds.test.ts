/** What one client can take is bounded: allocations, connections, memory for a slow one; and what is given back is free again. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { metricsOf, residentMegabytes } from '../../io/raw/metrics.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { startTurnClient, type TurnClient } from '../../support/turn-client.ts'
import type { LineTransport } from '../../support/turn-line.ts'
import { restCredential, startTurn, type TurnUnderTest } from '../../support/turn-under-test.ts'
import { channel, octets, type Peer, startPeer, text, udp, words } from './asking.ts'

const suite = 'TURN: bounds'

for (const path of ['auto', 'portable'] as const) {
  const name = `${suite}, path = ${path}`
  describe.skipIf(oursMissing(name) || notRunnable(name, debian.openssl))(name, () => {
    const parts = new AsyncDisposableStack()
    let server: TurnUnderTest
    let peer: Peer

    beforeAll(async () => {
      server = parts.use(await startTurn({ tls: selfSigned(), path, lines: ['userquota = 24', 'workers = 2'] }, 'ours'))
      peer = parts.use(await startPeer())
    }, 30_000)
    afterAll(() => parts.disposeAsync(), 20_000)

    const newClient = (transport: LineTransport, user: string, localAddress?: string): Promise<TurnClient> => {
      const port = transport === 'tls' ? (server.tlsPort ?? 0) : server.port
      return startTurnClient(transport, { host: server.host, port }, restCredential(server.secret, user), localAddress)
    }
    const deleted = async (client: TurnClient): Promise<string> =>
      words(await client.ask('refresh', (writer) => writer.put('lifetime', 0)))

    /** Waits until what the metrics tell is so. */
    async function until(metric: string, wanted: number): Promise<void> {
      let seen: number | undefined
      for (let attempt = 0; attempt < 100; attempt++) {
        seen = (await metricsOf(server.url ?? '')).get(metric)
        if (seen === wanted) return
        await Bun.sleep(50)
      }
      expect({ [metric]: seen }).toEqual({ [metric]: wanted })
    }

    test('a user has 24 allocations, whichever worker he comes to and over whatever, and may have others for those', async () => {
      const transports = ['udp', 'tcp', 'tls'] as const
      const clients = await Promise.all(
        Array.from({ length: 30 }, (_, index) => newClient(transports[index % 3] ?? 'udp', 'greedy')),
      )
      const answers = await Promise.all(clients.map(async (client) => words(await client.ask('allocate', udp))))
      expect(answers.filter((answer) => answer === 'ok relay4 600s')).toHaveLength(24)
      expect(answers.filter((answer) => answer === '486')).toHaveLength(6)
      const had = clients.filter((_, index) => answers[index] !== '486')
      const refused = clients.filter((_, index) => answers[index] === '486')
      expect(await Promise.all(had.slice(0, 6).map(deleted))).toEqual(new Array<string>(6).fill('ok 0s'))
      const again = await Promise.all(refused.map(async (client) => words(await client.ask('allocate', udp))))
      expect(again).toEqual(new Array<string>(6).fill('ok relay4 600s'))
      await Promise.all([...had.slice(6), ...refused].map(deleted))
      for (const client of clients) client[Symbol.dispose]()
    }, 30_000)

    test('ports and sockets are free again when allocations end', async () => {
      const files = (): number => readdirSync(`/proc/${server.child.pid}/fd`).length
      const round = async (): Promise<void> => {
        const clients = await Promise.all(
          (['udp', 'tcp', 'tls'] as const).flatMap((transport) =>
            Array.from({ length: 6 }, () => newClient(transport, 'passing')),
          ),
        )
        await Promise.all(
          clients.map((client) => client.allocate((writer) => writer.put('additionalAddressFamily', 2))),
        )
        await Promise.all(clients.map((client) => client.ask('channelBind', channel(0x4000, peer.at))))
        // Some say farewell, of some the connection just ends.
        for (const [index, client] of clients.entries()) {
          if (client.line.transport === 'udp' || index % 2 === 0) await deleted(client)
          client[Symbol.dispose]()
        }
        await until('heliograph_turn_relay_ports{family="4"}', 0)
        await until('heliograph_turn_relay_ports{family="6"}', 0)
        await until('heliograph_turn_client_connections', 0)
      }
      await round()
      const before = files()
      for (let count = 0; count < 3; count++) await round()
      expect(files()).toBeLessThanOrEqual(before + 4)
    }, 60_000)

    test('connections without an allocation are few; who has one does not count', async () => {
      const closed = { count: 0 }
      using busy = await newClient('tcp', 'busy')
      await busy.allocate()
      const idle = Array.from({ length: 100 }, () => {
        const socket = connectTcp({ host: server.host, port: server.port })
        socket.on('error', () => {})
        socket.on('close', () => closed.count++)
        return socket
      })
      // Each of the two workers lets in 32.
      for (let attempt = 0; attempt < 100 && closed.count < 100 - 2 * 32; attempt++) await Bun.sleep(50)
      expect(closed.count).toBeGreaterThanOrEqual(100 - 2 * 32)
      expect(words(await busy.ask('refresh'))).toBe('ok 600s')
      for (const socket of idle) socket.destroy()
    }, 20_000)

    test('a client that does not read what comes for it costs little memory, and hears again when it reads', async () => {
      using other = await newClient('udp', 'other')
      await other.allocate()
      await other.ask('channelBind', channel(0x4000, peer.at))

      using slow = await newClient('tcp', 'slow')
      const relay = await slow.allocate()
      await slow.ask('channelBind', channel(0x4000, peer.at))
      slow.line.pause(true)
      const before = await residentMegabytes(server.url ?? '')
      const block = 'x'.repeat(1_200)
      for (let count = 0; count < 40_000; count++) {
        peer.send(block, relay)
        if (count % 100 === 0) await Bun.sleep(1)
      }
      const after = await residentMegabytes(server.url ?? '')
      console.log(
        `${name}: slow reader, 48 MB sent to it: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`,
      )
      expect(after).toBeLessThan(before + 32)
      other.channelData(0x4000, octets('still there'))
      expect((await peer.next()).text).toBe('still there')

      slow.line.pause(false)
      // What waited is whole frames: the stream is not out of step.
      expect(words(await slow.ask('refresh'))).toBe('ok 600s')
    }, 60_000)

    test('data of any size', async () => {
      for (const transport of ['udp', 'tcp', 'tls'] as const) {
        using client = await newClient(transport, 'sizes')
        const relay = await client.allocate()
        await client.ask('channelBind', channel(0x4000, peer.at))
        for (const size of [0, 1, 2, 3, 4, 1_471, 1_472, 1_473, 9_000, 30_000, 65_499]) {
          const data = 'd'.repeat(size)
          client.channelData(0x4000, octets(data))
          expect((await peer.next()).text.length).toBe(size)
          peer.send(data, relay)
          const back = await client.relayed()
          expect(back && text(back.data).length).toBe(size)
        }
        // With its header it does not fit into a datagram to the client, or just so into a frame.
        peer.send('d'.repeat(65_507), relay)
        await client.relayed()
        expect(words(await client.ask('refresh'))).toBe('ok 600s')
      }
    }, 30_000)
  })
}
