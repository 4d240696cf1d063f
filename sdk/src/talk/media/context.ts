/** What the streams of a call have in common: how they speak to the server, and what their connections are made of. */
import type { HeliographError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { World } from '../../core/world.ts'
import type { IceServers } from '../../rtc/ice-servers.ts'
import type { RtcOptions } from '../../rtc/peer-link.ts'

export interface MediaContext {
  readonly world: World
  readonly rtc: RtcOptions
  readonly servers: IceServers
  /** Our session; changes when we are somebody new. */
  readonly selfId: string
  /** True if a connection that is there may be offered again with other media. */
  readonly mayUpdate: boolean
  /** Says something about a stream of that session; `refused` is called if the server says no. */
  say(session: string, data: JsonObject, refused?: (error: HeliographError) => void): void
}

/** `interrupted`: it is tried again. `refused`: it is not, until it is asked for. */
export type StreamState = 'new' | 'connecting' | 'connected' | 'interrupted' | 'refused' | 'closed'

export interface StreamStateChange {
  readonly from: StreamState
  readonly to: StreamState
}

/** ms that an answer may take: the server waits for others for ten seconds. */
export const answerPatience = 15_000

/** The name of the channel on which Talk's clients tell of muted microphones and the like. */
export const statusChannel = 'status'
/** What Talk's clients call the channel on which they get those words. */
export const receivingChannel = 'JanusDataChannel'
