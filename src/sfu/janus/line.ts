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
  /** `candidate` is JSON. */
  trickle(candidate: string, then: (reply: Reply) => void): void
  /** There is a connection again, and the handle is still there. */
  resume(): void
  /** Nothing more is said, and no answer is heard. */
  end(): void
}

interface Saying {
  /** Whether what comes behind it has to wait until Janus has it. */
  readonly isMessage: boolean
  readonly say: (then: (reply: Reply) => void, acked: () => void) => void
  readonly said: (reply: Reply) => void
}

export function createLine(session: Pick<JanusSession, 'isUp' | 'message' | 'trickle'>, handle: string): Line {
  let queue: Saying[] = []
  /** What was cut off, in order. */
  let unanswered: Saying[] = []
  let blockedBy: Saying | undefined
  let isOver = false

  function put(saying: Saying): void {
    if (isOver) return
    queue.push(saying)
    go()
  }

  function go(): void {
    while (!isOver && !blockedBy && unanswered.length === 0 && session.isUp()) {
      const saying = queue.shift()
      if (!saying) return
      if (saying.isMessage) blockedBy = saying
      saying.say(
        (reply) => answered(saying, reply),
        () => passed(saying),
      )
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

  return {
    handle,
    message(body, jsep, then) {
      put({ isMessage: true, said: then, say: (ended, acked) => session.message(handle, body, jsep, { ended, acked }) })
    },
    trickle(candidate, then) {
      put({ isMessage: false, said: then, say: (ended) => session.trickle(handle, candidate, ended) })
    },
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
    },
  }
}
