/** What the admission machine keeps: its sessions, its rooms, its deadlines, and the effects of the present input. */
import type { ConnectionId, RoomKey } from '../../core/ids.ts'
import { createDeadlines, type Deadlines } from '../../lib/deadline.ts'
import type { Effect } from '../front-end.ts'
import type { RawJson } from '../json-wire.ts'
import { createRooms, type Rooms } from './rooms.ts'
import type { Admission, AdmissionMeans, AdmissionSettings } from './vocabulary.ts'

/** One socket that is connected. */
export interface Session {
  readonly id: ConnectionId
  readonly socket: string
  readonly address: string
  /** The token that it got last; saves a computation on each event. */
  granted: Granted | undefined
  peerinfo: RawJson | undefined
  readonly rooms: Set<RoomKey>
  /** The rooms that it waits for. */
  readonly asks: Set<RoomKey>
  readonly budget: Budget
}

export interface Granted {
  /** The bytes of the token. */
  readonly token: Buffer
  readonly app: string
  /** In ms. */
  readonly expires: number
}

/** Events that may still come, as of a time; below zero there are refusals. */
export interface Budget {
  left: number
  asOf: number
}

/** That an owner's time to decide is over. */
export interface Due {
  readonly room: RoomKey
  readonly candidate: ConnectionId
}

export interface State {
  readonly settings: AdmissionSettings
  readonly means: AdmissionMeans
  readonly sessions: Map<ConnectionId, Session>
  readonly bySocket: Map<string, ConnectionId>
  readonly rooms: Rooms
  readonly deadlines: Deadlines<Due>
  /** Of the present input. */
  effects: Effect<Admission>[]
  now: number
}

export const createState = (settings: AdmissionSettings, means: AdmissionMeans): State => ({
  settings,
  means,
  sessions: new Map(),
  bySocket: new Map(),
  rooms: createRooms(),
  deadlines: createDeadlines(),
  effects: [],
  now: 0,
})

export const dueKey = (room: RoomKey, candidate: ConnectionId): string => `${candidate} ${room}`

/** The session that others mean by a socket id. */
export function sessionOf(state: State, socket: string | undefined): Session | undefined {
  const id = socket === undefined ? undefined : state.bySocket.get(socket)
  return id === undefined ? undefined : state.sessions.get(id)
}

export const socketOf = (state: State, id: ConnectionId): string => state.sessions.get(id)?.socket ?? ''

/** How many rooms it is in or asks for. */
export const roomsOf = ({ rooms, asks }: Session): number => rooms.size + asks.difference(rooms).size
