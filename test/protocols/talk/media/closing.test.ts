/** When streams end, and that nothing of them stays. */
import { describe, expect, test } from 'bun:test'
import { sessionId } from '../../../../src/core/ids.ts'
import { leftIn } from '../server.ts'
import { type MediaStage, mediaStage, offer, publishes, receives, says, sdp } from './stage.ts'

/** A publishes and B receives; both have a leg. */
function pair(stage: MediaStage): ReturnType<MediaStage['call']> {
  const clients = stage.call(3)
  const [a, b] = clients
  publishes(stage, a)
  receives(stage, b, a)
  return clients
}

const closed = (stage: MediaStage): number => stage.orders().filter((order) => order.do === 'close').length

describe('[R67] permissions that are gone', () => {
  const cases = [
    [sdp('audio', 'video'), 'video', ['publish-audio', 'publish-video'], true],
    [sdp('audio', 'video'), 'video', ['publish-audio'], false],
    [sdp('audio', 'video'), 'video', ['publish-video'], false],
    [sdp('audio', 'video'), 'video', ['publish-media'], true],
    [sdp('audio'), 'video', ['publish-audio'], true],
    [sdp('audio'), 'audio', ['publish-screen'], false],
    [sdp('video'), 'screen', ['publish-media'], false],
  ] as const
  for (const [text, roomType, permissions, stays] of cases) {
    test(`${roomType} with ${text.match(/(?<=m=)\w+/g)?.join(' and ')} ${stays ? 'stays' : 'ends at once'} with ${permissions}`, () => {
      const stage = mediaStage()
      const [a] = stage.call(2)
      says(a, a, offer(text, { roomType }))
      stage.orders()
      stage.permits(a, permissions)
      expect(closed(stage)).toBe(stays ? 0 : 1)
      expect(stage.state.legs.size).toBe(stays ? 1 : 0)
    })
  }

  /** Offers that media to the SFU, which has not answered yet. */
  function offers(stage: MediaStage, client: ReturnType<MediaStage['call']>[number], ...media: readonly string[]) {
    says(client, client, offer(sdp(...media)), media.join())
    const { leg, request } = stage.order('say')
    return {
      taken: () => stage.tells({ event: 'answer', leg, request, sid: 'p1', sdp: sdp(...media) }),
      failed: () => stage.tells({ event: 'failed', leg, request, why: 'refused', detail: '' }),
    }
  }

  test('what counts is what the last offer sends that the SFU took', () => {
    const stage = mediaStage()
    const [a] = stage.call(2)
    publishes(stage, a)
    offers(stage, a, 'audio').taken()
    stage.permits(a, ['publish-audio'])
    expect(closed(stage)).toBe(0)
  })

  test('an offer that the SFU has not taken hides nothing of what is sent', () => {
    for (const end of ['failed', 'waits'] as const) {
      const stage = mediaStage()
      const [a] = stage.call(2)
      publishes(stage, a)
      const made = offers(stage, a, 'audio')
      if (end === 'failed') made.failed()
      stage.permits(a, ['publish-audio'])
      expect(closed(stage)).toBe(1)
    }
  })

  test('one that is taken when its permission has gone ends the stream', () => {
    const stage = mediaStage()
    const [a] = stage.call(2)
    publishes(stage, a)
    const first = offers(stage, a, 'audio')
    const second = offers(stage, a, 'audio', 'video')
    first.taken()
    stage.permits(a, ['publish-audio'])
    expect(closed(stage)).toBe(0)
    a.hears()
    second.taken()
    expect(a.hears()).toMatchObject([{ id: 'audio,video', error: { code: 'not_allowed' } }])
    expect(closed(stage)).toBe(1)
  })

  test('whoever receives waits: it may come back', () => {
    const stage = mediaStage()
    const [a] = pair(stage)
    stage.permits(a, ['control'])
    expect(closed(stage)).toBe(1)
    expect(stage.state.legs.subscribersOf(sessionId(a.id))).toHaveLength(1)
  })
})

