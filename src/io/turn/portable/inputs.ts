/** Hands inputs to the machine, one at a time: one input, then all of its actions, in order, before the next. */
import type { WorldFact } from '../../../observe/facts.ts'
import type { TurnAction } from '../../../turn/action.ts'
import type { Client } from '../../../turn/five-tuple.ts'
import type { TurnActions, TurnServer } from '../../../turn/server.ts'
import { createAlarm } from '../../clock.ts'

export interface Inputs extends Disposable {
  /** `blame` is called if the input or one of its actions threw. */
  put(input: (now: number) => TurnActions, blame?: () => void): void
  /** A STUN message from a client, in octets that are only looked at during the call. */
  received(bytes: Uint8Array, start: number, end: number, client: Client, blame: () => void): void
  /** Tells of a bug that was caught. */
  broke(error: unknown): void
  /** There is a deadline that is earlier than those known. */
  rearm(): void
}

export interface InputsParts {
  readonly server: TurnServer
  /** `looking` are the octets of the message that is being looked at. */
  readonly carryOut: (action: TurnAction, looking: Uint8Array) => void
  readonly now: () => number
  readonly note: (fact: WorldFact) => void
  /** Everything that was put is carried out. */
  readonly settled: () => void
  /** Deadlines of the world's own. */
  readonly nextDeadline: () => number | undefined
  readonly expired: (now: number) => void
}

interface Waiting {
  readonly input: (now: number) => TurnActions
  readonly looking: Uint8Array
  readonly blame: (() => void) | undefined
}

const nothing = new Uint8Array(0)

export function createInputs(parts: InputsParts): Inputs {
  const { server, carryOut, now, note, settled } = parts
  const waiting: Waiting[] = []
  const alarm = createAlarm()
  let isBusy = false
  let armedFor = Number.POSITIVE_INFINITY

  function broke(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    note({ fact: 'machine-broke', where: 'turn', error: text })
  }

  function work(first: Waiting): void {
    if (isBusy) {
      waiting.push(first)
      return
    }
    isBusy = true
    for (let next: Waiting | undefined = first; next !== undefined; next = waiting.shift()) one(next)
    isBusy = false
    rearm()
    settled()
  }

  function one({ input, looking, blame }: Waiting): void {
    let isBroken = false
    // An action that throws keeps none of the others from being done: sockets are closed, ports given back.
    const guarded = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        isBroken = true
        broke(error)
      }
    }
    guarded(() => {
      for (const action of input(now())) guarded(() => carryOut(action, looking))
    })
    if (isBroken && blame) guarded(blame)
  }

  function rearm(): void {
    const next = Math.min(
      server.nextDeadline() ?? Number.POSITIVE_INFINITY,
      parts.nextDeadline() ?? Number.POSITIVE_INFINITY,
    )
    // A deadline that was put off is looked at when the alarm rings for nothing; one that is overdue, at once.
    if (next >= armedFor && armedFor > now()) return
    if (next === Number.POSITIVE_INFINITY) return
    armedFor = next
    alarm.wakeAt(next, ring)
  }

  function ring(): void {
    armedFor = Number.POSITIVE_INFINITY
    try {
      parts.expired(now())
    } catch (error) {
      broke(error)
    }
    put((time) => server.expired(time))
  }

  function put(input: (time: number) => TurnActions, blame?: () => void): void {
    work({ input, looking: nothing, blame })
  }

  return {
    put,
    received(bytes, start, end, client, blame) {
      const looking = isBusy ? bytes.slice(start, end) : bytes
      const shift = isBusy ? start : 0
      work({
        looking,
        blame,
        input: (time) => server.received(looking, start - shift, end - shift, client, time),
      })
    },
    broke,
    rearm,
    [Symbol.dispose]: () => alarm[Symbol.dispose](),
  }
}
