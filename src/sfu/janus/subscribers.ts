/** Subscriber legs: each has a handle in its publisher's room while there is one, and waits for the next otherwise. */
import type { Saying, SfuCommand } from '../sfu.ts'
import { type Candidate, type LegId, type Selection, type Stream, type StreamType, streamKey } from '../stream.ts'
import { handleNotFound } from './errors.ts'
import type { Line } from './line.ts'
import { type Happening, videoRoomIn } from './messages.ts'
import { createOffers, offerIn, type Phase, type SubscriberLeg } from './offers.ts'
import { failure, failureOf, type Parts } from './parts.ts'
import type { Publishers } from './publishers.ts'
import { candidateText, configureSubscriber, isLast, startSubscriber, updateSubscriber } from './requests.ts'
import type { Reply } from './transactions.ts'

export interface Subscribers {
  subscribe(command: Extract<SfuCommand, { readonly do: 'subscribe' }>): void
  has(leg: LegId): boolean
  /** Whether nobody sends what it is to receive. */
  isWaiting(leg: LegId): boolean
  say(leg: LegId, request: number, sid: string | undefined, saying: Saying): void
  /** True if the candidate is on its way; if not, `say` knows why. */
  trickle(leg: LegId, sid: string | undefined, candidate: Candidate): boolean
  close(leg: LegId): void
  closeAll(): void
  /** Whether the stream can be had has changed. */
  changed(stream: Stream): void
  gone(stream: Stream, room: string): void
  /** False if the handle is none of a subscriber. */
  happened(handle: string, message: Happening): boolean
  up(): void
  lost(why: string): void
  count(): Readonly<Record<StreamType, number>>
  /** How many have an offer of this stream. */
  joinedTo(stream: Stream): number
}

