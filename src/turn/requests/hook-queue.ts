/** Requests that wait for what the hook says about their user name: copies, and none for a client that has gone (SPEC A13, A14). */
import type { StunMessage } from '../codec/message.ts'
import type { Client, ClientKey } from '../five-tuple.ts'
import { createHookAnswers, type HookAnswer } from '../hook-answers.ts'

export interface Waiting {
  /** The whole of the request. */
  readonly bytes: Uint8Array
  readonly client: Client
}

export interface HookQueue {
  find(username: string, now: number): HookAnswer | undefined
  isAsked(username: string): boolean
  wait(username: string, message: StunMessage, client: Client, key: ClientKey): 'ask' | 'wait' | 'full'
  /** Takes the answer in and gives back who waited and is still there. */
  answered(username: string, answer: HookAnswer | undefined, now: number): readonly Waiting[]
  forget(client: ClientKey): void
}

/** A client some of whose requests wait. */
interface Presence {
  isGone: boolean
  waiting: number
}

/** Octets. No request of a sensible client is longer, and a copy of each has to be kept. */
const longestWaiting = 2048

/** Of one client: a request and what it repeats, not a list of names. */
const mostWaiting = 4

export function createHookQueue(): HookQueue {
  const answers = createHookAnswers<Waiting & { readonly key: ClientKey; readonly presence: Presence }>()
  const presences = new Map<ClientKey, Presence>()

  return {
    find: answers.find,
    isAsked: answers.isAsked,
    wait(username, { bytes, start, end }, client, key) {
      if (end - start > longestWaiting) return 'full'
      const presence = presences.get(key) ?? { isGone: false, waiting: 0 }
      if (presence.waiting >= mostWaiting) return 'full'
      const outcome = answers.wait(username, { bytes: bytes.slice(start, end), client, key, presence })
      if (outcome !== 'full') {
        presence.waiting++
        presences.set(key, presence)
      }
      return outcome
    },
    answered(username, answer, now) {
      const waiting = answers.answered(username, answer, now)
      for (const { key, presence } of waiting) {
        if (--presence.waiting === 0 && presences.get(key) === presence) presences.delete(key)
      }
      return waiting.filter(({ presence }) => !presence.isGone)
    },
    forget(client) {
      const presence = presences.get(client)
      if (presence) presence.isGone = true
      presences.delete(client)
    },
  }
}
