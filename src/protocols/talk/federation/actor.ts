/** Somebody of another Nextcloud, as the Nextcloud of the room knows him. */
import type { Session } from '../session.ts'

interface Actor {
  readonly actorid: string
  readonly actortype: string
}

/** What Talk has to be told in addition when a federated session comes or goes: the token's user data name it. */
export function federatedActor(session: Session): Actor | Record<never, never> {
  if (session.kind !== 'federation' || !session.userData) return {}
  const user: unknown = JSON.parse(session.userData.text)
  if (typeof user !== 'object' || user === null) return {}
  const { actorId, actorType } = user as { readonly actorId?: unknown; readonly actorType?: unknown }
  return typeof actorId === 'string' && typeof actorType === 'string' ? { actorid: actorId, actortype: actorType } : {}
}
