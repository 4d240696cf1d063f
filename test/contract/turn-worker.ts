/** What every worker of the TURN server keeps to, whichever way it speaks to the sockets: run by the tests of each of them. */
import { describe, expect, test } from 'bun:test'
import type { TurnListener } from '../../src/io/turn/world.ts'
import type { TransportAddress } from '../../src/lib/ip-address.ts'
import type { StunMessage } from '../../src/turn/codec/message.ts'
import type { TurnSettings } from '../../src/turn/settings.ts'
import { type Attributes, startTurnClient, type TurnClient, udpTransport } from '../support/turn-client.ts'
import type { LineTransport } from '../support/turn-line.ts'
import { ranges } from '../turn/ip.ts'
import { alice, bob, openPeer, type Peer, settings, startThread, type Thread } from './turn-world.ts'

export interface WorkerUnderTest {
  readonly path: 'batch' | 'portable'
  readonly transport: LineTransport
  /** Where clients reach it. */
  readonly host?: '127.0.0.1' | '::1'
  /** For TLS. */
  readonly files?: { readonly certificate: string; readonly key: string }
}

interface Stage extends AsyncDisposable {
  readonly thread: Thread
  client(who?: typeof alice): Promise<TurnClient>
}

const channel = 0x4001
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const isMessage = (answer: StunMessage | string): answer is StunMessage => typeof answer !== 'string'
const codeOf = (answer: StunMessage | string): number | string | undefined =>
  isMessage(answer) ? (answer.get('errorCode')?.code ?? answer.messageClass) : answer
const onUdp: Attributes = (writer) => writer.put('requestedTransport', udpTransport)
const to =
  (peer: TransportAddress): Attributes =>
  (writer) =>
    writer.put('xorPeerAddress', peer)
const bound =
  (peer: TransportAddress, number = channel): Attributes =>
  (writer) =>
    writer.put('channelNumber', number).put('xorPeerAddress', peer)
const lasting =
  (seconds: number): Attributes =>
  (writer) =>
    writer.put('lifetime', seconds)
const inFamily =
  (family: 4 | 6): Attributes =>
  (writer) =>
    writer.put('requestedAddressFamily', family === 4 ? 1 : 2)

/** Goes on when it is so; until then it asks the worker something, so that time passes for the worker as well. */
async function until(client: TurnClient, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; !(await isSo()); round++) {
    if (round === 5_000) throw new Error('it never came to be so')
    await client.ask('binding', () => {}, { as: 'none' })
  }
}

