/** How a subscriber comes by an offer, and how it loses its connection again: step by step, as far as each step can be taken. */
import type { LegId, Selection, Stream } from '../stream.ts'
import { consequenceOf } from './errors.ts'
import { createLine, type Line } from './line.ts'
import type { Answer, Happening } from './messages.ts'
import { failure, failureOf, type Parts } from './parts.ts'
import type { Publishers, Source } from './publishers.ts'
import { joinAsSubscriber } from './requests.ts'
import type { Reply } from './transactions.ts'

/** `attached`: it has a handle. `joined`: Janus has made an offer on it. */
export type Phase =
  | { readonly is: 'waiting' }
  | { readonly is: 'attaching' }
  | { readonly is: 'attached'; readonly line: Line }
  | { readonly is: 'joining' | 'joined'; readonly line: Line; readonly room: string }

export interface SubscriberLeg {
  readonly id: LegId
  readonly stream: Stream
  phase: Phase
  isOpened: boolean
  isClosed: boolean
  /** It had an offer, and its connection went: it is to have another one without asking. */
  isOwed: boolean
  /** Requests for an offer of a new connection. */
  wants: number[]
  /** Requests for an offer that updates the present connection. */
  updates: number[]
  /** What was chosen last, for the next connection too. */
  selection: Selection
  /** The wish of a request that has not been fulfilled. */
  wish: Selection
  /** The room in which the publisher did not send when we wanted to join, until it does. */
  silentRoom: string | undefined
  pause: number
  /** It has had another handle for the offer that it wants. */
  hasRetried: boolean
}

export interface OfferEvents {
  attached(leg: SubscriberLeg, handle: string): void
  detached(handle: string): void
  /** Janus did not take a candidate. */
  refused(leg: SubscriberLeg, line: Line, reply: Reply & { readonly ok: false }): void
}

export interface Offers {
  /** Takes the next step that can be taken. */
  go(leg: SubscriberLeg): void
  waiting(leg: SubscriberLeg): void
  /** Gives up its connection; what was to be said on it fails. */
  disconnect(leg: SubscriberLeg): void
  /** Nothing is tried any more. */
  rest(leg: SubscriberLeg): void
}

const firstPause = 1_000
const longestPause = 16_000

