/**
 * Nextcloud's requests about participants who are just joining: they wait for the join, at most a second, because
 * who is not there yet would miss them. Nextcloud itself gets its answer at once and never waits.
 */
import { roomKey } from '../../core/ids.ts'
import { flushAllJoins } from './joins.ts'
import { type IncomingRequest, mentionedSessions, perform } from './requests.ts'
import type { State } from './state.ts'

/** How long (ms) a request waits for the joins that it needs. */
const patience = 1_000

export interface WaitingRequests {
  take(request: IncomingRequest): void
  /** A join has ended, well or not: whoever waited for it alone may go on. */
  retry(): void
  /** The first of those that wait has waited long enough. */
  giveUp(): void
}

export function createWaitingRequests(state: State): WaitingRequests {
  const waiting: IncomingRequest[] = []

  function awaitsJoin(request: IncomingRequest): boolean {
    const mentioned = new Set(mentionedSessions(request))
    if (mentioned.size === 0) return false
    for (const pending of state.pending.values()) {
      if (pending.for !== 'join' || pending.session.backend.id !== request.backend.id) continue
      if (mentioned.has(pending.message.room.sessionid ?? '')) return true
    }
    return false
  }

  /**
   * Those that need not wait: neither for a join, nor behind one of their type for the same room that does. If a later
   * one were first, the earlier one would be stale when its join is there.
   */
  function readyOf(requests: readonly IncomingRequest[]): readonly IncomingRequest[] {
    const held = new Set<string>()
    return requests.filter((request) => {
      const kind = `${request.request.type} ${roomKey(request.backend.id, request.roomId)}`
      if (!held.has(kind) && !awaitsJoin(request)) return true
      held.add(kind)
      return false
    })
  }

  function release(): void {
    const ready = readyOf(waiting)
    waiting.splice(0, waiting.length, ...waiting.filter((request) => !ready.includes(request)))
    for (const request of ready) takeUp(request)
    arm()
  }

  /** What was waited for comes after the news of who came. */
  function takeUp(request: IncomingRequest): void {
    flushAllJoins(state)
    perform(state, request)
  }

  function arm(): void {
    const [first] = waiting
    if (first) state.deadlines.set('waiting-requests', first.received + patience, { due: 'waiting-requests' })
    else state.deadlines.cancel('waiting-requests')
  }

  return {
    take(request) {
      if (request.request.type !== 'dialout') {
        state.emit({ do: 'reply', to: request.number, status: 200, body: '{}' })
      }
      if (readyOf([...waiting, request]).includes(request)) return perform(state, request)
      waiting.push(request)
      arm()
    },
    retry() {
      if (waiting.length > 0) release()
    },
    giveUp() {
      while (waiting[0] && waiting[0].received + patience <= state.now()) {
        const late = waiting.shift()
        if (late) takeUp(late)
      }
      release()
    },
  }
}
