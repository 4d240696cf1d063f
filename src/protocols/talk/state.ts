/** All that the Talk front end holds, and the few verbs with which its handlers act on it. */
import type { Address } from '../../core/address.ts'
import { createHub, type Hub } from '../../core/hub.ts'
import type { ConnectionId, ResumeId, SessionId } from '../../core/ids.ts'
import type { MailboxLimits } from '../../core/mailbox.ts'
import type { Throttle } from '../../core/throttle.ts'
import { createDeadlines, type Deadlines } from '../../lib/deadline.ts'
import type { SfuCommand } from '../../sfu/sfu.ts'
import type { LegId, StreamType } from '../../sfu/stream.ts'
import type { Effect } from '../front-end.ts'
import type { Backend, Backends } from './backend/backends.ts'
import type { Connection, HelloMessage, JoinMessage } from './connection-state.ts'
import { createDialouts, type Dialouts } from './dialouts.ts'
import type { EndReason, TalkFact } from './facts.ts'
import { createFederations, type Federated, type Federations } from './federation/federations.ts'
import type { FederationSettings } from './federation/settings.ts'
import { createLegs, type Legs, type LostStream } from './media/legs.ts'
import type { MediaSettings } from './media/settings.ts'
import type { ServerMessage } from './messages/index.ts'
import { createRooms, type Room, type Rooms } from './rooms.ts'
import type { SessionIds } from './sealed-id.ts'
import { createSeats, type Seats } from './seats.ts'
import type { ClientSession, Session, VirtualSession } from './session.ts'
import type { Talk, TalkAsk, TalkEvent } from './vocabulary.ts'

export interface TalkSettings {
  /** Shown in welcome and hello. */
  readonly version: string
  readonly backends: Backends
  /** Undefined: no internal clients. */
  readonly internalSecret: string | undefined
  /** What may wait for one session, parked or slow. */
  readonly queue: MailboxLimits
  /** How many values a room may share. */
  readonly valuesPerRoom: number
  /** Undefined: nobody joins rooms of other servers. Asked anew each time, because a reload may change it. */
  readonly federation?: (() => FederationSettings) | undefined
  /** Undefined: there is no SFU. Asked anew each time, because a reload changes some of it. */
  readonly media?: (() => MediaSettings) | undefined
}

/** Why a deadline was set. */
export type Due =
  | { readonly due: 'hello'; readonly connection: ConnectionId }
  | { readonly due: 'room-join'; readonly session: ClientSession }
  | { readonly due: 'resume'; readonly session: ClientSession }
  | { readonly due: 'held-refusal'; readonly connection: ConnectionId; readonly message: ServerMessage }
  | { readonly due: 'joins'; readonly room: Room }
  | { readonly due: 'value'; readonly room: Room; readonly key: string }
  | { readonly due: 'dialout'; readonly id: string }
  /** A screen that its owner stopped sharing. */
  | { readonly due: 'unshared'; readonly leg: LegId }
  /** Streams that the SFU lost are to be published again. */
  | { readonly due: 'renewal' }
  | { readonly due: 'federation'; readonly federated: Federated }
  | { readonly due: 'waiting-requests' }
  | { readonly due: 'ping' }

/** What to do with an answer when it comes. */
export type Pending =
  | { readonly for: 'hello'; readonly backend: Backend; readonly message: HelloMessage; readonly url: string }
  | { readonly for: 'join'; readonly session: ClientSession; readonly message: JoinMessage }
  | {
      readonly for: 'virtual'
      readonly session: VirtualSession
      readonly roomId: string
      readonly request: string | null | undefined
    }
  | { readonly for: 'removal'; readonly owner: ClientSession; readonly request: string | null | undefined }
  /** Nobody waits for it; a refusal is noted. */
  | { readonly for: 'notice'; readonly backend: string; readonly what: string }

