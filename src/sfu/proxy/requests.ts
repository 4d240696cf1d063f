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
  /** Sends it, or keeps it until `resumed`; false if too much is kept already. */
  ask(message: object, asking: Asking, isLater: boolean): boolean
  /** Whether the reply was an answer to something. */
  settle(id: string, reply: Reply): boolean
  /** The connection is lost, but the session may be taken up again. */
  disconnected(): void
  /** The session was taken up again. */
  resumed(): void
  /** The session is over: nothing will be answered. */
  forget(detail: string): void
  /** Whether an answer was lost with a connection that may have told of something that was made. */
  readonly isDoubtful: boolean
}

interface Sent {
  readonly id: string
  readonly text: string
}

const mostLate = 1_000
/** Requests that wait for the session to be taken up again. */
const mostWaiting = 1_000

/** `name` makes the keys of deadlines unique. */
export function createRequests(desk: Desk, name: string, send: (text: string) => void): Requests {
  const open = new Map<string, Asking>()
  const late = new Map<string, (reply: Reply) => void>()
  let waiting: Sent[] = []
  /** What is to be asked once more if the connection is lost. */
  let repeatable: Sent[] = []
  let hasLost = false
  let number = 0
  const isOpen = ({ id }: Sent): boolean => open.has(id)

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
    ask(message, asking, isLater) {
      if (isLater && waiting.length >= mostWaiting) return false
      const id = String(++number)
      const sent = { id, text: JSON.stringify({ id, ...message }) }
      open.set(id, asking)
      const timeout: Answer = { ok: false, why: 'timeout', code: '', detail: 'no answer in time' }
      desk.after(`${name} ${id}`, asking.timeout, () => giveUp(id, timeout))
      if (isLater) waiting.push(sent)
      else {
        if (asking.isRepeatable) repeatable = [...repeatable.filter(isOpen), sent]
        send(sent.text)
      }
      return true
    },
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
      hasLost ||= late.size > 0
      waiting.push(...repeatable.filter(isOpen))
      repeatable = []
    },
    resumed() {
      const due = waiting.filter(isOpen)
      waiting = []
      for (const { text } of due) send(text)
    },
    forget(detail) {
      late.clear()
      waiting = []
      repeatable = []
      hasLost = false
      for (const id of [...open.keys()]) take(id)?.answered({ ok: false, why: 'not available', code: '', detail })
    },
    get isDoubtful() {
      return hasLost && late.size > 0
    },
  }
}

function answerOf(reply: Reply): Answer {
  if (reply.type !== 'error') return { ok: true, reply }
  const { code, message } = reply.error
  return { ok: false, why: code === 'timeout' ? 'timeout' : 'refused', code, detail: `${code}: ${message ?? ''}` }
}
