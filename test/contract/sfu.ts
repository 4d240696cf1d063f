/** What every SFU machine keeps to, whichever way it goes to Janus: run by the tests of each of them. */
import { expect, test } from 'bun:test'
import type { Origin, Saying, SfuCommand, SfuEvent, SfuMachine } from '../../src/sfu/sfu.ts'
import { type LegId, legId, type PublishSettings, type Stream } from '../../src/sfu/stream.ts'

/** A machine that has been started, with an SFU behind it that is there and obeys. */
export interface SfuBench {
  readonly machine: SfuMachine
  /** ms that a request may take. */
  readonly timeout: number
  /** Carries it out, with all that follows at once. */
  command(command: SfuCommand): void
  /** What was told since it was last asked for. */
  told(): readonly SfuEvent[]
  pass(ms: number): void
  /** The publisher's media flows: the SFU says so. */
  publisherUp(stream: Stream): void
  /** The publisher's peer connection ends: the SFU says so. */
  publisherHangsUp(stream: Stream): void
  /** The SFU says nothing to any request from now on. */
  sfuFallsSilent(): void
  /** It dies with all that it has; it is there again, and connected to. */
  sfuDies(): void
  sfuReturns(): void
  /** What there is of publishers and subscribers at the SFU. */
  leftBehind(): readonly string[]
  /** Says farewell, with all that follows. */
  stop(): void
}

export const nowhere: Origin = { country: undefined }
export const usualSettings: PublishSettings = { bitrate: 0, mediaTypes: 3 }
export const cameraOf = (publisher: string): Stream => ({ publisher, type: 'video' })
export const screenOf = (publisher: string): Stream => ({ publisher, type: 'screen' })

/** What a client says, and how it is answered, in few words. */
export interface Talking {
  publish(leg: number, stream: Stream, sid?: string, settings?: Partial<PublishSettings>): void
  subscribe(leg: number, stream: Stream): void
  say(leg: number, request: number, saying: Saying, sid?: string): void
  offer(leg: number, request: number, sid?: string, sdp?: string): void
  answer(leg: number, request: number, sid?: string): void
  candidate(leg: number, request: number, sid?: string, candidate?: string): void
  requestOffer(leg: number, request: number, sid?: string): void
  close(leg: number): void
}

export function talking(command: (command: SfuCommand) => void): Talking {
  const say: Talking['say'] = (leg, request, saying, sid) =>
    command({ do: 'say', leg: legId(leg), request, sid, saying })
  return {
    publish: (leg, stream, sid, settings) =>
      command({
        do: 'publish',
        leg: legId(leg),
        stream,
        sid,
        settings: { ...usualSettings, ...settings },
        origin: nowhere,
      }),
    subscribe: (leg, stream) => command({ do: 'subscribe', leg: legId(leg), stream, origin: nowhere }),
    say,
    offer: (leg, request, sid, sdp = `v=0 offer ${request}`) => say(leg, request, { say: 'offer', sdp }, sid),
    answer: (leg, request, sid) => say(leg, request, { say: 'answer', sdp: `v=0 answer ${request}` }, sid),
    candidate: (leg, request, sid, candidate = 'candidate:1') =>
      say(leg, request, { say: 'candidate', candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } }, sid),
    requestOffer: (leg, request, sid) => say(leg, request, { say: 'request-offer', selection: undefined }, sid),
    close: (leg) => command({ do: 'close', leg: legId(leg) }),
  }
}

type Told<E extends SfuEvent['event']> = Extract<SfuEvent, { readonly event: E }>

/** The only event of that kind among these. */
export function only<E extends SfuEvent['event']>(events: readonly SfuEvent[], event: E, leg?: number): Told<E> {
  const found = events.filter(
    (one): one is Told<E> => one.event === event && (leg === undefined || ('leg' in one && one.leg === leg)),
  )
  const [first, ...more] = found
  if (!first || more.length > 0) throw new Error(`${found.length} of ${event} in ${JSON.stringify(events)}`)
  return first
}