export function describeTurnWorker(name: string, under: WorkerUnderTest): void {
  const host = under.host ?? '127.0.0.1'
  const family = host === '::1' ? 6 : 4
  const ofFamily = inFamily(family)

  function listener(): TurnListener {
    const { transport, files } = under
    const place = { host, port: 0 }
    if (transport !== 'tls') return { transport, ...place }
    if (!files) throw new Error('TLS without a certificate')
    return { transport, ...place, ...files }
  }

  async function start(but?: Partial<TurnSettings>, hook?: (username: string) => undefined): Promise<Stage> {
    const thread = await startThread({
      path: under.path,
      listeners: [listener()],
      ...(but ? { settings: but } : {}),
      ...(hook ? { hook } : {}),
    })
    return staged(thread)
  }

  function staged(thread: Thread): Stage {
    const clients = new DisposableStack()
    return {
      thread,
      async client(who = alice) {
        const client = await startTurnClient(under.transport, { host, port: thread.ports[0] ?? 0 }, who)
        return clients.use(client)
      },
      async [Symbol.asyncDispose]() {
        clients.dispose()
        await thread[Symbol.asyncDispose]()
        expect(thread.facts).not.toContain('machine-broke')
      },
    }
  }

  /** A client with a channel to a peer. */
  async function withChannel(stage: Stage, peer: Peer, who = alice): Promise<[TurnClient, TransportAddress]> {
    const client = await stage.client(who)
    const relay = await client.allocate(ofFamily)
    expect(codeOf(await client.ask('channelBind', bound(peer.address)))).toBe('success')
    return [client, relay]
  }

  describe(name, () => {
    test('answers a Binding with the address that it came from', async () => {
      await using stage = await start()
      const client = await stage.client()
      const answer = await client.ask('binding', () => {}, { as: 'none' })
      if (!isMessage(answer)) throw new Error(answer)
      expect(answer.get('xorMappedAddress')?.port).toBe(client.line.localPort)
    })

    test('challenges, allocates, and says 437 to a second Allocate', async () => {
      await using stage = await start()
      const client = await stage.client()
      expect(codeOf(await client.ask('allocate', onUdp, { as: 'none' }))).toBe(401)
      const relay = await client.allocate(ofFamily)
      expect(relay.ip.family).toBe(family)
      expect(codeOf(await client.ask('allocate', onUdp))).toBe(437)
    })

    test('relays on a channel both ways', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const [client, relay] = await withChannel(stage, peer)
      for (const length of [0, 1, 2, 3, 4, 160, 1_200, 9_000, 60_000]) {
        const data = crypto.getRandomValues(new Uint8Array(length))
        client.channelData(channel, data)
        const there = await peer.next()
        expect(there.port).toBe(relay.port)
        expect(there.data).toEqual(data)
        peer.send(data, relay)
        const back = await client.relayed()
        expect(back?.over).toBe(channel)
        expect(back?.data).toEqual(data)
      }
      expect(stage.thread.counter('packetsToPeers')).toBe(9)
      expect(stage.thread.counter('packetsFromPeers')).toBe(9)
    })

    test('relays in indications both ways, and only where a permission is', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const client = await stage.client()
      const relay = await client.allocate(ofFamily)
      const say = (value: string) =>
        client.indicate('send', (writer) => writer.put('xorPeerAddress', peer.address).put('data', text(value)))
      say('without a permission')
      peer.send(text('unasked'), relay)
      await until(client, () => stage.thread.counter('droppedNoPermission') === 1)
      expect(codeOf(await client.ask('createPermission', to(peer.address)))).toBe('success')
      say('with one')
      expect((await peer.next()).data).toEqual(text('with one'))
      peer.send(text('asked'), relay)
      const back = await client.relayed()
      expect(back?.over).toEqual(peer.address)
      expect(back?.data).toEqual(text('asked'))
    })

    test('Refresh with 0 ends it: the port is free, and nothing is relayed any more', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const [client, relay] = await withChannel(stage, peer)
      expect(codeOf(await client.ask('refresh', lasting(600)))).toBe('success')
      expect(codeOf(await client.ask('refresh', lasting(0)))).toBe('success')
      client.channelData(channel, text('late'))
      peer.send(text('late'), relay)
      expect(codeOf(await client.ask('refresh', lasting(600)))).toBe(437)
      expect(stage.thread.counter('droppedNoChannel')).toBe(1)
      await stage.thread.told('turn-ended')
    })

    test('what is not refreshed ends', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const [client] = await withChannel(stage, peer)
      stage.thread.shift(599_000)
      expect(codeOf(await client.ask('binding', () => {}, { as: 'none' }))).toBe('success')
      expect(stage.thread.facts).not.toContain('turn-ended')
      stage.thread.shift(2_000)
      // Timers do not know of the shift; what is asked sets them anew.
      await until(client, () => stage.thread.facts.includes('turn-ended'))
    })

    test('refuses peers that are not allowed, on every way', async () => {
      await using stage = await start({ peers: { ...settings().peers, denied: ranges('127.0.0.0/8', '::1') } })
      using peer = await openPeer(host)
      const client = await stage.client()
      await client.allocate(ofFamily)
      expect(codeOf(await client.ask('createPermission', to(peer.address)))).toBe(403)
      expect(codeOf(await client.ask('channelBind', bound(peer.address)))).toBe(403)
    })

    test('two clients reach each other through two relays', async () => {
      await using stage = await start()
      const one = await stage.client()
      const other = await stage.client(bob)
      const [ofOne, ofOther] = [await one.allocate(ofFamily), await other.allocate(ofFamily)]
      expect(codeOf(await one.ask('channelBind', bound(ofOther)))).toBe('success')
      expect(codeOf(await other.ask('createPermission', to(ofOne)))).toBe('success')
      one.channelData(channel, text('hello'))
      const heard = await other.relayed()
      expect(heard?.over).toEqual(ofOne)
      expect(heard?.data).toEqual(text('hello'))
      other.indicate('send', (writer) => writer.put('xorPeerAddress', ofOne).put('data', text('hello yourself')))
      const back = await one.relayed()
      expect(back?.over).toBe(channel)
      expect(back?.data).toEqual(text('hello yourself'))
    })

    test('a relay of each family, and each relays its own', async () => {
      await using stage = await start()
      using peer4 = await openPeer('127.0.0.1')
      using peer6 = await openPeer('::1')
      const client = await stage.client()
      const answer = await client.ask('allocate', (writer) => {
        writer.put('requestedTransport', udpTransport).put('additionalAddressFamily', 2)
      })
      if (!isMessage(answer)) throw new Error(answer)
      const relays = answer.all('xorRelayedAddress')
      expect(relays.map(({ ip }) => ip.family)).toEqual([4, 6])
      for (const [index, peer] of [peer4, peer6].entries()) {
        const number = channel + index
        expect(codeOf(await client.ask('channelBind', bound(peer.address, number)))).toBe('success')
        client.channelData(number, text('there'))
        const { data, port } = await peer.next()
        expect([data, port]).toEqual([text('there'), relays[index]?.port ?? 0])
        const relay = relays[index]
        if (relay) peer.send(text('back'), relay)
        expect((await client.relayed())?.over).toBe(number)
      }
    })

    test('an even port, and the next one for who has the token', async () => {
      await using stage = await start()
      const first = await stage.client()
      const answer = await first.ask('allocate', (writer) => {
        writer.put('requestedTransport', udpTransport).put('evenPort', true)
      })
      if (!isMessage(answer)) throw new Error(answer)
      const port = answer.get('xorRelayedAddress')?.port ?? 1
      const token = answer.get('reservationToken')
      expect(port % 2).toBe(0)
      if (!token) throw new Error('no token')
      const second = await stage.client()
      const relay = await second.allocate((writer) => writer.put('reservationToken', token))
      expect(relay.port).toBe(port + 1)
    })

    test('a user has no more than the quota, and again when one has ended', async () => {
      await using stage = await start({ quotas: { perUser: 1, perSource: 0, total: 0 } })
      const [first, second] = [await stage.client(), await stage.client()]
      await first.allocate(ofFamily)
      expect(codeOf(await second.ask('allocate', onUdp))).toBe(486)
      await first.ask('refresh', lasting(0))
      await second.allocate(ofFamily)
    })

    test('asks the hook about names that it does not know', async () => {
      const hooked = settings()
      const thread = await startThread({
        path: under.path,
        listeners: [listener()],
        settings: { credentials: { ...hooked.credentials, hook: true } },
        hook: (username) => {
          if (username === 'broken') return undefined
          return username === 'carol' ? { known: true, password: 'sing' } : { known: false }
        },
      })
      await using stage = staged(thread)
      const carol = await stage.client({ username: 'carol', password: 'sing' })
      await carol.allocate(ofFamily)
      const nobody = await stage.client({ username: 'nobody', password: 'sing' })
      expect(codeOf(await nobody.ask('allocate', onUdp))).toBe(401)
      const broken = await stage.client({ username: 'broken', password: 'sing' })
      expect(codeOf(await broken.ask('allocate', onUdp))).toBe(500)
    })

    test('drains: what is there goes on, nothing new is made, and it says when all is gone', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const [client, relay] = await withChannel(stage, peer)
      let isDrained = false
      const drained = stage.thread.drain().then(() => {
        isDrained = true
      })
      const late = await stage.client()
      expect(codeOf(await late.ask('allocate', onUdp))).toBe(508)
      peer.send(text('still there'), relay)
      expect((await client.relayed())?.data).toEqual(text('still there'))
      expect(isDrained).toBe(false)
      await client.ask('refresh', lasting(0))
      await drained
    })

    test('a reload keeps allocations and takes permissions that are forbidden now', async () => {
      const present = settings()
      await using stage = await start(present)
      using peer = await openPeer(host)
      const [client, relay] = await withChannel(stage, peer)
      stage.thread.reload({ ...present, peers: { ...present.peers, denied: ranges('127.0.0.0/8', '::1') } })
      const binds = async (code: number | string) =>
        codeOf(await client.ask('channelBind', bound(peer.address))) === code
      await until(client, () => binds(403))
      peer.send(text('forbidden now'), relay)
      await until(client, () => stage.thread.counter('droppedNoPermission') === 1)
      expect(codeOf(await client.ask('refresh', lasting(600)))).toBe('success')
      stage.thread.reload(present)
      await until(client, () => binds('success'))
      peer.send(text('allowed again'), relay)
      expect((await client.relayed())?.data).toEqual(text('allowed again'))
    })

    test('relaying to ports where nobody is does no harm', async () => {
      await using stage = await start()
      using peer = await openPeer(host)
      const [client, relay] = await withChannel(stage, peer)
      const gone = await openPeer(host)
      gone[Symbol.dispose]()
      expect(codeOf(await client.ask('channelBind', bound(gone.address, channel + 1)))).toBe('success')
      for (let round = 0; round < 200; round++) client.channelData(channel + 1, text('anybody?'))
      await client.ask('binding', () => {}, { as: 'none' })
      client.channelData(channel, text('you?'))
      expect((await peer.next()).data).toEqual(text('you?'))
      peer.send(text('yes'), relay)
      // Where ICMP errors can be seen, they are told first.
      let heard = await client.relayed()
      while (heard && heard.over !== channel) heard = await client.relayed()
      expect(heard?.data).toEqual(text('yes'))
    })

    test('ends with everything that it has', async () => {
      const stage = await start()
      using peer = await openPeer(host)
      const [client] = await withChannel(stage, peer)
      await stage.thread.stop()
      await stage.thread.told('turn-ended')
      expect(stage.thread.counter('clientConnections')).toBe(0)
      if (under.transport !== 'udp') await client.line.closed
      await stage[Symbol.asyncDispose]()
    })
  })
}
