/** RFC 6062 with real sockets: connections to peers and from peers, joined with data connections of the client. */
import { expect, test } from 'bun:test'
import { connect, createServer, type Socket } from 'node:net'
import type { TransportAddress } from '../../../../src/lib/ip-address.ts'
import { decodeMessage } from '../../../../src/turn/codec/message.ts'
import { localhost } from '../../../contract/turn-world.ts'
import { openPlain, type Plain } from './plain.ts'
import { type Stage, startStage } from './stage.ts'

interface TcpPeer extends AsyncDisposable {
  readonly address: TransportAddress
  /** The next connection that somebody opens to it. */
  next(): Promise<Ending>
}

/** An end of a connection, and what came over it. */
interface Ending {
  readonly socket: Socket
  got(octets: number): Promise<Buffer>
  readonly closed: Promise<Buffer>
}

function ending(socket: Socket): Ending {
  let all = Buffer.alloc(0)
  const waiting: (() => void)[] = []
  const gone = Promise.withResolvers<Buffer>()
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    all = Buffer.concat([all, chunk])
    for (const look of waiting) look()
  })
  socket.on('close', () => gone.resolve(all))
  return {
    socket,
    closed: gone.promise,
    got: (octets) =>
      new Promise((resolve) => {
        const look = () => void (all.length >= octets && resolve(all))
        waiting.push(look)
        look()
      }),
  }
}

function listenPeer(): Promise<TcpPeer> {
  const kept: Ending[] = []
  const waiting: ((one: Ending) => void)[] = []
  const server = createServer((socket) => {
    const one = ending(socket)
    const waiter = waiting.shift()
    if (waiter) waiter(one)
    else kept.push(one)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      resolve({
        address: { ip: localhost(4), port },
        next() {
          const first = kept.shift()
          return first ? Promise.resolve(first) : new Promise((take) => waiting.push(take))
        },
        async [Symbol.asyncDispose]() {
          server.close()
        },
      })
    })
  })
}

const tcpTransport = 6

async function allocated(stage: Stage, peer: TransportAddress): Promise<[Plain, TransportAddress]> {
  const control = await openPlain(stage.port)
  const answer = await control.ask('allocate', (writer) => writer.put('requestedTransport', tcpTransport))
  const relay = answer.get('xorRelayedAddress')
  if (!relay) throw new Error(`no allocation: ${answer.get('errorCode')?.code}`)
  await control.ask('createPermission', (writer) => writer.put('xorPeerAddress', peer))
  return [control, relay]
}

const start = (): Promise<Stage> => startStage({ settings: { tcpRelay: true } })

async function connectedTo(control: Plain, peer: TransportAddress): Promise<number> {
  const answer = await control.ask('connect', (writer) => writer.put('xorPeerAddress', peer))
  return answer.get('connectionId') ?? answer.get('errorCode')?.code ?? 0
}

async function bound(stage: Stage, connection: number, behind?: Uint8Array): Promise<Plain> {
  const data = await openPlain(stage.port)
  const answer = await data.ask('connectionBind', (writer) => writer.put('connectionId', connection), behind)
  expect(answer.messageClass).toBe('success')
  return data
}

test('a client connects to a peer, and data passes both ways as it is', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control, relay] = await allocated(stage, peer.address)
  const connection = await connectedTo(control, peer.address)
  const there = await peer.next()
  expect(there.socket.remoteAddress).toBe('127.0.0.1')
  expect(relay.port).toBeGreaterThan(0)
  there.socket.write('said before anybody listens ')
  const data = await bound(stage, connection)
  data.socket.write('hello')
  expect(String(await there.got(5))).toBe('hello')
  there.socket.write('and after')
  expect(String(await data.raw(37))).toBe('said before anybody listens and after')
  control[Symbol.dispose]()
})

