/** The session with the real Janus: a short cut of its connection, and its end while Janus goes on. */
import { describe, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import type { SfuEvent } from '../../../src/sfu/sfu.ts'
import type { LegId, Stream } from '../../../src/sfu/stream.ts'
import { notRunnable } from '../../support/deb.ts'
import { type Janus, janusPrograms, leavesNothingBehind, startJanus } from '../../support/janus.ts'
import { createReceiver, createSender, type Receiver, type Sender } from '../../support/media-peer.ts'
import { janusUnderTest, type SfuUnderTest } from '../../support/sfu-under-test.ts'

const suite = 'sfu: sessions with the real Janus'
const anna: Stream = { publisher: 'anna', type: 'video' }

interface Wire extends Disposable {
  readonly url: string
  /** Breaks every connection that goes over it; the next one is carried again. */
  cut(): void
}

/** Carries connections to a Janus, and breaks them. */
function wireTo(janus: Janus): Wire {
  const ends = new Map<Socket, Promise<Socket>>()
  const { hostname, port } = new URL(janus.url)
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(near) {
        const far = Bun.connect({
          hostname,
          port: Number(port),
          socket: { data: (_, data) => void near.write(data), close: () => void near.end() },
        })
        ends.set(near, far)
      },
      data(near, data) {
        // Copied: the buffer is used again before the other end is there.
        const bytes = Uint8Array.from(data)
        void ends.get(near)?.then((far) => far.write(bytes))
      },
      close(near) {
        void ends.get(near)?.then((far) => far.end())
        ends.delete(near)
      },
    },
  })
  const cut = (): void => {
    for (const near of ends.keys()) near.terminate()
  }
  return {
    url: `ws://127.0.0.1:${server.port}`,
    cut,
    [Symbol.dispose]() {
      cut()
      server.stop(true)
    },
  }
}

function told<E extends SfuEvent['event']>(event: SfuEvent, kind: E): Extract<SfuEvent, { readonly event: E }> {
  const is = (one: SfuEvent): one is Extract<SfuEvent, { readonly event: E }> => one.event === kind
  if (!is(event)) throw new Error(`no ${kind}: ${JSON.stringify(event)}`)
  return event
}

async function call(
  sfu: SfuUnderTest,
  legs: { readonly publisher: LegId; readonly subscriber: LegId },
  ends: { readonly sender: Sender; readonly receiver: Receiver },
): Promise<string> {
  sfu.publish(legs.publisher, anna)
  const answer = await sfu.say(legs.publisher, { say: 'offer', sdp: await ends.sender.offer() })
  await ends.sender.answered(told(answer, 'answer').sdp)
  await ends.sender.connected
  sfu.subscribe(legs.subscriber, anna)
  const { sid, sdp } = told(await sfu.say(legs.subscriber, { say: 'request-offer', selection: undefined }), 'offer')
  told(await sfu.say(legs.subscriber, { say: 'answer', sdp: await ends.receiver.answer(sdp) }, sid), 'done')
  await ends.receiver.connected
  return sid
}

describe.skipIf(notRunnable(suite, ...janusPrograms))(suite, () => {
  test('a short cut interrupts nobody, and what is asked meanwhile is answered after it', async () => {
    await using janus = await startJanus({ general: ['reclaim_session_timeout = 10'] })
    using wire = wireTo(janus)
    await using sfu = janusUnderTest(wire)
    await using sender = createSender(['audio'])
    await using receiver = createReceiver()
    const legs = { publisher: sfu.newLeg(), subscriber: sfu.newLeg() }
    const sid = await call(sfu, legs, { sender, receiver })
    const handles = await janus.handles()
    const before = sfu.events.length
    wire.cut()
    const update = told(await sfu.say(legs.subscriber, { say: 'request-offer', selection: undefined }, sid), 'offer')
    expect([update.update, update.sid]).toEqual([true, sid])
    expect(sfu.events.slice(before)).toEqual([update])
    expect(await janus.handles()).toEqual(handles)
    expect(sfu.facts.filter(({ fact }) => fact === 'sfu-connected')).toHaveLength(2)
    await receiver.hears('audio', 20)
    for (const leg of Object.values(legs)) sfu.command({ do: 'close', leg })
    await leavesNothingBehind(janus, true)
  }, 40_000)

  test('a session that Janus has given up is made anew, and its rooms are removed', async () => {
    await using janus = await startJanus()
    await using sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    await using receiver = createReceiver()
    const legs = { publisher: sfu.newLeg(), subscriber: sfu.newLeg() }
    await call(sfu, legs, { sender, receiver })
    const [session] = new Set((await janus.handles()).map((handle) => handle.session))
    await janus.admin({ janus: 'destroy_session', session_id: session ?? 0 })
    expect(await janus.rooms()).toHaveLength(1)
    // Whatever is asked next shows that the session is gone.
    sfu.command({
      do: 'forward',
      leg: legs.publisher,
      request: 9_000,
      to: { id: 'x', host: '127.0.0.1', port: 9, rtcpPort: 9 },
    })
    expect((await sfu.event('closed')).why).toBe('lost')
    expect((await sfu.event('interrupted')).leg).toBe(legs.subscriber)
    sfu.command({ do: 'close', leg: legs.subscriber })
    await leavesNothingBehind(janus, true)
  }, 40_000)
})
