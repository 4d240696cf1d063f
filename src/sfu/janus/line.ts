/**
 * What is said on one handle, in order: a message goes when Janus has the one before it, since Janus gives messages to
 * its plugins from several threads at once. What a cut of the connection leaves unanswered is said again.
 */
import type { Body } from './requests.ts'
import type { JanusSession, Jsep } from './session.ts'
import type { Reply } from './transactions.ts'

export interface Line {
  readonly handle: string
  message(body: Body, jsep: Jsep | undefined, then: (reply: Reply) => void): void
  /** `candidate` is JSON. Those that come while Janus has not acknowledged the one before go together. */
  trickle(candidate: string): void
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

/** `refused` hears of candidates that Janus did not take. */
export function createLine(
  session: Pick<JanusSession, 'isUp' | 'message' | 'trickle'>,
  handle: string,
  refused: (reply: Reply & { readonly ok: false }) => void,
): Line {
  let queue: (Saying | string)[] = []
  /** What was cut off, in order. */
  let unanswered: Saying[] = []
  let blockedBy: Saying | undefined
  let candidates: string[] = []
  let isTrickling = false
  let isOver = false

  function put(one: Saying | string): void {
    if (isOver) return
    queue.push(one)
    go()
  }

  function go(): void {
    while (!isOver && !blockedBy && unanswered.length === 0 && session.isUp()) {
      const next = queue.shift()
      if (next === undefined) break
      if (typeof next === 'string') candidates.push(next)
      else say(next)
    }
    trickle()
  }

  function say(saying: Saying): void {
    // What is behind a candidate must not overtake it, if it can be helped.
    trickle()
    blockedBy = saying
    session.message(handle, saying.body, saying.jsep, {
      ended: (reply) => answered(saying, reply),
      acked: () => passed(saying),
    })
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

  function trickle(): void {
    if (isOver || isTrickling || candidates.length === 0 || !session.isUp()) return
    const batch = candidates
    candidates = []
    isTrickling = true
    session.trickle(handle, batch, (reply) => {
      isTrickling = false
      if (isOver) return
      if (reply.why === 'cut') {
        candidates = [...batch, ...candidates]
        return
      }
      if (!reply.ok) refused(reply)
      trickle()
    })
  }

  return {
    handle,
    message: (body, jsep, said) => put({ body, jsep, said }),
    trickle: put,
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
    },
  }
}
