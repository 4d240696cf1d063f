/**
 * What is said on one handle, in order: a message goes when Janus has the one before it, since Janus gives messages to
 * its plugins from several threads at once. What a cut of the connection leaves unanswered is said again.
 */
import type { Desk } from './desk.ts'
import { mostWaiting } from './parts.ts'
import type { Body } from './requests.ts'
import type { JanusSession, Jsep } from './session.ts'
import type { Reply } from './transactions.ts'

export interface Line {
  readonly handle: string
  message(body: Body, jsep: Jsep | undefined, then: (reply: Reply) => void): void
  /** `candidate` is JSON. Those that come shortly after others go together; `isLast` ends the waiting for more. */
  trickle(candidate: string, isLast: boolean): void
  /** There is a connection again, and the handle is still there. */
  resume(): void
  /** Nothing more is said, and no answer is heard. */
  end(): void
}

interface Saying {
  readonly body: Body
  readonly jsep: Jsep | undefined
  readonly said: (reply: Reply) => void
}

/** How long (ms) candidates wait for others: browsers find most of theirs within a moment. */
const gathering = 20

const tooMuch: Reply = { ok: false, why: 'refused', code: 0, detail: 'too much is waiting' }

/** `refused` hears of candidates that Janus did not take. */
export function createLine(
  { session, desk }: { readonly session: Pick<JanusSession, 'isUp' | 'message' | 'trickle'>; readonly desk: Desk },
  handle: string,
  refused: (reply: Reply & { readonly ok: false }) => void,
): Line {
  const alarm = `trickle ${handle}`
  let queue: Saying[] = []
  /** What was cut off, in order. */
  let unanswered: Saying[] = []
  let blockedBy: Saying | undefined
  let candidates: string[] = []
  let isGathering = false
  let isOver = false

  function put(saying: Saying): void {
    if (isOver) return
    if (queue.length >= mostWaiting) return saying.said(tooMuch)
    queue.push(saying)
    go()
  }

  function go(): void {
    while (!isOver && !blockedBy && unanswered.length === 0 && session.isUp()) {
      const next = queue.shift()
      if (!next) return isGathering ? undefined : trickle()
      blockedBy = next
      session.message(handle, next.body, next.jsep, {
        ended: (reply) => answered(next, reply),
        acked: () => passed(next),
      })
    }
  }

  function passed(saying: Saying): void {
    if (blockedBy !== saying) return
    blockedBy = undefined
    go()
  }

  function answered(saying: Saying, reply: Reply): void {
    if (isOver) return
    if (reply.why === 'cut') {
      unanswered.push(saying)
      if (blockedBy === saying) blockedBy = undefined
      return
    }
    saying.said(reply)
    passed(saying)
  }

  function gather(candidate: string, isLast: boolean): void {
    if (isOver || candidates.length >= mostWaiting) return
    candidates.push(candidate)
    if (isLast || !isGathering) trickle()
  }

  /** What there is goes, behind the message that it belongs to, and what comes next waits for a while. */
  function trickle(): void {
    if (candidates.length === 0 || blockedBy || queue.length > 0 || unanswered.length > 0 || !session.isUp()) return
    const batch = candidates
    candidates = []
    isGathering = true
    desk.at(alarm, desk.now() + gathering, () => {
      isGathering = false
      trickle()
    })
    session.trickle(handle, batch, (reply) => {
      if (isOver || reply.ok) return
      if (reply.why === 'cut') candidates = [...batch, ...candidates]
      else refused(reply)
    })
  }

  return {
    handle,
    message: (body, jsep, said) => put({ body, jsep, said }),
    trickle: gather,
    resume() {
      queue = [...unanswered, ...queue]
      unanswered = []
      blockedBy = undefined
      go()
    },
    end() {
      isOver = true
      queue = []
      unanswered = []
      candidates = []
      desk.cancel(alarm)
    },
  }
}