export interface State {
  readonly settings: TalkSettings
  readonly ids: SessionIds
  readonly throttle: Throttle
  readonly connections: Map<ConnectionId, Connection>
  readonly hub: Hub<Session>
  readonly byResumeId: Map<ResumeId, ClientSession>
  readonly sessionsPerBackend: Map<string, number>
  readonly rooms: Rooms
  /** Rooms with newcomers that were not announced yet. */
  readonly unannounced: Set<Room>
  readonly seats: Seats
  readonly dialouts: Dialouts
  /** Who is in rooms of other servers. */
  readonly federation: Federations
  /** At the SFU. */
  readonly legs: Legs
  /** Streams that the SFU lost, by the id of who published them and shall publish them again. */
  readonly lostStreams: Map<SessionId, Map<StreamType, LostStream>>
  readonly sfu: { isAvailable: boolean }
  readonly deadlines: Deadlines<Due>
  readonly pending: Map<number, Pending>
  /** Which connection waits for the answer to a question. */
  readonly awaiting: Map<number, ConnectionId>
  /** When the present input happened (ms). */
  now(): number
  /** To be told before each input. */
  setNow(now: number): void
  /** The next running number, of sessions, room entries and questions alike. */
  serial(): number
  lastSerial(): number

  emit(effect: Effect<Talk>): void
  /** Tells those who are here, and has it carried to the other nodes. */
  tell(to: Address, event: TalkEvent): void
  note(fact: TalkFact): void
  /** Has the SFU do something. */
  order(command: SfuCommand): void
  /** Asks the world; what to do with the answer is kept until it comes. */
  ask(ask: TalkAsk, pending: Pending): number
  /** Asks the world on behalf of a connection, which is not listened to until the answer is there. */
  askFor(connection: Connection, ask: TalkAsk, pending: Pending): void
  /** Has a session end as soon as the present input has been dealt with. */
  doom(session: ClientSession, why: EndReason): void
  takeDoomed(): { readonly session: ClientSession; readonly why: EndReason } | undefined
  /** Takes the effects that were emitted since the last time. */
  takeEffects(): readonly Effect<Talk>[]
}

/** Tells an event to those of its address who are here. */
export type Tell = (state: State, to: Address, event: TalkEvent) => void

export function createState(settings: TalkSettings, ids: SessionIds, throttle: Throttle, told: Tell): State {
  let effects: Effect<Talk>[] = []
  let serial = 0
  let now = 0
  const doomed: { readonly session: ClientSession; readonly why: EndReason }[] = []
  const pendings = new Map<number, Pending>()
  const awaiting = new Map<number, ConnectionId>()

  const emit = (effect: Effect<Talk>): void => {
    effects.push(effect)
  }

  function ask(question: TalkAsk, pending: Pending): number {
    const number = ++serial
    pendings.set(number, pending)
    emit({ do: 'ask', number, ask: question })
    return number
  }

  const state: State = {
    settings,
    ids,
    throttle,
    connections: new Map(),
    hub: createHubFor(ids),
    byResumeId: new Map(),
    sessionsPerBackend: new Map(),
    rooms: createRooms(),
    unannounced: new Set(),
    seats: createSeats(),
    dialouts: createDialouts(),
    federation: createFederations(),
    legs: createLegs(),
    lostStreams: new Map(),
    sfu: { isAvailable: false },
    deadlines: createDeadlines<Due>(),
    pending: pendings,
    awaiting,
    now: () => now,
    setNow(time) {
      now = time
    },
    serial: () => ++serial,
    lastSerial: () => serial,
    emit,
    tell(to, event) {
      // Those who are here are told at once: a moment later others might be.
      told(state, to, event)
      emit({ do: 'tell', to, event })
    },
    note: (fact) => emit({ do: 'note', fact }),
    order: (command) => emit({ do: 'command', command: { to: 'sfu', command } }),
    ask,
    askFor(connection, question, pending) {
      const number = ask(question, pending)
      awaiting.set(number, connection.id)
      connection.awaits = number
    },
    doom: (session, why) => {
      doomed.push({ session, why })
    },
    takeDoomed: () => doomed.shift(),
    takeEffects() {
      const taken = effects
      effects = []
      return taken
    },
  }
  return state
}

/** Where the ids have to know which sessions there are, the hub tells them. */
function createHubFor({ present }: SessionIds): Hub<Session> {
  const hub = createHub<Session>()
  if (!present) return hub
  return {
    ...hub,
    get size() {
      return hub.size
    },
    add(session) {
      hub.add(session)
      present.add(session.id)
    },
    remove(id) {
      hub.remove(id)
      present.remove(id)
    },
  }
}
