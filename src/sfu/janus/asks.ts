/** What was asked and not answered yet: each question has one answer, within the time limit. */
import type { SfuEvent, SfuFailure } from '../sfu.ts'
import type { LegId } from '../stream.ts'
import type { Desk } from './desk.ts'

/** An event that answers a question. */
export type AnswerEvent =
  | Extract<SfuEvent, { readonly request: number }>
  | Extract<SfuEvent, { readonly event: 'offer' }>

export interface Failure {
  readonly why: SfuFailure
  readonly detail: string
}

export interface Asks {
  /** `overdue` says why there was no answer in time. */
  open(leg: LegId, request: number, overdue: () => Failure): void
  isOpen(leg: LegId, request: number): boolean
  of(leg: LegId): readonly number[]
  /** Told only to those who still wait for it. */
  answer(event: AnswerEvent & { readonly request: number }): void
  fail(leg: LegId, request: number, failure: Failure): void
  failAll(leg: LegId, failure: Failure): void
  /** Nobody wants to hear of this leg any more. */
  forget(leg: LegId): void
  forgetAll(): void
}

export function createAsks(url: string, desk: Desk, timeout: () => number): Asks {
  const open = new Map<LegId, Set<number>>()
  const key = (leg: LegId, request: number): string => `ask ${leg} ${request}`

  function close(leg: LegId, request: number): boolean {
    const asked = open.get(leg)
    if (!asked?.delete(request)) return false
    if (asked.size === 0) open.delete(leg)
    desk.cancel(key(leg, request))
    return true
  }

  function fail(leg: LegId, request: number, { why, detail }: Failure): void {
    if (!close(leg, request)) return
    if (why === 'refused') desk.note({ fact: 'sfu-request-failed', url, request: `of leg ${leg}`, detail })
    desk.tell({ event: 'failed', leg, request, why, detail })
  }

  function forget(leg: LegId): void {
    for (const request of [...(open.get(leg) ?? [])]) close(leg, request)
  }

  return {
    open(leg, request, overdue) {
      const asked = open.get(leg)
      if (asked) asked.add(request)
      else open.set(leg, new Set([request]))
      desk.at(key(leg, request), desk.now() + timeout(), () => fail(leg, request, overdue()))
    },
    of: (leg) => [...(open.get(leg) ?? [])],
    isOpen: (leg, request) => open.get(leg)?.has(request) ?? false,
    answer(event) {
      if (close(event.leg, event.request)) desk.tell(event)
    },
    fail,
    failAll(leg, failure) {
      for (const request of [...(open.get(leg) ?? [])]) fail(leg, request, failure)
    },
    forget,
    forgetAll() {
      for (const leg of [...open.keys()]) forget(leg)
    },
  }
}
