/** A room that one is in, as the application sees it. */
import type { SendOptions } from './connection.ts'
import type { Eventful, OnceOptions } from './emitter.ts'
import { UsageError } from './errors.ts'
import type { Peer } from './peer.ts'
import type { Knock, RoomEvents, RoomState } from './room-state.ts'

export class Room<Info = unknown> implements Eventful<RoomEvents<Info>> {
  protected readonly state: RoomState<Info>

  constructor(state: RoomState<Info>) {
    this.state = state
  }

  get id(): string {
    return this.state.id
  }

  /** Our own id in it; changes with `rejoined`. */
  get selfId(): string {
    return this.state.selfId
  }

  /** The others. */
  get members(): ReadonlyMap<string, Peer<Info>> {
    return this.state.members
  }

  /** Who waits to be let in, if that is ours to decide. */
  get knocks(): ReadonlyMap<string, Knock> {
    return this.state.knocks
  }

  /** False once we have left, or were made to. */
  get isOpen(): boolean {
    return this.state.isOpen
  }

  /** To all others. True if it went out or is kept until it can. */
  send(data: unknown, options: SendOptions = {}): boolean {
    if (!this.isOpen) throw new UsageError(`not in room ${this.id} any more`)
    return this.state.routes.sendAll(data, options)
  }

  async leave(): Promise<void> {
    if (!this.isOpen) return
    for (const { link } of this.members.values()) link?.close()
    try {
      await this.state.routes.leave()
    } finally {
      this.state.close('leave() was called')
    }
  }

  on<K extends keyof RoomEvents<Info>>(
    name: K,
    listener: (event: RoomEvents<Info>[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void {
    return this.state.emitter.on(name, listener, options)
  }

  once<K extends keyof RoomEvents<Info>>(
    name: K,
    options?: OnceOptions<RoomEvents<Info>[K]>,
  ): Promise<RoomEvents<Info>[K]> {
    return this.state.emitter.once(name, options)
  }

  events<K extends keyof RoomEvents<Info>>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<RoomEvents<Info>[K]> {
    return this.state.emitter.events(name, options)
  }
}