export function createOffers(parts: Parts, sourceOf: Publishers['sourceOf'], events: OfferEvents): Offers {
  const { desk, session, leftovers, asks } = parts
  const alarm = (leg: SubscriberLeg): string => `retry ${leg.id}`

  function isWanted(leg: SubscriberLeg): boolean {
    return leg.isOwed || leg.wants.some((request) => asks.isOpen(leg.id, request))
  }

  /** Takes the next step that can be taken. */
  function go(leg: SubscriberLeg): void {
    const source = sourceOf(leg.stream)
    if (!source || !session.isUp() || leg.isClosed) return
    const { phase } = leg
    if (phase.is === 'waiting') attach(leg)
    else if (phase.is === 'attached' && isWanted(leg) && source.isUp && leg.silentRoom !== source.room) {
      join(leg, phase.line, source)
    }
  }

  function attach(leg: SubscriberLeg): void {
    const phase: Phase = { is: 'attaching' }
    leg.phase = phase
    session.attach(
      (reply, handle) => {
        if (handle !== undefined && leg.phase !== phase) return leftovers.handle(handle)
        if (leg.phase !== phase) return
        if (handle === undefined) {
          leg.phase = { is: 'waiting' }
          if (!reply.ok) unfulfilled(leg, reply)
          return
        }
        const line = createLine(parts, handle, (reply) => events.refused(leg, line, reply))
        leg.phase = { is: 'attached', line }
        events.attached(leg, handle)
        go(leg)
      },
      (handle) => leftovers.handle(handle),
    )
  }

  function join(leg: SubscriberLeg, line: Line, { room, ups }: Source): void {
    const phase = { is: 'joining', line, room } as const
    leg.phase = phase
    const selection = { ...leg.selection, ...leg.wish }
    session.message(line.handle, joinAsSubscriber(room, leg.stream, selection, session.version()), undefined, {
      ended(reply) {
        if (leg.phase !== phase) return
        const sdp = reply.ok ? offerIn(reply.answer) : undefined
        if (!reply.ok) return unjoined(leg, phase, ups, reply)
        if (sdp === undefined) return unjoined(leg, phase, ups, withoutOffer)
        leg.phase = { ...phase, is: 'joined' }
        leg.selection = selection
        leg.pause = 0
        leg.hasRetried = false
        offered(leg, line.handle, sdp)
      },
    })
  }

  function offered(leg: SubscriberLeg, sid: string, sdp: string): void {
    const requests = leg.wants.filter((request) => asks.isOpen(leg.id, request))
    leg.wants = []
    leg.wish = {}
    leg.isOwed = false
    const offer = { event: 'offer', leg: leg.id, sid, update: false, sdp } as const
    if (requests.length === 0) desk.tell({ ...offer, request: undefined })
    for (const request of requests) asks.answer({ ...offer, request })
  }

  function unjoined(
    leg: SubscriberLeg,
    { line, room }: { readonly line: Line; readonly room: string },
    ups: number,
    reply: Reply & { readonly ok: false },
  ): void {
    const follows = reply.code === undefined ? 'refuse' : consequenceOf(reply.code)
    if (follows === 'wait' || follows === 'no publisher') {
      leg.phase = { is: 'attached', line }
      if (follows === 'no publisher') failWants(leg, reply)
      // It may have begun to send in between.
      if (sourceOf(leg.stream)?.ups === ups) {
        leg.silentRoom = room
        waiting(leg)
      }
      return go(leg)
    }
    disconnect(leg)
    const isUsedUp = follows === 'new handle' || follows === 'handle gone'
    if (isUsedUp && !leg.hasRetried) {
      leg.hasRetried = true
      go(leg)
    } else unfulfilled(leg, reply)
  }

  /** Those who asked have to ask again; an offer that is owed to nobody in particular is tried again. */
  function unfulfilled(leg: SubscriberLeg, reply: Reply & { readonly ok: false }): void {
    if (reply.why === 'cut') return
    failWants(leg, reply)
    leg.pause = Math.min(longestPause, Math.max(firstPause, leg.pause * 2))
    if (leg.isOwed) desk.at(alarm(leg), desk.now() + leg.pause, () => go(leg))
  }

  function failWants(leg: SubscriberLeg, reply: Reply & { readonly ok: false }): void {
    if (leg.wants.length === 0) return
    const why = reply.code !== undefined && consequenceOf(reply.code) === 'no publisher' ? 'no publisher' : undefined
    for (const request of leg.wants.splice(0)) {
      asks.fail(leg.id, request, why ? failure(why, reply.detail) : failureOf(reply))
    }
    leg.wish = {}
  }

  function waiting({ stream }: SubscriberLeg): void {
    desk.note({ fact: 'waiting-for-publisher', ...stream })
  }

  function disconnect(leg: SubscriberLeg): void {
    const { phase } = leg
    leg.phase = { is: 'waiting' }
    if (phase.is === 'waiting' || phase.is === 'attaching') return
    phase.line.end()
    events.detached(phase.line.handle)
    leftovers.handle(phase.line.handle)
    for (const request of leg.updates.splice(0)) asks.fail(leg.id, request, failure('stale sid', 'connection is gone'))
  }

  return { go, waiting, disconnect, rest: (leg) => desk.cancel(alarm(leg)) }
}

export const offerIn = (message: Answer | Happening): string | undefined =>
  message.janus === 'event' && message.jsep?.type === 'offer' ? message.jsep.sdp : undefined

const withoutOffer = { ok: false, why: 'refused', code: 499, detail: 'Janus makes no offer' } as const
