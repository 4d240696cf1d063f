import { describe, expect, test } from 'bun:test'
import { Room } from '../../../sdk/src/core/room.ts'
import { RoomState } from '../../../sdk/src/core/room-state.ts'
import { Mesh } from '../../../sdk/src/rtc/mesh.ts'
import type { Signal } from '../../../sdk/src/rtc/signal.ts'
import { fakeRtc } from '../support/fake-rtc.ts'
import { virtualWorld } from '../support/virtual-world.ts'

function room() {
  const world = virtualWorld()
  const { made, RTCPeerConnection } = fakeRtc()
  const signals: { readonly to: string; readonly signal: Signal }[] = []
  const state: RoomState<number> = new RoomState<number>('den', 'me', {
    world,
    rtc: () => ({ RTCPeerConnection }),
    send: () => true,
    sendAll: () => true,
    signal: (to, signal) => void signals.push({ to, signal }),
    leave: async () => {},
  })
  const story: string[] = []
  for (const name of ['joined', 'left', 'changed', 'call'] as const) {
    state.emitter.on(name, ({ id }) => story.push(`${name} ${id}`))
  }
  return { world, made, signals, state, story, room: new Room(state) }
}

const offer = (link: string): Signal => ({ kind: 'description', description: { type: 'offer', sdp: '{}' }, link })

describe('members', () => {
  test('come once, change, and leave once; we are none of them', () => {
    const { state, story } = room()
    state.put('me', undefined, 0)
    state.put('a', undefined, 1)
    state.put('a', undefined, 1)
    state.put('a', undefined, 2)
    state.remove('a')
    state.remove('a')
    expect(story).toEqual(['joined a', 'changed a', 'left a'])
  })

  test('after a doubt those who are not named have left', () => {
    const { state, story } = room()
    for (const id of ['a', 'b', 'c']) state.put(id, undefined, 0)
    state.doubt()
    state.put('b', undefined, 0)
    state.put('d', undefined, 0)
    state.settle()
    state.settle()
    expect(story.slice(3)).toEqual(['joined d', 'left a', 'left c'])
    state.doubt(['b'])
    state.settle()
    expect([...state.members.keys()]).toEqual(['d'])
  })

  test('of a closed room there are none, and nothing is told any more', async () => {
    const { state, room: mine, story } = room()
    const peer = state.put('a', undefined, 0)
    const closed = mine.once('closed')
    state.close('deleted')
    state.close('again')
    state.put('b', undefined, 0)
    expect([await closed, mine.isOpen, mine.members.size, peer?.isPresent, story]).toEqual([
      { reason: 'deleted' },
      false,
      0,
      false,
      ['joined a'],
    ])
    expect(() => mine.send('x')).toThrow('not in room')
    expect(() => peer?.rtc()).toThrow('has left')
  })
})

describe('calls', () => {
  test('an offer that nobody expected is told once and waits for rtc(), with what follows it', async () => {
    const { world, state, story, made } = room()
    const peer = state.put('a', undefined, 0)
    state.signaled('a', { kind: 'candidate', candidate: null })
    state.signaled('a', offer('1'))
    state.signaled('a', { kind: 'candidate', candidate: null })
    state.signaled('a', offer('1'))
    expect([story, made.length]).toEqual([['joined a', 'call a'], 0])
    peer?.rtc()
    await world.settled()
    expect(made[0]?.operations).toHaveLength(1)
    state.signaled('stranger', offer('2'))
    expect(story).toEqual(['joined a', 'call a'])
  })

  test('a call that was taken back does not wait', () => {
    const { state, story } = room()
    state.put('a', undefined, 0)
    state.signaled('a', offer('1'))
    state.signaled('a', { kind: 'bye' })
    state.signaled('a', offer('2'))
    expect(story).toEqual(['joined a', 'call a', 'call a'])
  })

  test('the links of a member that leaves are closed, and of all when we are somebody new', () => {
    const { state, made } = room()
    const [a, b] = ['a', 'b'].map((id) => state.put(id, undefined, 0)?.rtc())
    state.remove('a')
    expect([a?.state, b?.state]).toEqual(['closed', 'new'])
    state.rejoined('former')
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, true])
  })
})

describe('a mesh', () => {
  test('links everybody who is there, comes, calls, and whom we meet again', () => {
    const { state, room: mine, made } = room()
    state.put('a', undefined, 0)
    const mesh = new Mesh(mine)
    const story: string[] = []
    mesh.on('link', ({ peer }) => story.push(`link ${peer.id}`))
    mesh.on('unlinked', ({ peer }) => story.push(`unlinked ${peer.id}`))
    mesh.start()
    state.put('b', undefined, 0)
    state.remove('a')
    state.rejoined('former')
    state.signaled('b', { kind: 'bye' })
    state.signaled('b', offer('x'))
    expect(story).toEqual(['link a', 'link b', 'unlinked a', 'unlinked b', 'link b', 'unlinked b', 'link b'])
    mesh.close()
    expect([mesh.links.size, made.every(({ isClosed }) => isClosed)]).toEqual([0, true])
    state.put('c', undefined, 0)
    expect(mesh.links.size).toBe(0)
  })

  test('a peer that begins anew gets a new link', async () => {
    const { world, state, room: mine, made } = room()
    state.put('a', undefined, 0)
    const mesh = new Mesh(mine)
    mesh.start()
    state.signaled('a', offer('first page'))
    const before = mesh.links.get('a')
    state.signaled('a', offer('page loaded again'))
    await world.settled()
    expect([mesh.links.get('a') === before, before?.state, made.length]).toEqual([false, 'closed', 2])
  })
})
