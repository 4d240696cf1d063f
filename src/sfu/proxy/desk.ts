/** What the parts of the machine share: the effects of the present input, its time, deadlines, and numbers of links. */
import { createDeadlines } from '../../lib/deadline.ts'
import type { SfuFact } from '../facts.ts'
import type { Link, SfuEffect, SfuEffects, SfuEvent } from '../sfu.ts'
import type { ProxySettings } from './settings.ts'

export interface Desk {
  settings: ProxySettings
  /** Time of the present input. */
  readonly now: number
  /** 0 ≤ n < 1. */
  readonly random: () => number
  put(effect: SfuEffect): void
  tell(event: SfuEvent): void
  note(fact: SfuFact): void
  newLink(): Link
  /** Calls `act` in `ms`; replaces an earlier wish of the same key. */
  after(key: string, ms: number, act: () => void): void
  cancel(key: string): void
  /** Works on one input; answers with all that came of it. */
  input(now: number, act: () => void): SfuEffects
  /** The input that time has passed. */
  expired(now: number): SfuEffects
  nextDeadline(): number | undefined
}

export function createDesk(settings: ProxySettings, random: () => number): Desk {
  const deadlines = createDeadlines<() => void>()
  let effects: SfuEffect[] = []
  let now = 0
  let links = 0

  const put = (effect: SfuEffect): void => void effects.push(effect)
  function input(time: number, act: () => void): SfuEffects {
    now = time
    effects = []
    act()
    return effects
  }

  return {
    settings,
    get now() {
      return now
    },
    random,
    put,
    tell: (event) => put({ do: 'tell', event }),
    note: (fact) => put({ do: 'note', fact }),
    newLink: () => ++links,
    after: (key, ms, act) => deadlines.set(key, now + ms, act),
    cancel: (key) => deadlines.cancel(key),
    input,
    expired: (time) =>
      input(time, () => {
        for (let act = deadlines.takeDue(time); act; act = deadlines.takeDue(time)) act()
      }),
    nextDeadline: () => deadlines.next(),
  }
}