describe('[R74] a screen that is no longer shared', () => {
  const unshare = { type: 'unshareScreen', roomType: 'screen' }

  function sharing(): { readonly stage: MediaStage; readonly clients: ReturnType<MediaStage['call']> } {
    const stage = mediaStage()
    const clients = stage.call(2)
    const [a, b] = clients
    says(a, a, offer(sdp('video'), { roomType: 'screen', sid: 'first' }))
    says(a, b, { type: 'sendoffer', roomType: 'screen' })
    stage.orders()
    return { stage, clients }
  }

  test('ends after a second, for those who receive it too', () => {
    const { stage, clients } = sharing()
    const [a] = clients
    expect(says(a, a, unshare)).toEqual([])
    stage.world.pass(999)
    expect(stage.orders()).toEqual([])
    stage.world.pass(1)
    expect(closed(stage)).toBe(2)
    expect(stage.state.legs.size).toBe(0)
  })

  test('not the next one, which was shared meanwhile', () => {
    const { stage, clients } = sharing()
    const [a] = clients
    says(a, a, unshare)
    says(a, a, offer(sdp('video'), { roomType: 'screen', sid: 'next' }))
    stage.world.pass(1_000)
    expect(stage.state.legs.size).toBe(2)
  })

  test('said to others it is news for them', () => {
    const { stage, clients } = sharing()
    const [a, b] = clients
    says(a, b, unshare)
    a.sends({ type: 'room' }, unshare)
    expect(b.hears()).toHaveLength(2)
    stage.world.pass(1_000)
    expect(stage.orders()).toEqual([])
  })
})

describe('[R75] whoever goes', () => {
  const ways: Readonly<Record<string, (stage: MediaStage, clients: ReturnType<MediaStage['call']>) => void>> = {
    'leaves the call': (stage, [a]) =>
      stage.request({ type: 'incall', incall: { changed: [{ sessionId: a.roomSession, inCall: 0 }] } }),
    'is in a call that ends for all': (stage) => stage.request({ type: 'incall', incall: { incall: 0, all: true } }),
    'leaves the room': (_, [a]) => a.leaves(),
    'goes to another room': (_, [a]) => a.joins('attic'),
    'is in a room that is deleted': (stage) => stage.request({ type: 'delete', delete: { userids: [] } }),
    'says bye': (_, [a]) => a.say({ type: 'bye', bye: {} }),
    'does not come back': (stage, [a]) => {
      a.loses()
      stage.world.pass(30_000)
    },
    'is disinvited': (stage, [a]) =>
      stage.request({ type: 'disinvite', disinvite: { sessionids: [a.roomSession], userids: [] } }),
  }
  for (const [what, act] of Object.entries(ways)) {
    test(`${what}: nothing of his stays, and nobody waits for it`, () => {
      const stage = mediaStage()
      const clients = pair(stage)
      const [a, b] = clients
      receives(stage, a, b)
      stage.orders()
      act(stage, clients)
      expect(closed(stage)).toBe(3)
      expect([stage.state.legs.size, stage.state.legs.unanswered]).toEqual([0, 0])
    })
  }

  test('whoever only lost his connection keeps his streams', () => {
    const stage = mediaStage()
    const [a] = pair(stage)
    a.loses()
    stage.world.pass(29_000)
    expect(stage.orders()).toEqual([])
    a.returns()
    expect(stage.state.legs.size).toBe(2)
  })

  test('a request that was not answered is refused to who is still here, not to who said bye', () => {
    const stage = mediaStage()
    const [a, b] = stage.call(2)
    says(b, a, { type: 'requestoffer', roomType: 'video' }, 'b1')
    says(a, a, offer(), 'a1')
    const heard = a.asks({ id: 'bye', type: 'bye', bye: {} })
    expect(heard).toMatchObject([{ id: 'bye', type: 'bye' }])
    expect(b.hears()).toContainEqual(expect.objectContaining({ id: 'b1', type: 'error' }))
  })

  test('when all are gone nothing is left', () => {
    const stage = mediaStage()
    const clients = pair(stage)
    for (const client of clients) client.say({ type: 'bye', bye: {} })
    stage.world.pass(60_000)
    expect(leftIn(stage.state)).toEqual({})
  })
})
