/** The legs by what proxies call them, and what is asked on them and not answered yet. */
import type { Saying, SfuEvent, SfuFailure } from '../sfu.ts'
import type { LegId, PublishSettings, Selection, Stream } from '../stream.ts'
import type { Connection } from './connection.ts'
import type { Desk } from './desk.ts'

export interface Said {
  readonly request: number
  readonly sid: string | undefined
  readonly saying: Saying
  /** Whether it is on its way to a proxy. */
  isSent: boolean
}

/** Where a leg is. */
export interface Place {
  readonly connection: Connection
  readonly client: string
}

export interface Publisher {
  readonly kind: 'publisher'
  readonly leg: LegId
  readonly stream: Stream
  readonly settings: PublishSettings
  readonly country: string | undefined
  /** When it was asked for, ms. */
  readonly since: number
  readonly asked: Map<number, Said>
  sid: string
  at: Place | undefined
  isClosed: boolean
}

export interface Subscriber {
  readonly kind: 'subscriber'
  readonly leg: LegId
  readonly stream: Stream
  readonly country: string | undefined
  readonly asked: Map<number, Said>
  /** That of the present connection; empty before there is one. */
  sid: string
  /** How many offers were named here, because the proxy is of before sids; undefined where it names them. */
  named: number | undefined
  at: Place | undefined
  /** Whose media it has, or is about to have. */
  publisher: Publisher | undefined
  /** The sid of the last offer that was told. */
  offered: string | undefined
  /** Whether it is to have an offer without asking for one. */
  isFollowing: boolean
  selection: Selection
  pause: number
  wasOpened: boolean
  isClosed: boolean
}

export type Leg = Publisher | Subscriber

export interface Clients {
  /** What a proxy made for the leg. */
  place(leg: Leg, at: Place): void
  displace(leg: Leg): void
  at(connection: Connection, client: string): Leg | undefined
  allAt(connection: Connection): readonly Leg[]
}

export function createClients(): Clients {
  const legs = new Map<Connection, Map<string, Leg>>()
  return {
    place(leg, at) {
      leg.at = at
      const some = legs.get(at.connection) ?? new Map<string, Leg>()
      legs.set(at.connection, some.set(at.client, leg))
    },
    displace(leg) {
      if (!leg.at) return
      const { connection, client } = leg.at
      const some = legs.get(connection)
      some?.delete(client)
      if (some?.size === 0) legs.delete(connection)
      leg.at = undefined
    },
    at: (connection, client) => legs.get(connection)?.get(client),
    allAt: (connection) => [...(legs.get(connection)?.values() ?? [])],
  }
}

/** How long (ms) a deletion is repeated when its connection is lost: as long as the session can be taken up again. */
export const deletion = 60_000

/** More unanswered requests on one leg are refused. */
const mostAsked = 500

export interface Asked {
  /** Notes a request; it is answered with `failed` when nothing else has answered it in time. */
  take(leg: Leg, said: Omit<Said, 'isSent'>): Said | undefined
  /** Tells the event, if the request is still unanswered. */
  answer(leg: Leg, said: Said, event: SfuEvent): void
  fail(leg: Leg, said: Said, why: SfuFailure, detail: string): void
  failAll(leg: Leg, why: SfuFailure, detail: string): void
  /** Nothing of it is answered. */
  drop(leg: Leg): void
}

export function createAsked(desk: Desk): Asked {
  const key = (leg: Leg, request: number): string => `leg ${leg.leg} ${request}`

  function settle(leg: Leg, { request }: Said): boolean {
    desk.cancel(key(leg, request))
    return leg.asked.delete(request)
  }

  function fail(leg: Leg, said: Said, why: SfuFailure, detail: string): void {
    if (settle(leg, said)) desk.tell({ event: 'failed', leg: leg.leg, request: said.request, why, detail })
  }

  return {
    take(leg, what) {
      if (leg.asked.size >= mostAsked) {
        const detail = 'too much is asked on this leg at once'
        desk.tell({ event: 'failed', leg: leg.leg, request: what.request, why: 'refused', detail })
        return undefined
      }
      const said = { ...what, isSent: false }
      leg.asked.set(said.request, said)
      desk.after(key(leg, said.request), desk.settings.timeout, () => {
        const isWaiting = leg.kind === 'subscriber' && !leg.at
        fail(leg, said, isWaiting ? 'no publisher' : 'timeout', 'not answered in time')
      })
      return said
    },
    answer(leg, said, event) {
      if (settle(leg, said)) desk.tell(event)
    },
    fail,
    failAll(leg, why, detail) {
      for (const said of [...leg.asked.values()]) fail(leg, said, why, detail)
    },
    drop(leg) {
      for (const said of [...leg.asked.values()]) settle(leg, said)
    },
  }
}
