/** A room with owners, who let others in. */
import { Emitter } from '../core/emitter.ts'
import { UsageError } from '../core/errors.ts'
import { Room } from '../core/room.ts'
import type { RoomState } from '../core/room-state.ts'

export interface AdmissionInfo {
  /** Whatever the other said of itself when it connected. */
  readonly peerinfo: unknown
  readonly isOwner: boolean
}

export interface AdmissionRoomEvents {
  /** Others own the room now, or we do. */
  owners: ReadonlySet<string>
}

export class AdmissionRoom extends Room<AdmissionInfo> {
  /** What only rooms with owners have. */
  readonly admission: Emitter<AdmissionRoomEvents>
  readonly #addOwner: (peer: string) => void
  #owners: ReadonlySet<string>

  constructor(state: RoomState<AdmissionInfo>, owners: ReadonlySet<string>, addOwner: (peer: string) => void) {
    super(state)
    this.admission = new Emitter(state.routes.world)
    this.#owners = owners
    this.#addOwner = addOwner
  }

  /** As far as the server tells: the original never does, and then only our own ownership is known. */
  get owners(): ReadonlySet<string> {
    return this.#owners
  }

  get isOwner(): boolean {
    return this.#owners.has(this.selfId)
  }

  /** Shares the right to let others in. */
  addOwner(peer: string): void {
    if (!this.members.has(peer)) throw new UsageError(`${peer} is not in the room`)
    this.#addOwner(peer)
  }

  /** Lets in everybody who waits. */
  admitAll(): void {
    for (const knock of [...this.knocks.values()]) knock.accept()
  }

  /** For the client. */
  ownedBy(owners: Iterable<string>): void {
    const before = this.#owners
    this.#owners = new Set(owners)
    for (const peer of this.members.values()) {
      this.state.change(peer, { ...peer.info, isOwner: this.#owners.has(peer.id) })
    }
    if (before.size !== this.#owners.size || [...before].some((id) => !this.#owners.has(id))) {
      this.admission.emit('owners', this.#owners)
    }
    if (!this.isOwner) this.state.knocksEnded()
  }
}
