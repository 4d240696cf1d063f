/** Requests to Janus that are not answered yet. Each ends once: answered, refused, too late, or cut off. */
import type { Desk } from './desk.ts'
import type { Answer, JanusMessage } from './messages.ts'
import { videoRoomIn } from './messages.ts'

export type Reply =
  | { readonly ok: true; readonly answer: Answer; readonly code?: undefined; readonly why?: undefined }
  /** Janus said no, with this code. */
  | { readonly ok: false; readonly why: 'refused'; readonly code: number; readonly detail: string }
  /** Nothing came in time; or the connection or the session went, and nobody knows what became of it. */
  | { readonly ok: false; readonly why: 'timeout' | 'cut'; readonly code: undefined; readonly detail: string }

export interface Request {
  /** Whether an `ack` is all the answer there is. */
  readonly endsWithAck: boolean
  ended(reply: Reply): void
  /** Janus has it; what is sent from now on comes behind it. */
  acked?(): void
  /** It was carried out after all, when nobody waited any more; without an answer, it may yet be. */
  late?(answer: Answer | undefined): void
}

export interface Transactions {
  /** Returns the number that the request is to bear. */
  begin(request: Request): string
  /** Takes what bears the number of a request; false if nobody waits for it. */
  received(transaction: string, message: JanusMessage): boolean
  /** None will be answered, not even late. */
  cut(): void
}

interface Waiting {
  readonly request: Request
  readonly until: number
}

const alarm = 'transactions'

export function createTransactions(desk: Desk, timeout: () => number): Transactions {
  /** In the order of their time: one alarm, for the first of them, serves all. */
  const waiting = new Map<string, Waiting>()
  const overdue = new Map<string, Request>()
  let last = 0
  let isArmed = false

  function arm(): void {
    const [first] = waiting.values()
    isArmed = first !== undefined
    if (first) desk.at(alarm, first.until, ring)
    else desk.cancel(alarm)
  }

  function ring(): void {
    for (const [transaction, { request, until }] of [...waiting]) {
      if (until > desk.now()) break
      waiting.delete(transaction)
      if (request.late) overdue.set(transaction, request)
      request.ended({ ok: false, why: 'timeout', code: undefined, detail: 'no answer in time' })
    }
    arm()
  }

  return {
    begin(request) {
      const transaction = String(++last)
      waiting.set(transaction, { request, until: desk.now() + timeout() })
      if (!isArmed) arm()
      return transaction
    },
    received(transaction, message) {
      const found = waiting.get(transaction)
      if (found) {
        const { request } = found
        if (message.janus === 'ack' && !request.endsWithAck) request.acked?.()
        else {
          const reply = replyIn(message)
          if (reply) {
            waiting.delete(transaction)
            request.ended(reply)
          }
        }
        return true
      }
      const missed = overdue.get(transaction)
      if (!missed || message.janus === 'ack') return false
      overdue.delete(transaction)
      const reply = replyIn(message)
      if (reply?.ok) missed.late?.(reply.answer)
      return true
    },
    cut() {
      const cutOff = [...waiting.values()]
      waiting.clear()
      arm()
      for (const { request } of cutOff) {
        request.ended({ ok: false, why: 'cut', code: undefined, detail: 'connection lost' })
      }
      const all = [...overdue.values()]
      overdue.clear()
      for (const request of all) request.late?.(undefined)
    },
  }
}

function replyIn(message: JanusMessage): Reply | undefined {
  switch (message.janus) {
    case 'error':
      return refusal(message.error.code, message.error.reason)
    case 'success':
    case 'event': {
      const data = videoRoomIn(message)
      return data?.error_code === undefined ? { ok: true, answer: message } : refusal(data.error_code, data.error)
    }
    case 'ack':
    case 'server_info':
      return { ok: true, answer: message }
    default:
      return undefined
  }
}

function refusal(code: number, reason: string | undefined): Reply {
  return { ok: false, why: 'refused', code, detail: `${code} ${reason ?? ''}`.trim() }
}
