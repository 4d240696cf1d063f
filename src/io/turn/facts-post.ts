/** Facts on their way from a worker to the main thread: floods are folded into one of their kind with how often. */
import type { TurnFact } from '../../turn/facts.ts'
import type { CountedFact } from './worker-messages.ts'

export interface FactsPost {
  /** Never throws. The first one after a quiet time goes at once, the others within a tenth of a second. */
  readonly note: (fact: CountedFact['fact']) => void
  flush(): void
}

export interface FactsPostParts {
  readonly post: (facts: readonly CountedFact[]) => void
  /** ms; never runs backwards. */
  readonly now: () => number
  /** Calls back once after so many ms. */
  readonly later: (callback: () => void, ms: number) => void
}

/** ms. */
const quietTime = 100
/** Of what goes at once. */
const mostFacts = 512

type Name = CountedFact['fact']['fact']
type FactOf<N extends Name> = Extract<CountedFact['fact'], { readonly fact: N }>

/**
 * What strangers can call forth as often as they like, and by which fields such facts are told apart: of an address or a
 * peer that differs the first one stands for all. Facts of other kinds are told one by one.
 */
const folded: { readonly [N in TurnFact['fact']]?: readonly (keyof FactOf<N>)[] } = {
  'turn-binding-answered': ['transport'],
  'turn-challenged': ['transport', 'method', 'code', 'why'],
  'turn-refused': ['transport', 'method', 'code'],
  'turn-quota-reached': ['of'],
  'turn-ports-exhausted': ['family'],
  'turn-peer-refused': ['why'],
  'turn-ignored': ['transport', 'why'],
  'turn-hook-failed': ['why'],
  'turn-bind-failed': ['family', 'error'],
}
const others: Readonly<Record<string, readonly string[]>> = {
  'turn-connection-refused': ['transport', 'why'],
  'machine-broke': ['where', 'error'],
}
const fieldsOf = new Map<string, readonly string[]>([...Object.entries(folded), ...Object.entries(others)])

export function createFactsPost({ post, now, later }: FactsPostParts): FactsPost {
  let waiting: Folded[] = []
  let byLabels = new Map<string, Folded>()
  let byKind = new Map<string, Folded>()
  let isArmed = false
  let lastPost = Number.NEGATIVE_INFINITY

  function flush(): void {
    if (waiting.length === 0) return
    const facts = waiting
    waiting = []
    byLabels = new Map()
    byKind = new Map()
    lastPost = now()
    post(facts)
  }

  function arm(): void {
    if (isArmed) return
    isArmed = true
    later(() => {
      isArmed = false
      flush()
    }, quietTime)
  }

  /** Texts in facts may be of any number: what finds no more room counts with the first of its kind. */
  function fold(fact: CountedFact['fact'], labels: string): void {
    const known = byLabels.get(labels) ?? (waiting.length < mostFacts ? undefined : byKind.get(fact.fact))
    if (known) {
      known.times++
      return
    }
    const added = { fact, times: 1 }
    waiting.push(added)
    byLabels.set(labels, added)
    if (!byKind.has(fact.fact)) byKind.set(fact.fact, added)
  }

  return {
    note(fact) {
      const fields = fieldsOf.get(fact.fact)
      if (fields) fold(fact, labelsOf(fact, fields))
      else waiting.push({ fact, times: 1 })
      const isMuch = fields === undefined && waiting.length >= mostFacts
      if (isMuch || (!isArmed && now() - lastPost >= quietTime)) flush()
      else arm()
    },
    flush,
  }
}

interface Folded extends CountedFact {
  times: number
}

function labelsOf(fact: CountedFact['fact'], fields: readonly string[]): string {
  const values: Readonly<Record<string, unknown>> = fact
  let labels: string = fact.fact
  for (const field of fields) labels += `\n${values[field]}`
  return labels
}
