/** Questions that wait for their answers, each with a time limit. */
import { listenTo } from './emitter.ts'
import { EndedError, type HeliographError, TimeoutError } from './errors.ts'
import type { World } from './world.ts'

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** ms. */
  readonly timeout?: number | undefined
}

interface Waiting<T> {
  readonly number: number
  readonly over: Promise<void>
  resolve(value: T): void
  refuse(error: HeliographError): void
}

/** Keys are whatever an answer can be told by. */
export class Requests<T> {
  readonly #waiting = new Map<string, Waiting<T>>()
  readonly #after: World['after']
  #asked = 0

  constructor(world: Pick<World, 'after'>) {
    this.#after = world.after
  }

  /**
   * `timeout` 0: no limit. A key that waits already is refused first: its answer could not be told from the new one's.
   * `answered` sees the answer before anything that follows it is handled, which whoever awaits the promise does not.
   */
  ask(
    key: string,
    what: string,
    { signal, timeout = 15_000 }: RequestOptions = {},
    answered: (value: T) => void = () => {},
  ): Promise<T> {
    this.refuse(key, new EndedError(`${what} was asked again`))
    this.#asked += 1
    const number = this.#asked
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new EndedError('aborted', signal.reason))
      const offs: (() => void)[] = []
      let isOver = (): void => {}
      const over = new Promise<void>((settle) => {
        isOver = settle
      })
      const finish = () => {
        this.#waiting.delete(key)
        isOver()
        for (const off of offs) off()
      }
      const refuse = (error: HeliographError) => {
        finish()
        reject(error)
      }
      this.#waiting.set(key, {
        number,
        over,
        refuse,
        resolve: (value) => {
          finish()
          answered(value)
          resolve(value)
        },
      })
      if (timeout > 0) offs.push(this.#after(timeout, () => refuse(new TimeoutError(what, timeout))))
      if (signal) offs.push(listenTo(signal, () => refuse(new EndedError('aborted', signal.reason))))
    })
  }

  has(key: string): boolean {
    return this.#waiting.has(key)
  }

  /** Tells the question that waits from earlier ones with the same key. */
  numberOf(key: string): number | undefined {
    return this.#waiting.get(key)?.number
  }

  /** The key with this beginning that has waited longest. */
  oldest(beginning = ''): string | undefined {
    return [...this.#waiting.keys()].find((key) => key.startsWith(beginning))
  }

  /** Resolves when the key has its answer, or is refused one. */
  async settled(key: string): Promise<void> {
    const waiting = this.#waiting.get(key)
    if (waiting) await waiting.over
  }

  /** False if nobody waits for it. */
  answer(key: string, value: T): boolean {
    const waiting = this.#waiting.get(key)
    waiting?.resolve(value)
    return waiting !== undefined
  }

  refuse(key: string, error: HeliographError): boolean {
    const waiting = this.#waiting.get(key)
    waiting?.refuse(error)
    return waiting !== undefined
  }

  refuseAll(error: HeliographError): void {
    for (const { refuse } of [...this.#waiting.values()]) refuse(error)
  }
}
