/** A session whose connection is gone waits for its client, with all that it misses. */
import { createMailbox, type Mailbox } from '../../core/mailbox.ts'
import type { ClientSession } from './session.ts'
import type { State } from './state.ts'

/** How long (ms) it waits. */
const resumeWindow = 30_000

export function park(state: State, session: ClientSession): Mailbox {
  const mailbox = createMailbox(state.settings.queue)
  session.link = { phase: 'parked', mailbox, arrivals: state.lastSerial() }
  state.deadlines.set(`resume ${session.id}`, state.now() + resumeWindow, { due: 'resume', session })
  return mailbox
}
