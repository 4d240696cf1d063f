/** The loop of a batch worker: waits for sockets, lets what is there be handled, sends, and lets the event loop turn now and then. */

import type { Inbox } from './inbox.ts'
import { libc } from './libc.ts'
import type { Outbox } from './outbox.ts'
import type { Readiness } from './readiness.ts'
import type { Region } from './region.ts'

/** Without anything to do, ms: the event loop may have something to tell that nobody wakes us for. */
const longestSleep = 500
/** Without an eventfd, whoever shares the thread must not be kept waiting. */
const longestSleepUnwoken = 1
/** Under load, ms. */
const longestWithoutTurn = 50
/** Datagrams read from one socket before the next one has its turn. */
export const mostAtOnce = 64

export interface LoopParts {
  readonly region: Region
  readonly readiness: Readiness
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly wakeFd: number | undefined
  /** ms since 1970. */
  readonly now: () => number
  /** ms of a clock that is never set. */
  readonly elapsed: () => number
  /** Receives with `receive` and handles it. */
  readonly readable: (fd: number, hasError: boolean, receive: Receive, now: number) => void
  /** ms since 1970, if something ends at a time. */
  readonly nextDeadline: () => number | undefined
  readonly expired: (now: number) => void
  /** Whether since it was asked last something was done that the event loop may have to carry on. */
  readonly tookTurn: () => boolean
}

/** Fills up to `most` slots of the inbox; how many, from `inbox.first` on. */
export type Receive = (fd: number, most: number) => number

export interface Loop {
  /** Returns when the event loop is to have its turn. */
  run(): void
}

export function createLoop(parts: LoopParts): Loop {
  const { region, readiness, inbox, outbox, wakeFd, now, elapsed } = parts
  const { readable, nextDeadline, expired, tookTurn } = parts
  const { eventfd_read } = libc()
  const woken = region.addressOf(region.take(8))
  const sleep = wakeFd === undefined ? longestSleepUnwoken : longestSleep
  let restless = false

  function sendAll(): void {
    outbox.flush()
    inbox.clear()
  }

  const receive: Receive = (fd, most) => {
    if (inbox.room < mostAtOnce) sendAll()
    return inbox.receive(fd, most)
  }

  /** One look at all sockets; false when the event loop is to have its turn. */
  function round(): boolean {
    const deadline = nextDeadline()
    const before = now()
    const untilDeadline = deadline === undefined ? sleep : Math.max(0, deadline - before)
    const count = readiness.wait(restless ? 0 : Math.min(sleep, untilDeadline))
    const time = now()
    let called = false
    for (let index = 0; index < count; index++) {
      const fd = readiness.fdOf(index)
      if (fd === wakeFd) {
        eventfd_read(fd, woken)
        called = true
      } else readable(fd, readiness.hasError(index), receive, time)
    }
    sendAll()
    if (deadline !== undefined && deadline <= time) {
      expired(time)
      sendAll()
    }
    if (tookTurn()) restless = true
    else if (count === 0) {
      // Nothing is left to be done but what the event loop may have.
      restless = false
      return false
    }
    return !called
  }

  return {
    run() {
      const started = elapsed()
      while (round()) {
        if (elapsed() - started >= longestWithoutTurn) return
      }
    },
  }
}