export function createSubscribers(parts: Parts, sourceOf: Publishers['sourceOf']): Subscribers {
  const { desk, asks } = parts
  const legs = new Map<LegId, SubscriberLeg>()
  const byStream = new Map<string, Set<SubscriberLeg>>()
  const byHandle = new Map<string, SubscriberLeg>()
  const census = { audio: 0, video: 0, screen: 0 }
  const { go, waiting, disconnect, rest } = createOffers(parts, sourceOf, {
    attached(leg, handle) {
      byHandle.set(handle, leg)
      if (!leg.isOpened) opened(leg, handle)
    },
    detached: (handle) => byHandle.delete(handle),
    refused: (leg, line, reply) => handleGone(leg, line, reply),
  })

  function opened(leg: SubscriberLeg, handle: string): void {
    leg.isOpened = true
    census[leg.stream.type]++
    desk.note({ fact: 'subscriber-created', ...leg.stream })
    desk.tell({ event: 'opened', leg: leg.id, sid: handle })
  }

  // Losing it

  /** The leg waits for the next publisher; if it had an offer, it is owed another one. */
  function interrupt(leg: SubscriberLeg, detail: string): void {
    const wasJoined = leg.phase.is === 'joined'
    disconnect(leg)
    failAllButWants(leg, detail)
    if (!wasJoined) return
    leg.isOwed = true
    desk.tell({ event: 'interrupted', leg: leg.id })
  }

  function failAllButWants(leg: SubscriberLeg, detail: string): void {
    for (const request of asks.of(leg.id)) {
      if (!leg.wants.includes(request)) asks.fail(leg.id, request, failure('not available', detail))
    }
  }

  function remove(leg: SubscriberLeg): void {
    rest(leg)
    leg.isClosed = true
    legs.delete(leg.id)
    const key = streamKey(leg.stream)
    const others = byStream.get(key)
    others?.delete(leg)
    if (others?.size === 0) byStream.delete(key)
    disconnect(leg)
    if (leg.isOpened) census[leg.stream.type]--
  }

  function end(leg: SubscriberLeg, detail: string): void {
    remove(leg)
    asks.failAll(leg.id, failure('unknown leg', detail))
    desk.note({ fact: 'subscriber-closed', ...leg.stream, why: detail })
    desk.tell({ event: 'closed', leg: leg.id, why: 'ended', detail })
  }

  // Saying

  function say(leg: SubscriberLeg, request: number, sid: string | undefined, saying: Saying): void {
    const { phase } = leg
    if (saying.say === 'request-offer') {
      return phase.is === 'joined' && sid === phase.line.handle
        ? update(leg, phase.line, request, saying.selection ?? {})
        : renew(leg, request, saying.selection ?? {})
    }
    if (saying.say === 'select' && phase.is !== 'joined') {
      leg.selection = { ...leg.selection, ...given(saying.selection) }
      return asks.answer({ event: 'done', leg: leg.id, request })
    }
    if (phase.is !== 'joined' || (sid !== undefined && sid !== phase.line.handle)) {
      return asks.fail(leg.id, request, failure('stale sid', `sid ${sid} is not that of the present connection`))
    }
    const { line } = phase
    const then = (reply: Reply): void => done(leg, line, request, reply)
    switch (saying.say) {
      case 'answer':
        return line.message(startSubscriber(phase.room), { type: 'answer', sdp: saying.sdp }, then)
      case 'candidate':
        line.trickle(candidateText(saying.candidate), isLast(saying.candidate))
        return asks.answer({ event: 'done', leg: leg.id, request })
      case 'select':
        return line.message(configureSubscriber(saying.selection), undefined, (reply) => {
          if (reply.ok) leg.selection = { ...leg.selection, ...given(saying.selection) }
          then(reply)
        })
      default:
        asks.fail(leg.id, request, failure('refused', 'a subscriber makes no offers'))
    }
  }

  /** An offer for a new connection; the one there was is of no use any more. */
  function renew(leg: SubscriberLeg, request: number, selection: Selection): void {
    leg.wants.push(request)
    leg.wish = { ...leg.wish, ...given(selection) }
    if (leg.phase.is === 'joined') {
      disconnect(leg)
      failAllButWants(leg, 'a new connection was asked for')
    }
    if (!sourceOf(leg.stream)?.isUp) waiting(leg)
    go(leg)
  }

  /** While an earlier offer has no answer, Janus makes the new one only after that, and then of its own accord. */
  function update(leg: SubscriberLeg, line: Line, request: number, selection: Selection): void {
    leg.updates.push(request)
    line.message(updateSubscriber(selection), undefined, (reply) => {
      if (!reply.ok) {
        leg.updates = leg.updates.filter((one) => one !== request)
        return done(leg, line, request, reply)
      }
      leg.selection = { ...leg.selection, ...given(selection) }
      const sdp = offerIn(reply.answer)
      leg.updates = leg.updates.filter((one) => one !== request)
      if (sdp === undefined) asks.fail(leg.id, request, failure('refused', 'Janus makes no offer'))
      else asks.answer({ event: 'offer', leg: leg.id, request, sid: line.handle, update: true, sdp })
    })
  }

  function done(leg: SubscriberLeg, line: Line, request: number, reply: Reply): void {
    if (reply.ok) return asks.answer({ event: 'done', leg: leg.id, request })
    asks.fail(leg.id, request, failureOf(reply))
    handleGone(leg, line, reply)
  }

  function handleGone(leg: SubscriberLeg, line: Line, reply: Reply & { readonly ok: false }): void {
    if (reply.code !== handleNotFound || byHandle.get(line.handle) !== leg) return
    interrupt(leg, reply.detail)
    go(leg)
  }

  // Hearing

  function happened(leg: SubscriberLeg, phase: Phase & { readonly line: Line }, message: Happening): void {
    const sid = phase.line.handle
    switch (message.janus) {
      case 'hangup':
        return end(leg, message.reason ?? 'hung up')
      case 'detached':
        return end(leg, 'handle detached')
      case 'trickle': {
        const { completed, ...candidate } = message.candidate
        const told = completed ? { candidate: '' } : { ...candidate, candidate: candidate.candidate ?? '' }
        return desk.tell({ event: 'candidate', leg: leg.id, sid, candidate: told })
      }
      case 'event': {
        const data = videoRoomIn(message)
        if (data?.videoroom === 'destroyed') return interrupt(leg, 'room destroyed')
        if (data?.left === 'ok' || data?.leaving === 'ok') return end(leg, data.reason ?? 'left the room')
        const sdp = offerIn(message)
        if (sdp !== undefined && phase.is === 'joined') updated(leg, sid, sdp)
      }
    }
  }

  function updated(leg: SubscriberLeg, sid: string, sdp: string): void {
    const requests = leg.updates.filter((request) => asks.isOpen(leg.id, request))
    leg.updates = []
    const offer = { event: 'offer', leg: leg.id, sid, update: true, sdp } as const
    if (requests.length === 0) desk.tell({ ...offer, request: undefined })
    for (const request of requests) asks.answer({ ...offer, request })
  }

  return {
    subscribe({ leg: id, stream }) {
      const leg: SubscriberLeg = {
        id,
        stream,
        phase: { is: 'waiting' },
        isOpened: false,
        isClosed: false,
        isOwed: false,
        wants: [],
        updates: [],
        selection: {},
        wish: {},
        silentRoom: undefined,
        pause: 0,
        hasRetried: false,
      }
      legs.set(id, leg)
      const key = streamKey(stream)
      const others = byStream.get(key)
      if (others) others.add(leg)
      else byStream.set(key, new Set([leg]))
      go(leg)
    },
    has: (leg) => legs.has(leg),
    isWaiting(id) {
      const leg = legs.get(id)
      return leg !== undefined && !sourceOf(leg.stream)?.isUp
    },
    say(id, request, sid, saying) {
      const leg = legs.get(id)
      if (leg) say(leg, request, sid, saying)
    },
    trickle(id, sid, candidate) {
      const phase = legs.get(id)?.phase
      if (phase?.is !== 'joined' || (sid !== undefined && sid !== phase.line.handle)) return false
      phase.line.trickle(candidateText(candidate), isLast(candidate))
      return true
    },
    close(id) {
      const leg = legs.get(id)
      if (!leg) return
      remove(leg)
      if (leg.isOpened) desk.note({ fact: 'subscriber-closed', ...leg.stream, why: 'closed' })
    },
    closeAll() {
      for (const leg of [...legs.values()]) remove(leg)
    },
    changed(stream) {
      const source = sourceOf(stream)
      for (const leg of [...(byStream.get(streamKey(stream)) ?? [])]) {
        if (source?.isUp) leg.silentRoom = undefined
        const { phase } = leg
        // Somebody else has taken over the stream, in a room of his own.
        const isElsewhere = (phase.is === 'joined' || phase.is === 'joining') && phase.room !== source?.room
        if (isElsewhere) interrupt(leg, 'publisher has another connection')
        go(leg)
      }
    },
    gone(stream, room) {
      for (const leg of [...(byStream.get(streamKey(stream)) ?? [])]) {
        const { phase } = leg
        if ((phase.is === 'joined' || phase.is === 'joining') && phase.room === room) {
          interrupt(leg, 'publisher is gone')
          go(leg)
        }
      }
    },
    happened(handle, message) {
      const leg = byHandle.get(handle)
      if (!leg || leg.phase.is === 'waiting' || leg.phase.is === 'attaching') return false
      happened(leg, leg.phase, message)
      return true
    },
    up() {
      for (const leg of [...legs.values()]) {
        if ('line' in leg.phase) leg.phase.line.resume()
        go(leg)
      }
    },
    lost(why) {
      for (const leg of [...legs.values()]) {
        interrupt(leg, why)
        leg.phase = { is: 'waiting' }
      }
    },
    count: () => ({ ...census }),
    joinedTo(stream) {
      let joined = 0
      for (const leg of byStream.get(streamKey(stream)) ?? []) if (leg.phase.is === 'joined') joined++
      return joined
    },
  }
}

/** Without what it leaves as it is. */
const given = (selection: Selection): Selection =>
  Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined))
