/** Trying again: the first time at once, then with growing pauses until it has worked. */
import type { World } from '../../core/world.ts'

/** ms; doubled each time up to the longest. */
const [firstPause, longestPause] = [1_000, 16_000]

export class Retry {
  readonly #world: Pick<World, 'after'>
  #failures = 0
  #cancel: (() => void) | undefined

  constructor(world: Pick<World, 'after'>) {
    this.#world = world
  }

  /** What was to be tried before is not tried any more. `grace`: ms in which it may not be necessary after all. */
  again(attempt: () => void, grace = 0): void {
    this.#cancel?.()
    this.#cancel = undefined
    const pause = this.#failures === 0 ? grace : Math.min(firstPause * 2 ** (this.#failures - 1), longestPause)
    this.#failures += 1
    if (pause === 0) attempt()
    else this.in(pause, attempt)
  }

  /** After so many ms, unless something else is to be tried before. */
  in(milliseconds: number, attempt: () => void): void {
    this.#cancel?.()
    this.#cancel = this.#world.after(milliseconds, () => {
      this.#cancel = undefined
      attempt()
    })
  }

  worked(): void {
    this.#failures = 0
    this.stop()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
