/** What the relay front end is told, asks and notes. */
import type { Vocabulary } from '../front-end.ts'
import type { RelayFact } from './facts.ts'
import type { RoomName } from './room-name.ts'

export type HookEvent = 'create' | 'join' | 'leave'

/** Somebody has entered or left a room; `others` are the user names of the rest, in the order in which they came. */
export interface Happening {
  readonly event: HookEvent
  readonly room: RoomName
  readonly username: string
  readonly others: readonly string[]
}

export type RelayAsk =
  | { readonly ask: 'password'; readonly username: string }
  /** Answered when the hook has been tried, or need not be waited for. */
  | { readonly ask: 'hook'; readonly happening: Happening }

export type RelayAnswer =
  | { readonly answer: 'password'; readonly password: string }
  | { readonly answer: 'unknown' }
  | { readonly answer: 'failed' }
  | { readonly answer: 'done' }

export interface RelayArrival {
  readonly address: string
  readonly room: RoomName
}

export interface Relay extends Vocabulary {
  readonly arrival: RelayArrival
  /** The text of a frame: what it means depends on who says it when. */
  readonly incoming: string
  /** Something that members are told from outside their room. */
  readonly event: { readonly event: 'text'; readonly text: string }
  readonly ask: RelayAsk
  readonly answer: RelayAnswer
  readonly command: never
  readonly fact: RelayFact
}
