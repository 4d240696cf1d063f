/** What the parts of the machine share: the time of the present input, what is to be done about it, and alarms. */
import { createDeadlines } from '../../lib/deadline.ts'
import type { SfuFact } from '../facts.ts'
import type { SfuEffect, SfuEffects, SfuEvent } from '../sfu.ts'

export interface Desk {
  now(): number
  add(effect: SfuEffect): void
  tell(event: SfuEvent): void
  note(fact: SfuFact): void
  /** Acts once at that time; an earlier alarm of that key is forgotten. */
  at(key: string, time: number, act: () => void): void
  cancel(key: string): void
}

export interface WorkingDesk extends Desk {
  /** Carries an input out and answers with all that is to be done about it. */
  work(now: number, act: () => void): SfuEffects
  ring(): void
  /** No alarm is needed any more. */
  silence(): void
  next(): number | undefined
}

export function createDesk(): WorkingDesk {
  let alarms = createDeadlines<() => void>()
  let effects: SfuEffect[] = []
  let time = 0
  return {
    now: () => time,
    add: (effect) => effects.push(effect),
    tell: (event) => effects.push({ do: 'tell', event }),
    note: (fact) => effects.push({ do: 'note', fact }),
    at: (key, at, act) => alarms.set(key, at, act),
    cancel: (key) => alarms.cancel(key),
    work(now, act) {
      time = now
      effects = []
      act()
      return effects
    },
    ring() {
      for (let act = alarms.takeDue(time); act; act = alarms.takeDue(time)) act()
    },
    silence() {
      alarms = createDeadlines()
    },
    next: () => alarms.next(),
  }
}
