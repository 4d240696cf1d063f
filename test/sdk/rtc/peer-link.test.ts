import { describe, expect, test } from 'bun:test'
import { isPolite, PeerLink, type PeerLinkOptions } from '../../../sdk/src/rtc/peer-link.ts'
import type { Signal } from '../../../sdk/src/rtc/signal.ts'
import { type FakeConnection, fakeRtc } from '../support/fake-rtc.ts'
import { virtualWorld } from '../support/virtual-world.ts'

function linked(options: Partial<PeerLinkOptions> = {}) {
  const world = virtualWorld()
  const { made, RTCPeerConnection } = fakeRtc()
  const sent: Signal[] = []
  const link = new PeerLink({
    polite: true,
    send: (signal) => void sent.push(signal),
    world,
    RTCPeerConnection,
    ...options,
  })
  const [connection] = made
  if (!connection) throw new Error('no connection was made')
  return { world, link, sent, connection }
}

/** Answers our offer, as the other end would. */
async function answered({ world, link, sent, connection }: ReturnType<typeof linked>): Promise<void> {
  await connection.finish(world.settled)
  const offer = sent.find(({ kind }) => kind === 'description')
  if (offer?.kind !== 'description') throw new Error('nothing was offered')
  const { ufrag }: { readonly ufrag: string } = JSON.parse(offer.description.sdp)
  const sdp = JSON.stringify({ by: 'them', ufrag: 'them1', media: [], answers: ufrag })
  link.receive({ kind: 'description', description: { type: 'answer', sdp }, number: offer.number, link: 'theirs' })
  await connection.finish(world.settled)
  expect(connection.signalingState).toBe('stable')
}

const restarts = ({ restarts: count }: FakeConnection) => count

test('of two ids one is polite', () => {
  expect([isPolite('a', 'b'), isPolite('b', 'a')]).toEqual([true, false])
})

describe('a path that fails', () => {
  test('is sought anew: at once when it failed, then with growing pauses', async () => {
    const all = linked()
    const { world, connection } = all
    connection.ice('failed')
    expect(restarts(connection)).toBe(1)
    for (const [pause, count] of [
      [2_000, 2],
      [4_000, 3],
      [8_000, 4],
      [16_000, 5],
      [30_000, 6],
      [30_000, 7],
    ] as const) {
      connection.ice('failed')
      await world.pass(pause - 1)
      expect(restarts(connection)).toBe(count - 1)
      await world.pass(1)
      expect(restarts(connection)).toBe(count)
    }
    connection.ice('connected')
    connection.ice('failed')
    expect(restarts(connection)).toBe(8)
  })

  test('is given 2 s to come back by itself', async () => {
    const { world, connection } = linked()
    connection.ice('disconnected')
    await world.pass(1_999)
    connection.ice('connected')
    await world.pass(10_000)
    expect(restarts(connection)).toBe(0)
    connection.ice('disconnected')
    await world.pass(2_000)
    expect(restarts(connection)).toBe(1)
  })

  test('that was never found, though all is agreed on, is sought again', async () => {
    const all = linked()
    all.link.channel('chat', 3)
    await answered(all)
    await all.world.pass(3_999)
    expect(restarts(all.connection)).toBe(0)
    await all.world.pass(1)
    expect(restarts(all.connection)).toBe(1)
  })
})

describe('signaling that is back', () => {
  test('an offer without an answer is said again', async () => {
    const { world, link, sent, connection } = linked()
    link.channel('chat', 3)
    await connection.finish(world.settled)
    sent.length = 0
    link.signalingResumed()
    expect(sent).toMatchObject([{ kind: 'description', description: { type: 'offer' }, number: 1 }])
  })

  test('a link that works is left alone; one that does not seeks a path', async () => {
    const all = linked()
    all.link.channel('chat', 3)
    await answered(all)
    all.connection.ice('connected')
    all.connection.become('connected')
    all.sent.length = 0
    all.link.signalingResumed()
    expect([all.sent, restarts(all.connection)]).toEqual([[], 0])
    all.connection.ice('disconnected')
    all.connection.become('disconnected')
    await all.world.pass(2_000)
    all.connection.ice('disconnected')
    expect(restarts(all.connection)).toBe(1)
  })
})

describe('ICE servers', () => {
  test('are there before anything is offered, and are renewed before they end', async () => {
    let asked = 0
    const { world, link, sent, connection } = linked({
      configuration: { iceTransportPolicy: 'relay' },
      iceServers: async () => ({ iceServers: [{ urls: `turn:${++asked}` }], lifetime: 100_000 }),
    })
    link.channel('chat', 3)
    expect(connection.configuration).toEqual({ iceTransportPolicy: 'relay' })
    await connection.finish(world.settled)
    expect(sent).not.toEqual([])
    expect(connection.configuration).toEqual({ iceTransportPolicy: 'relay', iceServers: [{ urls: 'turn:1' }] })
    await world.pass(80_000)
    expect(connection.configuration.iceServers).toEqual([{ urls: 'turn:2' }])
    link.close()
    await world.pass(1_000_000)
    expect(asked).toBe(2)
  })

  test('that cannot be had are told, and it is tried without', async () => {
    const { world, link, sent, connection } = linked({
      iceServers: () => Promise.reject(new Error('down')),
    })
    const error = link.once('error')
    link.channel('chat', 3)
    await connection.finish(world.settled)
    expect((await error).message).toBe('asking for ICE servers: down')
    expect(sent.some(({ kind }) => kind === 'description')).toBe(true)
    link.abandon('gone')
  })
})

describe('the end', () => {
  test('ours is told to the other end, once; theirs is not answered', async () => {
    const ours = linked()
    const over = ours.link.once('closed')
    ours.link.close()
    ours.link.close()
    expect([await over, ours.sent, ours.connection.isClosed, ours.link.state]).toEqual([
      { why: 'us' },
      [{ kind: 'bye' }],
      true,
      'closed',
    ])
    const theirs = linked()
    const ended = theirs.link.once('closed')
    theirs.link.receive({ kind: 'bye' })
    expect([await ended, theirs.sent]).toEqual([{ why: 'bye' }, []])
    theirs.link.receive({ kind: 'candidate', candidate: null })
    theirs.link.signalingResumed()
    await theirs.world.pass(60_000)
    expect([theirs.sent, theirs.world.next()]).toEqual([[], undefined])
  })

  test('another connection of the other end is told from the one we are linked to', async () => {
    const all = linked()
    all.link.channel('chat', 3)
    await answered(all)
    const offer = (link?: string): Signal => ({
      kind: 'description',
      description: { type: 'offer', sdp: '{}' },
      ...(link === undefined ? {} : { link }),
    })
    expect([offer('theirs'), offer('other'), offer()].map((signal) => all.link.isOfAnother(signal))).toEqual([
      false,
      true,
      false,
    ])
  })
})
