/** Input that no good client sends, at the sockets of a running server: the process lives, its memory stays, others are served. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { residentMegabytes } from '../../io/raw/metrics.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { message, place, randomTransaction, startTurnClient, type TurnClient } from '../../support/turn-client.ts'
import type { LineTransport } from '../../support/turn-line.ts'
import { restCredential, startTurn, type TurnUnderTest } from '../../support/turn-under-test.ts'
import { channel, octets, type Peer, peerAt, startPeer, text, udp, words } from './asking.ts'
import { anyMessage, chance, flood, mutated, nonsense, octetsBy, times } from './hostile.ts'

const suite = 'TURN: bad input at the sockets'
/** TEST_RUNS counts as in the fuzz tests, where 25 is usual: TEST_RUNS=500 takes minutes. */
const runs = Math.ceil(Number(process.env['TEST_RUNS'] ?? 25) / 25)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

for (const path of ['auto', 'portable'] as const) {
  const name = `${suite}, path = ${path}`
  describe.skipIf(oursMissing(name) || notRunnable(name, debian.openssl))(name, () => {
    const below = chance(seed)
    const parts = new AsyncDisposableStack()
    let server: TurnUnderTest
    let peer: Peer
    const good = new Map<LineTransport, TurnClient>()
    let numbered = 0
    let megabytesBefore = 0

    const place4 = () => ({ host: server.host, port: server.port })
    const newClient = async (transport: LineTransport): Promise<TurnClient> => {
      const port = transport === 'tls' ? (server.tlsPort ?? 0) : server.port
      return startTurnClient(transport, { host: server.host, port }, restCredential(server.secret))
    }

    beforeAll(async () => {
      console.log(`${name}: TEST_SEED=${seed}`)
      // Rates as they are without settings.
      const lines = ['challengerate = 10', 'bindingrate = 50', 'workers = 1']
      server = parts.use(await startTurn({ tls: selfSigned(), path, lines }, 'ours'))
      peer = parts.use(await startPeer())
      for (const transport of ['udp', 'tcp', 'tls'] as const) {
        const client = parts.use(await newClient(transport))
        await client.allocate()
        await client.ask('channelBind', channel(0x4000, peer.at))
        good.set(transport, client)
      }
      // The buffers are as large as they get once they were used.
      await flood(
        place4(),
        { ports: 20 },
        times(3_000, () => nonsense(below)),
      )
      megabytesBefore = await residentMegabytes(server.url ?? '')
    }, 40_000)
    afterAll(() => parts.disposeAsync(), 20_000)

    /** Clients that were there before still reach their peer and hear from it. */
    async function othersAreWell(): Promise<void> {
      for (const [transport, client] of good) {
        const said = `${transport} ${++numbered}`
        client.channelData(0x4000, octets(said))
        const { text: heard, from } = await peer.next()
        expect(heard).toBe(said)
        peer.send(`${said} back`, from)
        const back = await client.relayed()
        expect(back && text(back.data)).toBe(`${said} back`)
      }
      expect(server.child.hasExited()).toBe(false)
      expect(server.child.output()).not.toContain('machine-broke')
    }

    test(
      'random datagrams from many ports',
      async () => {
        const { octetsGot, octetsSent } = await flood(
          place4(),
          { ports: 50 },
          times(4_000 * runs, () => nonsense(below)),
        )
        expect(octetsGot).toBeLessThan(octetsSent)
        await othersAreWell()
      },
      30_000 * runs,
    )

    test(
      'messages with something changed',
      async () => {
        const { octetsGot, octetsSent } = await flood(
          place4(),
          { ports: 50, addresses: 50 },
          times(4_000 * runs, () => mutated(below, anyMessage(below))),
        )
        expect(octetsGot).toBeLessThan(octetsSent)
        await othersAreWell()
      },
      30_000 * runs,
    )

    test(
      'datagrams of 64 kB',
      async () => {
        await flood(
          place4(),
          { ports: 5 },
          times(200 * runs, () => octetsBy(below, 65_507)),
        )
        const filled = message('binding', 'request', randomTransaction(), (writer) => {
          for (let count = 0; count < 60; count++) writer.putOctets(0x8022, new Uint8Array(1_000))
        })
        await flood(
          place4(),
          { ports: 5 },
          times(200 * runs, () => filled),
        )
        await othersAreWell()
      },
      30_000 * runs,
    )

    test(
      'floods of requests without credentials are answered within the rate, and an answer is short',
      async () => {
        const bare = (method: 'allocate' | 'binding') => message(method, 'request', randomTransaction(), () => {})
        const began = performance.now()
        const binding = await flood(
          place4(),
          { ports: 200 },
          times(4_000 * runs, () => bare('binding')),
        )
        const allocate = await flood(
          place4(),
          { ports: 200 },
          times(4_000 * runs, () => message('allocate', 'request', randomTransaction(), udp)),
        )
        const seconds = (performance.now() - began) / 1_000
        // One source may be answered that often in a second, and that often at once.
        expect(binding.datagramsGot).toBeLessThanOrEqual(50 * (seconds + 2))
        expect(allocate.datagramsGot).toBeLessThanOrEqual(10 * (seconds + 2))
        expect(binding.datagramsGot).toBeGreaterThan(0)
        expect(allocate.datagramsGot).toBeGreaterThan(0)
        expect(binding.octetsGot).toBe(32 * binding.datagramsGot)
        // 60 octets and the realm.
        expect(allocate.octetsGot).toBe((60 + 'turn.example.org'.length) * allocate.datagramsGot)
        await othersAreWell()
      },
      30_000 * runs,
    )

    test('many clients of one address over TCP at once all get an allocation', async () => {
      const clients = await Promise.all(Array.from({ length: 24 }, () => newClient('tcp')))
      await Promise.all(clients.map((client) => client.allocate()))
      for (const client of clients) client[Symbol.dispose]()
      await othersAreWell()
    }, 30_000)

    test(
      'streams that are split, glued, cut off and filled with nonsense',
      async () => {
        for (const transport of ['tcp', 'tls'] as const) {
          using client = await newClient(transport)
          await client.allocate()
          await client.ask('channelBind', channel(0x4000, peer.at))
          // Twenty frames in one piece, then one in as many pieces as it has octets.
          const frame = Buffer.concat([Buffer.from([0x40, 0, 0, 5]), octets('hello'), Buffer.alloc(3)])
          client.line.send(Buffer.concat(Array.from({ length: 20 }, () => frame)))
          for (const octet of frame) client.line.send(Uint8Array.of(octet))
          for (let count = 0; count < 21; count++) expect((await peer.next()).text).toBe('hello')

          for (let count = 0; count < 20 * runs; count++) {
            // If we are faster than the server it has more of us than one address may have, and refuses.
            const hostile = await newClient(transport).catch(() => undefined)
            if (!hostile) continue
            for (let piece = below(5); piece >= 0; piece--) {
              hostile.line.send(below(2) === 0 ? nonsense(below) : mutated(below, anyMessage(below)))
            }
            if (below(2) === 0) await Bun.sleep(below(10))
            hostile[Symbol.dispose]()
          }
        }
        await othersAreWell()
      },
      30_000 * runs,
    )

    test(
      'connections to the TLS port that never become TLS',
      async () => {
        // No more at once than one address may have.
        for (let round = 0; round < runs; round++) {
          const handshakes = Array.from({ length: 20 }, async (_, index) => {
            const socket = connectTcp({ host: server.host, port: server.tlsPort ?? 0 })
            socket.on('error', () => {})
            await new Promise((resolve) => socket.once('connect', resolve))
            const hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]
            if (index % 3 === 0) socket.write(Uint8Array.from(hello))
            if (index % 3 === 1) socket.write(octetsBy(below, 300))
            if (index % 3 === 2) socket.write('GET / HTTP/1.1\r\n\r\n')
            await Bun.sleep(50)
            if (index % 2 === 0) socket.resetAndDestroy()
            return socket
          })
          const sockets = await Promise.all(handshakes)
          await othersAreWell()
          // A good one gets through while the others hang.
          const late = connectTls({ host: server.host, port: server.tlsPort, rejectUnauthorized: false })
          await new Promise((resolve, reject) => late.once('secureConnect', resolve).once('error', reject))
          late.destroy()
          for (const socket of sockets) socket.destroy()
        }
      },
      30_000 * runs,
    )

    test('STUN within ChannelData is data', async () => {
      const inner = message('allocate', 'request', randomTransaction(), udp)
      for (const client of good.values()) {
        client.channelData(0x4000, inner)
        expect((await peer.next()).text).toBe(Buffer.from(inner).toString())
        client.indicate('send', (writer) => writer.put('xorPeerAddress', peer.at).put('data', inner))
        expect((await peer.next()).text).toBe(Buffer.from(inner).toString())
      }
      await othersAreWell()
    }, 20_000)

    test(
      'relaying to ports that are closed',
      async () => {
        for (const transport of ['udp', 'tcp'] as const) {
          using client = await newClient(transport)
          await client.allocate()
          await client.ask('createPermission', peerAt('127.0.0.1'))
          // Ports below those that are given out by chance.
          for (let index = 0; index < 8; index++) {
            await client.ask('channelBind', channel(0x4100 + index, place('127.0.0.1', 3 + index)))
          }
          for (let count = 0; count < 1_000 * runs; count++) {
            if (count % 2 === 0) client.channelData(0x4100 + (count % 8), octets('nobody there'))
            else {
              client.indicate('send', (writer) =>
                writer.put('xorPeerAddress', place('127.0.0.1', 1 + (count % 1_000))).put('data', octets('hello?')),
              )
            }
            if (count % 100 === 0) await Bun.sleep(2)
          }
          // What came faster than it was read is lost, and a Refresh with it, as on any network.
          let refreshed = await client.ask('refresh')
          for (let again = 0; again < 3 && refreshed === 'silence'; again++) refreshed = await client.ask('refresh')
          expect(words(refreshed)).toBe('ok 600s')
        }
        await othersAreWell()
      },
      30_000 * runs,
    )

    test('our own sockets are nobody’s peer', async () => {
      const httpPort = Number(new URL(server.url ?? '').port)
      using client = await newClient('udp')
      await client.allocate()
      for (const port of [server.port, server.tlsPort ?? 0, httpPort]) {
        expect(words(await client.ask('channelBind', channel(0x4000, place('127.0.0.1', port))))).toBe('403')
      }
      await othersAreWell()
    }, 20_000)

    test(
      'memory stays as it was',
      async () => {
        for (let round = 0; round < 3; round++) {
          await flood(
            place4(),
            { ports: 300, addresses: 100 },
            times(3_000, () => (below(2) === 0 ? nonsense(below) : mutated(below, anyMessage(below)))),
          )
        }
        const after = await residentMegabytes(server.url ?? '')
        console.log(`${name}: ${megabytesBefore.toFixed(0)} MB resident before, ${after.toFixed(0)} MB after`)
        expect(after).toBeLessThan(megabytesBefore + 64)
        await othersAreWell()
      },
      30_000 * runs,
    )
  })
}

describe.skipIf(oursMissing(suite))('TURN: no relay port left', () => {
  test('508 until one is given back', async () => {
    const first = 30_000 + 4 * Math.floor(Math.random() * 500)
    await using server = await startTurn(
      { minPort: first, maxPort: first + 3, lines: ['relayaddress = 127.9.9.9'] },
      'ours',
    )
    const credential = restCredential(server.secret)
    const clients: TurnClient[] = []
    const answers: string[] = []
    for (let count = 0; count < 6; count++) {
      const client = await startTurnClient('udp', { host: server.host, port: server.port }, credential)
      clients.push(client)
      answers.push(words(await client.ask('allocate', udp)))
    }
    expect(answers).toEqual([...new Array<string>(4).fill('ok relay4 600s'), '508', '508'])
    const [one, , , , , last] = clients
    expect(words((await one?.ask('refresh', (writer) => writer.put('lifetime', 0))) ?? 'silence')).toBe('ok 0s')
    expect(words((await last?.ask('allocate', udp)) ?? 'silence')).toBe('ok relay4 600s')
    for (const client of clients) client[Symbol.dispose]()
  }, 20_000)
})
