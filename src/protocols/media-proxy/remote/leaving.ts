/** A subscriber of a stream from another proxy is gone. */
import type { Client, Pull } from '../model.ts'
import type { State } from '../state.ts'
import { closePull } from './others.ts'

export function leavePull(state: State, pull: Pull, client: Client): void {
  pull.subscribers.delete(client)
  if (pull.subscribers.size === 0) closePull(state, pull)
}
