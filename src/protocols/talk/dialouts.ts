/** Outgoing calls that Nextcloud asked for and no internal client has taken yet. */

import type { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'
import type { ClientSession } from './session.ts'

export interface Dialout {
  /** The id under which the internal client is asked now. */
  readonly id: string
  /** The HTTP request that waits for the outcome. */
  readonly request: number
  readonly backend: Backend
  readonly backendUrl: string
  readonly roomId: string
  readonly number: string
  readonly options: RawJson | undefined
  /** Who is asked, and who comes after him. */
  readonly asked: ClientSession
  readonly next: readonly ClientSession[]
  /** The first refusal: the one that Nextcloud is told if nobody takes the call. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined
}

export interface Dialouts {
  add(dialout: Dialout): void
  get(id: string): Dialout | undefined
  take(id: string): Dialout | undefined
  askedOf(session: ClientSession): readonly Dialout[]
  /** That of an HTTP request. */
  ofRequest(request: number): Dialout | undefined
  readonly size: number
}

export function createDialouts(): Dialouts {
  const byId = new Map<string, Dialout>()
  return {
    add: (dialout) => {
      byId.set(dialout.id, dialout)
    },
    get: (id) => byId.get(id),
    take(id) {
      const dialout = byId.get(id)
      byId.delete(id)
      return dialout
    },
    askedOf: (session) => [...byId.values()].filter((dialout) => dialout.asked === session),
    ofRequest: (request) => [...byId.values()].find((dialout) => dialout.request === request),
    get size() {
      return byId.size
    },
  }
}
