/** What the media proxy knows, and the few ways to change what several places must agree on. */
import type { ConnectionId } from '../../core/ids.ts'
import type { Throttle } from '../../core/throttle.ts'
import { createDeadlines, type Deadlines } from '../../lib/deadline.ts'
import type { Reply } from '../../sfu/proxy/messages.ts'
import type { SfuCommand } from '../../sfu/sfu.ts'
import type { LegId } from '../../sfu/stream.ts'
import type { Effect, Effects } from '../front-end.ts'
import type { MediaProxyFact } from './facts.ts'
import type { Client, Connection, Forward, OtherProxy, Pull, Session } from './model.ts'
import type { MediaProxy, ProxyCommand, ProxySettings, ProxyWishes, ProxyWorld, Rates } from './vocabulary.ts'

/** What is asked of the SFU, by the number of the request. */
export type Pending =
  | { readonly of: 'payload'; readonly client: Client; readonly request: string | undefined; readonly type: string }
  | { readonly of: 'streams'; readonly session: Session; readonly client: Client; readonly request: string | undefined }
  | {
      readonly of: 'forward' | 'stop-forwarding'
      readonly session: Session
      readonly forward: Forward
      readonly request: string | undefined
    }
  | { readonly of: 'receive'; readonly pull: Pull }

export type Due =
  | { readonly due: 'hello'; readonly connection: ConnectionId }
  | { readonly due: 'held refusal'; readonly connection: ConnectionId; readonly reply: Reply }
  | { readonly due: 'expiry'; readonly session: Session }
  | { readonly due: 'opening'; readonly client: Client }
  | { readonly due: 'load' }
  | { readonly due: 'pull'; readonly pull: Pull }
  | { readonly due: 'other proxy'; readonly other: OtherProxy; readonly what: 'redial' | 'answer' }

export interface Load extends Rates {
  readonly load: number
}

export interface State {
  readonly settings: ProxySettings
  readonly world: ProxyWorld
  wishes: ProxyWishes
  throttle: Throttle
  readonly connections: Map<ConnectionId, Connection>
  readonly sessions: Map<string, Session>
  readonly clients: Map<string, Client>
  readonly byLeg: Map<LegId, Client | Pull>
  readonly pending: Map<number, Pending>
  /** Both by url, pulls also by stream: `pullKey`. */
  readonly pulls: Map<string, Pull>
  readonly others: Map<string, OtherProxy>
  readonly deadlines: Deadlines<Due>
  isAvailable: boolean
  isDraining: boolean
  /** More waits for them than may wait. */
  readonly doomed: Set<Session>
  /** As it was told last. */
  load: Load
  now(): number
  serial(): number
  emit(effect: Effect<MediaProxy>): void
  note(fact: MediaProxyFact): void
  command(command: ProxyCommand): void
  sfu(command: SfuCommand): void
}

export interface StateKeeper {
  readonly state: State
  /** One input: what `act` emits is its effects. */
  input(now: number, act: () => void): Effects<MediaProxy>
}

export function createState(
  settings: ProxySettings,
  wishes: ProxyWishes,
  world: ProxyWorld,
  throttle: Throttle,
): StateKeeper {
  let effects: Effect<MediaProxy>[] = []
  let time = 0
  let serial = 0
  const emit = (effect: Effect<MediaProxy>): void => void effects.push(effect)
  const command = (order: ProxyCommand): void => emit({ do: 'command', command: order })
  const state: State = {
    settings,
    world,
    wishes,
    throttle,
    connections: new Map(),
    sessions: new Map(),
    clients: new Map(),
    byLeg: new Map(),
    pending: new Map(),
    pulls: new Map(),
    others: new Map(),
    deadlines: createDeadlines(),
    isAvailable: false,
    isDraining: false,
    doomed: new Set(),
    load: { load: 0, incoming: 0, outgoing: 0 },
    now: () => time,
    serial: () => ++serial,
    emit,
    note: (fact) => emit({ do: 'note', fact }),
    command,
    sfu: (order) => command({ to: 'sfu', command: order }),
  }
  return {
    state,
    input(now, act) {
      effects = []
      time = now
      act()
      return effects
    },
  }
}

/** Remembers what is about to be asked of the SFU; the number goes with it. */
export function asked(state: State, pending: Pending): number {
  const number = state.serial()
  state.pending.set(number, pending)
  subjectOf(pending).asked.add(number)
  return number
}

/** What was asked under that number, once. */
export function answered(state: State, number: number): Pending | undefined {
  const pending = state.pending.get(number)
  if (!pending) return undefined
  state.pending.delete(number)
  subjectOf(pending).asked.delete(number)
  return pending
}

/** With whom it ends unanswered. */
function subjectOf(pending: Pending): Client | Pull {
  switch (pending.of) {
    case 'payload':
    case 'streams':
      return pending.client
    case 'forward':
    case 'stop-forwarding':
      return pending.forward.publisher
    case 'receive':
      return pending.pull
  }
}