/** `opened 1`, `failed 2: timeout`: the events of legs in short. */
export const inShort = (events: readonly SfuEvent[]): readonly string[] =>
  events.map((event) => {
    if (event.event === 'available') return `available ${event.is}`
    const why = 'why' in event ? `: ${event.why}` : ''
    return `${event.event} ${event.leg}${why}`
  })

const camera = cameraOf('alice')
const [publisher, subscriber] = [1, 2]

/** Alice publishes and bob receives; returns the sids of both. */
export function call(bench: SfuBench): { readonly own: string; readonly other: string } {
  const { publish, subscribe, offer, answer, requestOffer } = talking(bench.command)
  publish(publisher, camera, 'own')
  offer(publisher, 1, 'own')
  bench.publisherUp(camera)
  subscribe(subscriber, camera)
  requestOffer(subscriber, 2)
  const { sid } = only(bench.told(), 'offer')
  answer(subscriber, 3, sid)
  bench.told()
  return { own: 'own', other: sid }
}

export function sfuContract(create: () => SfuBench): void {
  /** Runs with a bench; in the end all legs go, and nothing is left of them. */
  const contract = (what: string, run: (bench: SfuBench, talk: Talking) => void): void =>
    test(`contract: ${what}`, () => {
      const bench = create()
      const legs = new Set<LegId>()
      const command = (one: SfuCommand): void => {
        legs.add(one.leg)
        bench.command(one)
      }
      run({ ...bench, command }, talking(command))
      for (const leg of legs) bench.command({ do: 'close', leg })
      expect(bench.leftBehind()).toEqual([])
      bench.stop()
      expect(bench.machine.nextDeadline()).toBeUndefined()
    })

  contract('a publisher leg is opened, and its offer is answered with its own sid', (bench, talk) => {
    talk.publish(1, camera, 'own', { bitrate: 5_000 })
    expect(only(bench.told(), 'opened')).toMatchObject({ leg: 1, bitrate: 5_000 })
    talk.offer(1, 7, 'own')
    expect(only(bench.told(), 'answer')).toMatchObject({ leg: 1, request: 7, sid: 'own' })
    expect(bench.leftBehind()).not.toEqual([])
  })

  contract('what is said on a leg before it is opened waits', (bench, talk) => {
    talk.publish(1, camera, 'own')
    talk.offer(1, 7, 'own')
    talk.candidate(1, 8, 'own')
    expect(
      inShort(bench.told())
        .filter((text) => text !== 'opened 1')
        .toSorted(),
    ).toEqual(['answer 1', 'done 1'])
  })

  contract('a subscriber waits for its publisher, and is offered the stream when it is sent', (bench, talk) => {
    talk.subscribe(2, camera)
    talk.requestOffer(2, 5)
    talk.publish(1, camera, 'own')
    talk.offer(1, 6, 'own')
    expect(inShort(bench.told())).not.toContain('offer 2')
    bench.publisherUp(camera)
    expect(only(bench.told(), 'offer')).toMatchObject({ leg: 2, request: 5, update: false })
  })

  contract('where nobody publishes in time the request fails, the leg stays', (bench, talk) => {
    talk.subscribe(2, camera)
    talk.requestOffer(2, 5)
    bench.pass(bench.timeout - 1)
    expect(bench.told()).toEqual([])
    bench.pass(1)
    expect(only(bench.told(), 'failed')).toMatchObject({ leg: 2, request: 5, why: 'no publisher' })
    talk.publish(1, camera, 'own')
    talk.offer(1, 6, 'own')
    bench.publisherUp(camera)
    talk.requestOffer(2, 7)
    expect(only(bench.told(), 'offer')).toMatchObject({ leg: 2, request: 7 })
  })

  contract('whoever names a sid that is not the present one is told so', (bench, talk) => {
    const { other } = call(bench)
    talk.candidate(1, 10, 'another')
    talk.answer(2, 11, 'another')
    talk.candidate(2, 12, 'another')
    expect(inShort(bench.told())).toEqual(['failed 1: stale sid', 'failed 2: stale sid', 'failed 2: stale sid'])
    talk.candidate(2, 13, other)
    talk.candidate(2, 14)
    expect(inShort(bench.told())).toEqual(['done 2', 'done 2'])
  })

  contract('with its present sid a subscriber gets an update, without it a new connection', (bench, talk) => {
    const { other } = call(bench)
    talk.requestOffer(2, 20, other)
    expect(only(bench.told(), 'offer')).toMatchObject({ request: 20, sid: other, update: true })
    talk.answer(2, 21, other)
    bench.told()
    talk.requestOffer(2, 22)
    const { sid } = only(bench.told(), 'offer')
    expect(sid).not.toBe(other)
    talk.answer(2, 23, other)
    expect(only(bench.told(), 'failed').why).toBe('stale sid')
  })

  contract('of a leg that was closed nothing is heard', (bench, talk) => {
    talk.subscribe(2, camera)
    talk.requestOffer(2, 5)
    talk.close(2)
    talk.publish(1, camera, 'own')
    talk.offer(1, 6, 'own')
    talk.close(1)
    bench.told()
    bench.pass(3 * bench.timeout)
    expect(bench.told()).toEqual([])
    expect(bench.leftBehind()).toEqual([])
  })

  contract('what is said to a leg that is not there fails', (bench, talk) => {
    talk.offer(77, 1, 'own')
    expect(only(bench.told(), 'failed')).toMatchObject({ leg: 77, request: 1, why: 'unknown leg' })
  })

  contract('when a publisher goes its subscribers wait, and follow it when it is back', (bench, talk) => {
    const { other } = call(bench)
    talk.close(1)
    expect(inShort(bench.told())).toEqual(['interrupted 2'])
    talk.publish(3, camera, 'again')
    talk.offer(3, 30, 'again')
    bench.publisherUp(camera)
    const { request, sid, update } = only(bench.told(), 'offer')
    expect({ request, update, isNew: sid !== other }).toEqual({ request: undefined, update: false, isNew: true })
  })

  contract('a publisher whose connection ends is closed', (bench) => {
    call(bench)
    bench.publisherHangsUp(camera)
    expect(inShort(bench.told()).toSorted()).toEqual(['closed 1: ended', 'interrupted 2'])
  })

  contract('when the SFU dies publishers are lost and subscribers wait; back, it serves both again', (bench, talk) => {
    call(bench)
    bench.sfuDies()
    expect(inShort(bench.told()).toSorted()).toEqual(['available false', 'closed 1: lost', 'interrupted 2'])
    expect(bench.machine.isAvailable).toBe(false)
    bench.sfuReturns()
    expect(inShort(bench.told())).toEqual(['available true'])
    talk.publish(3, camera, 'again')
    talk.offer(3, 30, 'again')
    bench.publisherUp(camera)
    expect(only(bench.told(), 'offer', 2)).toMatchObject({ request: undefined, update: false })
  })

  contract('each request has one answer even if the SFU says nothing', (bench, talk) => {
    const { other } = call(bench)
    bench.sfuFallsSilent()
    talk.offer(1, 40, 'own')
    talk.candidate(1, 41, 'own')
    talk.candidate(2, 42, other)
    talk.say(2, 43, { say: 'select', selection: { substream: 0 } }, other)
    talk.requestOffer(2, 44, other)
    talk.publish(5, screenOf('alice'), 'screen')
    talk.offer(5, 45, 'screen')
    bench.pass(bench.timeout)
    const events = bench.told()
    const answered = events.flatMap((event) =>
      'request' in event && event.request !== undefined ? [event.request] : [],
    )
    expect(answered.toSorted()).toEqual([40, 41, 42, 43, 44, 45])
    expect(only(events, 'closed', 5)).toBeDefined()
    bench.sfuDies()
    bench.sfuReturns()
    bench.told()
  })

  contract('what there is shows in the census', (bench) => {
    call(bench)
    expect(bench.machine.census()).toMatchObject({
      publishers: { audio: 0, video: 1, screen: 0 },
      subscribers: { audio: 0, video: 1, screen: 0 },
      connections: 1,
    })
  })
}