test('a peer connects to a client that permits it, and to nobody else', async () => {
  await using stage = await start()
  await using nobody = await listenPeer()
  const [control, relay] = await allocated(stage, nobody.address)
  const before = control.frames.length
  const arriving = ending(connect({ host: '127.0.0.1', port: relay.port }))
  arriving.socket.write('first words')
  await control.got(before + 1)
  const attempt = decodeMessage(control.frames[before] ?? new Uint8Array(0))
  if (!attempt.ok || attempt.value.method !== 'connectionAttempt') throw new Error('no ConnectionAttempt')
  expect(attempt.value.get('xorPeerAddress')?.port).toBe(arriving.socket.localPort)
  const data = await bound(stage, attempt.value.get('connectionId') ?? 0)
  expect(String(await data.raw(11))).toBe('first words')
  data.socket.write('welcome')
  expect(String(await arriving.got(7))).toBe('welcome')

  const [other, closedRelay] = await allocated(stage, { ip: { family: 4, value: 0x7f000002 }, port: 1 })
  const refused = ending(connect({ host: '127.0.0.1', port: closedRelay.port }))
  await refused.closed
  for (const one of [control, other, data]) one[Symbol.dispose]()
})

test('what is sent behind ConnectionBind goes to the peer first', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control] = await allocated(stage, peer.address)
  const connection = await connectedTo(control, peer.address)
  const there = await peer.next()
  const data = await openPlain(stage.port)
  // The challenge comes first; what is behind that request is only sent with the second one.
  await data.ask('connectionBind', (writer) => writer.put('connectionId', connection), Buffer.from('behind, '))
  data.socket.write('after')
  expect(String(await there.got(13))).toBe('behind, after')
  control[Symbol.dispose]()
})

test('a slow reader slows the sender down, and nothing is lost', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control] = await allocated(stage, peer.address)
  const connection = await connectedTo(control, peer.address)
  const there = await peer.next()
  const data = await bound(stage, connection)
  const much = Buffer.alloc(24_000_000, 'abcdefghijklm')
  there.socket.pause()
  data.socket.write(much)
  data.socket.end()
  await Bun.sleep(50)
  // The client cannot have got rid of everything: it is neither with the peer nor with us.
  expect(data.socket.writableLength).toBeGreaterThan(0)
  there.socket.resume()
  expect((await there.closed).equals(much)).toBe(true)
  control[Symbol.dispose]()
})

test('what a peer said before it went arrives, then the connection is closed', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control] = await allocated(stage, peer.address)
  const connection = await connectedTo(control, peer.address)
  const there = await peer.next()
  const data = await bound(stage, connection)
  const much = Buffer.alloc(9_000_000, 'nopqrstuvwxyz')
  data.socket.pause()
  there.socket.end(much)
  await Bun.sleep(50)
  data.socket.resume()
  expect((await data.raw(much.length)).equals(much)).toBe(true)
  await data.closed
  // The same peer may be connected to again.
  expect(await connectedTo(control, peer.address)).toBeGreaterThan(1_000)
  control[Symbol.dispose]()
})

test('a peer that refuses is told as 447, a second connection to the same one as 446', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control] = await allocated(stage, peer.address)
  expect(await connectedTo(control, { ...peer.address, port: 1 })).toBe(447)
  expect(await connectedTo(control, peer.address)).toBeGreaterThan(1_000)
  expect(await connectedTo(control, peer.address)).toBe(446)
  control[Symbol.dispose]()
})

test('the end of the control connection ends everything that hangs on it', async () => {
  await using stage = await start()
  await using peer = await listenPeer()
  const [control, relay] = await allocated(stage, peer.address)
  const connection = await connectedTo(control, peer.address)
  const there = await peer.next()
  const data = await bound(stage, connection)
  control[Symbol.dispose]()
  await Promise.all([there.closed, data.closed])
  await stage.told('turn-ended')
  const refused = ending(connect({ host: '127.0.0.1', port: relay.port }))
  await refused.closed
  while (stage.counter('clientConnections') > 0) await Bun.sleep(1)
})
