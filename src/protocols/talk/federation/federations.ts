/** Who is in rooms of other servers, and by which link: the maps that have to agree stand here together. */
import type { ConnectionId, SessionId } from '../../../core/ids.ts'
import type { Mailbox } from '../../../core/mailbox.ts'
import type { ClientSession } from '../session.ts'
import { createAttempts } from './attempts.ts'
import type { Budget } from './budget.ts'
import type { Clouds } from './clouds.ts'
import type { FederationLink } from './link.ts'
import type { Place } from './place.ts'
import type { Present } from './present.ts'

/** A room as this client knows it, and as the other server does. */
export interface FederatedRoom {
  readonly local: string
  readonly remote: string
  /** Nextcloud's id of the participant. */
  readonly roomSession: string
}

/** A join that the other server has not answered yet. */
export interface Wanted extends FederatedRoom {
  /** The id under which we asked. */
  readonly join: string
  /** The id under which the client did; undefined for a room that it was in before. */
  readonly request: string | null | undefined
  /** The connection whose next message waits for the answer. */
  readonly connection: ConnectionId | undefined
}

/**
 * How far a link has come. `welcome`, `hello` and `joining` wait for the other server's word; in `pausing` there is no
 * link, and the next try is due soon.
 */
export type FederationPhase = 'dialling' | 'welcome' | 'hello' | 'joining' | 'joined' | 'pausing'

/** A session in a room of another server, or on its way there. */
export interface Federated {
  /** For its deadline; never used twice. */
  readonly number: number
  readonly session: ClientSession
  readonly place: Place
  readonly clouds: Clouds
  token: string
  phase: FederationPhase
  link: FederationLink
  /** The id of the hello that is open. */
  hello: string
  /** Who we are at the other server, once it has said so. */
  remote: { readonly id: string; readonly resumeId: string } | undefined
  /** Undefined until the first join has succeeded. */
  room: FederatedRoom | undefined
  wanted: Wanted | undefined
  /** Whether the client was told that the link is cut, and not yet that it is back. */
  isInterrupted: boolean
  /** What the client says while there is no link. */
  readonly waiting: Mailbox
  readonly present: Present
  readonly budget: Budget
  /** ms until the next try, if the link breaks now. */
  delay: number
  /** When the link was last as it should be (ms). */
  since: number
}

export interface Federations {
  /** The federated room that a session is in, cut off or not. */
  of(session: SessionId): Federated | undefined
  /** The one that it is on its way to. */
  attemptOf(session: SessionId): Federated | undefined
  byLink(link: FederationLink): Federated | undefined
  begin(federated: Federated): void
  /** An attempt has succeeded; what the session was in before is handed out, to be ended. */
  settle(federated: Federated): Federated | undefined
  relink(federated: Federated, link: FederationLink): void
  remove(federated: Federated): void
  joined(): IterableIterator<Federated>
  /** How many somebody has; all guests of a backend count as one. */
  countOf(session: ClientSession): number
  /** Whether he may have one more connection made just now. */
  mayTry(session: ClientSession, now: number): boolean
  readonly size: number
  /** The connection may be listened to again. */
  release(connection: ConnectionId | undefined): void
  takeReleased(): ConnectionId | undefined
}

export function createFederations(): Federations {
  const rooms = new Map<SessionId, Federated>()
  const attempts = new Map<SessionId, Federated>()
  const links = new Map<FederationLink, Federated>()
  const live = new Set<Federated>()
  const counts = new Map<string, number>()
  const released: ConnectionId[] = []
  const tries = createAttempts()

  const ownerOf = ({ user, backend }: ClientSession): string => user ?? `guests of\n${backend.id}`

  function count(session: ClientSession, by: 1 | -1): void {
    const owner = ownerOf(session)
    const now = (counts.get(owner) ?? 0) + by
    if (now > 0) counts.set(owner, now)
    else counts.delete(owner)
  }

  return {
    of: (id) => rooms.get(id),
    attemptOf: (id) => attempts.get(id),
    byLink: (link) => links.get(link),
    begin(federated) {
      attempts.set(federated.session.id, federated)
      links.set(federated.link, federated)
      live.add(federated)
      count(federated.session, 1)
    },
    settle(federated) {
      const { id } = federated.session
      const former = rooms.get(id)
      if (attempts.get(id) === federated) attempts.delete(id)
      rooms.set(id, federated)
      return former === federated ? undefined : former
    },
    relink(federated, link) {
      links.delete(federated.link)
      federated.link = link
      links.set(link, federated)
    },
    remove(federated) {
      const { id } = federated.session
      if (!live.delete(federated)) return
      count(federated.session, -1)
      if (links.get(federated.link) === federated) links.delete(federated.link)
      // Another may have taken its place already.
      if (rooms.get(id) === federated) rooms.delete(id)
      if (attempts.get(id) === federated) attempts.delete(id)
    },
    joined: () => rooms.values(),
    mayTry: (session, now) => tries.spend(ownerOf(session), now),
    countOf: (session) => counts.get(ownerOf(session)) ?? 0,
    get size() {
      return live.size
    },
    release(connection) {
      if (connection !== undefined) released.push(connection)
    },
    takeReleased: () => released.shift(),
  }
}
