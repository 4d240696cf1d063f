/** What the hook said about names, for a while, and who waits for it to say something: both bounded (SPEC A13, A14). */

export type HookAnswer = { readonly known: true; readonly password: string } | { readonly known: false }

export interface HookLimits {
  /** Names that are remembered, and names that are being asked about. */
  readonly names: number
  /** Requests that may wait for one name. */
  readonly waitingPerName: number
  /** How long (ms) an answer is good for. */
  readonly knownFor: number
  readonly unknownFor: number
}

export const hookLimits: HookLimits = { names: 4096, waitingPerName: 8, knownFor: 60_000, unknownFor: 10_000 }

export interface HookAnswers<Waiter> {
  find(username: string, now: number): HookAnswer | undefined
  /** Whether the hook has been asked about this name and has not answered yet. */
  isAsked(username: string): boolean
  /** `ask`: ask the hook. `wait`: it has been asked already. `full`: too many wait; the request is to be dropped. */
  wait(username: string, waiter: Waiter): 'ask' | 'wait' | 'full'
  /** Takes the answer in and gives back who waited. Undefined, when the hook failed, is not remembered. */
  answered(username: string, answer: HookAnswer | undefined, now: number): readonly Waiter[]
}

export function createHookAnswers<Waiter>(limits: HookLimits = hookLimits): HookAnswers<Waiter> {
  const answers = new Map<string, { readonly answer: HookAnswer; readonly until: number }>()
  const waiting = new Map<string, Waiter[]>()

  return {
    find(username, now) {
      const entry = answers.get(username)
      if (!entry || entry.until > now) return entry?.answer
      answers.delete(username)
      return undefined
    },
    isAsked: (username) => waiting.has(username),
    wait(username, waiter) {
      const waiters = waiting.get(username)
      if (waiters) return waiters.length < limits.waitingPerName && waiters.push(waiter) ? 'wait' : 'full'
      if (waiting.size >= limits.names) return 'full'
      waiting.set(username, [waiter])
      return 'ask'
    },
    answered(username, answer, now) {
      const waiters = waiting.get(username) ?? []
      waiting.delete(username)
      answers.delete(username)
      if (answer) {
        answers.set(username, { answer, until: now + (answer.known ? limits.knownFor : limits.unknownFor) })
        const oldest = answers.keys().next()
        if (answers.size > limits.names && !oldest.done) answers.delete(oldest.value)
      }
      return waiters
    },
  }
}
