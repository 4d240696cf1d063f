/** The one owner of who has which legs at the SFU, and of what was asked on them. */
import type { SessionId } from '../../../core/ids.ts'
import { type LegId, legId, type StreamType } from '../../../sfu/stream.ts'
import type { ClientSession } from '../session.ts'

export interface PublisherLeg {
  readonly kind: 'publisher'
  readonly id: LegId
  readonly session: ClientSession
  readonly type: StreamType
  /** The client's own name for the connection, if it gave one. */
  readonly sid: string | undefined
  /** A sum of `mediaTypes`: what the last offer that was answered sends, and those that are not answered yet. */
  media: number
  /** The SFU has it. */
  isOpen: boolean
}

export interface SubscriberLeg {
  readonly kind: 'subscriber'
  readonly id: LegId
  readonly session: ClientSession
  readonly type: StreamType
  readonly publisher: SessionId
  isOpen: boolean
}

export type Leg = PublisherLeg | SubscriberLeg

/** Something that was said on a leg and is not answered yet. */
export interface MediaRequest {
  readonly leg: Leg
  /** Who hears of a failure. */
  readonly asker: ClientSession
  readonly id: string | null | undefined
  /** What an offer sends, as a sum of `mediaTypes`. */
  readonly media?: number | undefined
}

/** A stream that the SFU lost; its publisher is asked for it again. */
export interface LostStream {
  readonly sid: string | undefined
  isAsked: boolean
}

/** More than a participant of the largest call has; past it nothing more is asked of the SFU for him. */
const legsPerSession = 2_000
const requestsPerLeg = 500

export interface Legs {
  /** Undefined if the session has as many as it may have. */
  addPublisher(leg: Pick<PublisherLeg, 'session' | 'type' | 'sid' | 'media'>): PublisherLeg | undefined
  addSubscriber(leg: Pick<SubscriberLeg, 'session' | 'type' | 'publisher'>): SubscriberLeg | undefined
  get(id: LegId): Leg | undefined
  publisher(session: SessionId, type: StreamType): PublisherLeg | undefined
  subscriber(session: SessionId, publisher: SessionId, type: StreamType): SubscriberLeg | undefined
  of(session: SessionId): readonly Leg[]
  /** Those who receive something of a session. */
  subscribersOf(publisher: SessionId): readonly SubscriberLeg[]
  /** Forgets a leg and hands out what was asked on it. */
  remove(leg: Leg): readonly MediaRequest[]
  /** A number for the SFU; undefined if too much is unanswered. */
  ask(request: MediaRequest): number | undefined
  answered(request: number): MediaRequest | undefined
  /** Whether something that was said on the leg is not answered yet. */
  isAsked(leg: Leg): boolean
  readonly size: number
  readonly unanswered: number
}

export function createLegs(): Legs {
  const legs = new Map<LegId, Leg>()
  const bySession = new Map<SessionId, Map<string, Leg>>()
  const byPublisher = new Map<SessionId, Set<SubscriberLeg>>()
  const requests = new Map<number, MediaRequest>()
  const asked = new Map<LegId, Set<number>>()
  let serial = 0

  function add<L extends Leg>(key: string, make: (id: LegId) => L): L | undefined {
    const leg = make(legId(serial + 1))
    const own = bySession.get(leg.session.id) ?? new Map<string, Leg>()
    if (own.size >= legsPerSession || own.has(key)) return undefined
    serial++
    own.set(key, leg)
    bySession.set(leg.session.id, own)
    legs.set(leg.id, leg)
    return leg
  }

  function find(session: SessionId, key: string): Leg | undefined {
    return bySession.get(session)?.get(key)
  }

  return {
    addPublisher: (leg) => add(leg.type, (id) => ({ kind: 'publisher', id, isOpen: false, ...leg })),
    addSubscriber(wanted) {
      const { type, publisher } = wanted
      const leg = add(`${type} ${publisher}`, (id) => ({ kind: 'subscriber' as const, id, isOpen: false, ...wanted }))
      if (!leg) return undefined
      const others = byPublisher.get(publisher)
      if (others) others.add(leg)
      else byPublisher.set(publisher, new Set([leg]))
      return leg
    },
    get: (id) => legs.get(id),
    publisher(session, type) {
      const leg = find(session, type)
      return leg?.kind === 'publisher' ? leg : undefined
    },
    subscriber(session, publisher, type) {
      const leg = find(session, `${type} ${publisher}`)
      return leg?.kind === 'subscriber' ? leg : undefined
    },
    of: (session) => [...(bySession.get(session)?.values() ?? [])],
    subscribersOf: (publisher) => [...(byPublisher.get(publisher) ?? [])],
    remove(leg) {
      if (!legs.delete(leg.id)) return []
      const own = bySession.get(leg.session.id)
      own?.delete(leg.kind === 'publisher' ? leg.type : `${leg.type} ${leg.publisher}`)
      if (own?.size === 0) bySession.delete(leg.session.id)
      if (leg.kind === 'subscriber') {
        const others = byPublisher.get(leg.publisher)
        others?.delete(leg)
        if (others?.size === 0) byPublisher.delete(leg.publisher)
      }
      const numbers = [...(asked.get(leg.id) ?? [])]
      asked.delete(leg.id)
      return numbers.flatMap((number) => {
        const request = requests.get(number)
        requests.delete(number)
        return request ? [request] : []
      })
    },
    ask(request) {
      const open = asked.get(request.leg.id) ?? new Set()
      if (open.size >= requestsPerLeg) return undefined
      const number = ++serial
      open.add(number)
      asked.set(request.leg.id, open)
      requests.set(number, request)
      return number
    },
    answered(number) {
      const request = requests.get(number)
      if (!request) return undefined
      requests.delete(number)
      const open = asked.get(request.leg.id)
      open?.delete(number)
      if (open?.size === 0) asked.delete(request.leg.id)
      return request
    },
    isAsked: ({ id }) => asked.has(id),
    get size() {
      return legs.size
    },
    get unanswered() {
      return requests.size
    },
  }
}
