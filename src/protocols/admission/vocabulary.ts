/** What the admission front end is told, tells and notes, and what it has to know. */
import type { IceServer } from '../../auth/ice-servers.ts'
import type { Vocabulary } from '../front-end.ts'
import type { AdmissionFact } from './facts.ts'
import type { Incoming } from './wire.ts'

/** Who has connected, after his token was found good. */
export interface AdmissionArrival {
  /** As `addressKey` has it. */
  readonly address: string
  /** The socket id: what others name him by. */
  readonly socket: string
}

/** One packet for all who are in a room, wherever they are. */
export interface AdmissionEvent {
  readonly packet: string
  /** The socket that is not told. */
  readonly except?: string
}

/** It asks nothing of the world. */
export interface Admission extends Vocabulary {
  readonly arrival: AdmissionArrival
  readonly incoming: Incoming
  readonly event: AdmissionEvent
  readonly ask: never
  readonly answer: never
  readonly command: never
  readonly fact: AdmissionFact
}

/** Durations are ms. */
export interface AdmissionSettings {
  readonly appSecret: string
  readonly tokenLifetime: number
  /** Of a member that is passed on unread, in bytes of JSON. */
  readonly maxPayload: number
  /** How long an owner may take to decide. */
  readonly requestTimeout: number
  /** That one socket may be in or ask for. */
  readonly maxRooms: number
  readonly maxMembers: number
  /** Events a second that one socket may send for long; five times as many at once. 0 is no limit. */
  readonly eventRate: number
  /** 1: `peersinfo` is there if somebody in the room gave a `peerinfo`; 2: always. */
  readonly revision: 1 | 2
}

/** What the machine cannot know by itself. */
export interface AdmissionMeans {
  readonly random: (count: number) => Uint8Array
  readonly iceServers: (user: string) => readonly IceServer[]
}
