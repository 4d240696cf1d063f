/** What the wiring of the whole server sees of one front end, whichever protocol it speaks. */
import type { IceServer } from '../auth/ice-servers.ts'
import type { Config } from '../config/config.ts'
import type { Gate } from '../io/admit-socket.ts'
import type { Paths } from '../io/router.ts'
import type { Report } from '../observe/report.ts'

/** What all front ends are given. */
export interface Surroundings {
  readonly report: Report
  readonly gate: Gate
  /** For a client's RTCPeerConnection, with credentials that are good for a while; `user` is what quotas count by. */
  readonly iceServers: (user: string) => readonly IceServer[]
}

/** Disposed of when its sockets are gone, or when nobody waits for them any longer. */
export interface RunningFrontEnd extends Disposable {
  readonly paths: Paths
  /** In bytes. */
  readonly longestMessage: number
  /** Takes over what may change while running. */
  reload(config: Config): void
  /** Resolves when the last session is gone that a person needs. */
  drained(): Promise<void>
  /** Says to every client that the server restarts. */
  closeAll(): void
  /** Resolves when the last socket is gone. */
  emptied(): Promise<void>
}

/** Service restart: every client comes back after it. Talk's web client takes 1001 for the end. */
export const restarting = 1012

export const describeError = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
