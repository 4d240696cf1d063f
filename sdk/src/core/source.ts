/** An object that has events, and an emitter of its own for them. */
import { Emitter, type Eventful, type OnceOptions } from './emitter.ts'
import type { World } from './world.ts'

export abstract class Source<Events extends object> implements Eventful<Events> {
  protected readonly emitter: Emitter<Events>

  protected constructor(world: Pick<World, 'after'>) {
    this.emitter = new Emitter(world)
  }

  on<K extends keyof Events>(
    name: K,
    listener: (event: Events[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void {
    return this.emitter.on(name, listener, options)
  }

  once<K extends keyof Events>(name: K, options?: OnceOptions<Events[K]>): Promise<Events[K]> {
    return this.emitter.once(name, options)
  }

  events<K extends keyof Events>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<Events[K]> {
    return this.emitter.events(name, options)
  }
}
