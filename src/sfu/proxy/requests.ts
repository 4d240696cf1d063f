/** The requests on one connection to a proxy: numbered, answered exactly once, and what comes too late. */
import type { Desk } from './desk.ts'
import type { Reply } from './messages.ts'

export type Answer =
  | { readonly ok: true; readonly reply: Exclude<Reply, { readonly type: 'error' }> }
  | {
      readonly ok: false
      readonly why: 'timeout' | 'not available' | 'refused'
      readonly code: string
      readonly detail: string
    }

export interface Asking {
  /** Milliseconds. */
  readonly timeout: number
  readonly answered: (answer: Answer) => void
  /** Whether there is no sense in waiting when the connection is lost, because somebody else can be asked. */
  readonly isImpatient?: boolean
  /** Whether it is asked once more when the connection was lost before the answer came. */
  readonly isRepeatable?: boolean
  /** What to do with an answer that comes after all; those are awaited for as long as the session lives. */
  readonly late?: (reply: Reply) => void
}

export interface Requests {
  /** The number under which the request goes out. */
  add(asking: Asking): string
  has(id: string): boolean
  /** Whether the reply was an answer to something. */
  settle(id: string, reply: Reply): boolean
  /** The connection is lost, but the session may be taken up again. */
  disconnected(): void
  /** The session is over: nothing will be answered. */
  forget(detail: string): void
  /** How many answers are still to come that nobody waits for. */
  readonly overdue: number
}

const mostLate = 1_000

/** `name` makes the keys of deadlines unique. */
export function createRequests(desk: Desk, name: string): Requests {
  const open = new Map<string, Asking>()
  const late = new Map<string, (reply: Reply) => void>()
  let number = 0

  function take(id: string): Asking | undefined {
    const asking = open.get(id)
    open.delete(id)
    desk.cancel(`${name} ${id}`)
    return asking
  }

  function giveUp(id: string, answer: Answer): void {
    const asking = take(id)
    if (!asking) return
    if (asking.late) late.set(id, asking.late)
    const [oldest] = late.keys()
    if (oldest !== undefined && late.size > mostLate) late.delete(oldest)
    asking.answered(answer)
  }

  return {
    add(asking) {
      const id = String(++number)
      open.set(id, asking)
      const timeout: Answer = { ok: false, why: 'timeout', code: '', detail: 'no answer in time' }
      desk.after(`${name} ${id}`, asking.timeout, () => giveUp(id, timeout))
      return id
    },
    has: (id) => open.has(id),
    settle(id, reply) {
      const asking = take(id)
      if (asking) {
        asking.answered(answerOf(reply))
        return true
      }
      const tardy = late.get(id)
      late.delete(id)
      tardy?.(reply)
      return tardy !== undefined
    },
    disconnected() {
      const detail = 'the connection was lost'
      for (const [id, { isImpatient }] of [...open]) {
        if (isImpatient) giveUp(id, { ok: false, why: 'not available', code: '', detail })
      }
    },
    forget(detail) {
      late.clear()
      for (const id of [...open.keys()]) take(id)?.answered({ ok: false, why: 'not available', code: '', detail })
    },
    get overdue() {
      return late.size
    },
  }
}

function answerOf(reply: Reply): Answer {
  if (reply.type !== 'error') return { ok: true, reply }
  const { code, message } = reply.error
  return { ok: false, why: code === 'timeout' ? 'timeout' : 'refused', code, detail: `${code}: ${message ?? ''}` }
}
