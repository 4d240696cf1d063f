/** A client that ends its session for good. */
import type { Connection } from '../connection-state.ts'
import { sendTo } from '../deliver.ts'
import { closeNormally, endSession } from '../ending.ts'
import { withId } from '../errors.ts'
import type { ClientMessageOf } from '../messages/index.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'

export function bye(
  state: State,
  connection: Connection,
  session: ClientSession,
  message: ClientMessageOf<'bye'>,
): void {
  sendTo(state, connection.id, { ...withId(message.id), type: 'bye', bye: {} })
  endSession(state, session, 'bye')
  closeNormally(state, connection.id, 'bye')
}
