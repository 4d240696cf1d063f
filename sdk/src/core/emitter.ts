/** Typed events: listeners, one event as a promise, all events as an iterator. */
import { EndedError, TimeoutError, UsageError } from './errors.ts'
import type { World } from './world.ts'

export interface OnceOptions<T> {
  readonly signal?: AbortSignal | undefined
  /** ms; without it there is no limit. */
  readonly timeout?: number | undefined
  readonly where?: ((event: T) => boolean) | undefined
}

/** What every object with events offers. */
export interface Eventful<Events extends object> {
  /** Answers a function that takes the listener off again; `signal` does so too. */
  on<K extends keyof Events>(
    name: K,
    listener: (event: Events[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void
  once<K extends keyof Events>(name: K, options?: OnceOptions<Events[K]>): Promise<Events[K]>
  /** Ends when the signal aborts, or when the object has ended. */
  events<K extends keyof Events>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<Events[K]>
}

/** So many events may wait for a reader of an iterator. */
const mostWaiting = 10_000

export class Emitter<Events extends object> implements Eventful<Events> {
  readonly #listeners = new Map<PropertyKey, Set<(event: never) => void>>()
  readonly #enders = new Set<() => void>()
  readonly #after: World['after']
  #hasEnded = false

  constructor(world: Pick<World, 'after'>) {
    this.#after = world.after
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as (event: Events[K]) => void)(event)
      } catch (thrown) {
        reportThrown(thrown)
      }
    }
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  on<K extends keyof Events>(
    name: K,
    listener: (event: Events[K]) => void,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): () => void {
    if (signal?.aborted) return () => {}
    const all = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, all)
    // Its own function each time, so that the same listener may stand here twice.
    const own = (event: Events[K]) => listener(event)
    all.add(own)
    const off = () => {
      all.delete(own)
      signal?.removeEventListener('abort', off)
    }
    signal?.addEventListener('abort', off)
    return off
  }

  once<K extends keyof Events>(name: K, options: OnceOptions<Events[K]> = {}): Promise<Events[K]> {
    const { signal, timeout, where } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(signal))
      if (this.#hasEnded) return reject(new EndedError('no event follows any more'))
      const offs: (() => void)[] = []
      const finish = () => {
        for (const off of offs) off()
      }
      const fail = (error: Error) => {
        finish()
        reject(error)
      }
      offs.push(
        this.on(name, (event) => {
          if (where && !where(event)) return
          finish()
          resolve(event)
        }),
      )
      offs.push(this.#whenEnded(() => fail(new EndedError(`ended before \`${String(name)}\``))))
      if (signal) offs.push(listenTo(signal, () => fail(aborted(signal))))
      if (timeout !== undefined) {
        offs.push(this.#after(timeout, () => fail(new TimeoutError(`waiting for \`${String(name)}\``, timeout))))
      }
    })
  }

  async *events<K extends keyof Events>(
    name: K,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<Events[K]> {
    const waiting: Events[K][] = []
    let wake: (() => void) | undefined
    let isOver = this.#hasEnded || signal?.aborted === true
    let overflowed = false
    const end = () => {
      isOver = true
      wake?.()
    }
    const offs = [
      this.on(name, (event) => {
        if (waiting.length < mostWaiting) waiting.push(event)
        else overflowed = true
        wake?.()
      }),
      this.#whenEnded(end),
      ...(signal ? [listenTo(signal, end)] : []),
    ]
    try {
      for (;;) {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event
        if (overflowed) throw new UsageError(`more than ${mostWaiting} events waited to be read`)
        if (isOver) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      for (const off of offs) off()
    }
  }

  /** Nothing follows: promises are refused, iterators end, listeners go. */
  end(): void {
    this.#hasEnded = true
    for (const ender of [...this.#enders]) ender()
    this.#listeners.clear()
  }

  #whenEnded(call: () => void): () => void {
    this.#enders.add(call)
    return () => this.#enders.delete(call)
  }
}

const aborted = (signal: AbortSignal): EndedError => new EndedError('aborted', signal.reason)

export function listenTo(signal: AbortSignal, call: () => void): () => void {
  signal.addEventListener('abort', call)
  return () => signal.removeEventListener('abort', call)
}

/** A listener's fault is told where uncaught errors are told, and stops nobody else. */
function reportThrown(thrown: unknown): void {
  if (typeof reportError === 'function') reportError(thrown)
  else
    queueMicrotask(() => {
      throw thrown
    })
}
