/** Who and what there is: connections, sessions, their publishers and subscribers, and streams from other proxies. */
import type { ConnectionId } from '../../core/ids.ts'
import type { Mailbox } from '../../core/mailbox.ts'
import type { Command } from '../../sfu/proxy/messages.ts'
import type { Link } from '../../sfu/sfu.ts'
import type { LegId, RemoteReceiver, Stream } from '../../sfu/stream.ts'
import type { Peer } from '../front-end.ts'

export interface Connection {
  readonly id: ConnectionId
  readonly peer: Peer
  phase: ConnectionPhase
}

export type ConnectionPhase =
  | { readonly phase: 'greeting' }
  /** A refusal is held back; what comes in meanwhile is not looked at. */
  | { readonly phase: 'held' }
  | { readonly phase: 'open'; readonly session: Session }
  /** Its end has been asked for. */
  | { readonly phase: 'over' }

/** A signaling server, or another proxy that has streams from here. */
export interface Session {
  readonly id: string
  /** For the log: the id resumes the session. */
  readonly number: number
  readonly issuer: string
  link: SessionLink
  readonly clients: Map<string, Client>
  /** By `forwardKey`: media of publishers here that is copied elsewhere on its behalf. */
  readonly forwards: Map<string, Forward>
}

export type SessionLink =
  | { readonly phase: 'open'; readonly connection: ConnectionId }
  | { readonly phase: 'parked'; readonly mailbox: Mailbox }

/** A publisher or subscriber of a session. */
export interface Client {
  readonly id: string
  readonly kind: 'publisher' | 'subscriber'
  readonly session: Session
  readonly leg: LegId
  readonly stream: Stream
  /** What it came from, while it is not there yet. */
  opening: Opening | undefined
  /** Whether the SFU has been told of it. */
  isAtSfu: boolean
  /** The present connection of a subscriber. */
  sid: string
  /** Bits per second that it may send or receive. */
  bitrate: number
  /** Where its media comes from, if that is another proxy. */
  readonly pull: Pull | undefined
  /** Of a publisher: those here that receive it. */
  readonly subscribers: Set<Client>
  /** Requests to the SFU about it, by number. */
  readonly asked: Set<number>
}

export interface Opening {
  /** The id of the request. */
  readonly request: string | undefined
  readonly since: number
}

export interface Forward {
  readonly publisher: Client
  readonly to: RemoteReceiver
}

export const forwardKey = (clientId: string, { host, port, rtcpPort }: Omit<RemoteReceiver, 'id'>): string =>
  JSON.stringify([clientId, host, port, rtcpPort])

/** Another proxy from which we have streams: there we are a client like a signaling server. */
export interface OtherProxy {
  readonly url: string
  link: Link
  phase: 'dialling' | 'greeting' | 'ready' | 'waiting'
  /** Resumes our session there. */
  sessionId: string | undefined
  /** When its connection was lost; undefined while there is one. */
  lostAt: number | undefined
  attempts: number
  readonly pulls: Set<Pull>
  /** What was asked and is not answered, by request id. */
  readonly asked: Map<string, Question>
  /** Requests that wait until we are known there. */
  unsent: string[]
  /** What was no longer wanted while we could not say so; our session there has it still. */
  owed: Command[]
}

export type Question =
  | { readonly about: 'hello' }
  | { readonly about: 'streams' | 'publish'; readonly pull: Pull }
  /** Nobody waits for the answer. */
  | { readonly about: 'nothing' }

/** A publisher of another proxy whose media comes to our Janus; all its subscribers here share it. */
export interface Pull {
  readonly key: string
  readonly other: OtherProxy
  /** `publisher` is its client id there. */
  readonly stream: Stream
  readonly leg: LegId
  /** Which media it sends is asked; our Janus makes room for it; the other is told where; it flows. */
  phase: 'listing' | 'receiving' | 'announcing' | 'ready' | 'over'
  /** Where our Janus receives. */
  ports: { readonly port: number; readonly rtcpPort: number } | undefined
  readonly subscribers: Set<Client>
  /** As of a client. */
  readonly asked: Set<number>
}

export const pullKey = (url: string, { publisher, type }: Stream): string => JSON.stringify([url, publisher, type])
