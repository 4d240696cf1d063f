/** What the SFU has to say to a client, as messages from the session whose stream it is about. */
import type { SessionId } from '../../../core/ids.ts'
import type { Frame } from '../../../core/mailbox.ts'
import type { StreamType } from '../../../sfu/stream.ts'
import type { ServerMessage } from '../messages/index.ts'
import { type ClientSession, userIdOf } from '../session.ts'

/** The data of such a message, without the two ids that it repeats. */
export interface MediaNews {
  readonly type: 'offer' | 'answer' | 'candidate' | 'unshareScreen'
  readonly roomType: StreamType
  readonly payload?: object
  /** The connection that is meant. */
  readonly sid?: string
  /** For the connection that the client has already. */
  readonly update?: true
}

/** `from` is the publisher, which is the client itself where it is about what it publishes. */
export function mediaFrame(to: ClientSession, from: SessionId, news: MediaNews): Frame {
  const userid = from === to.id ? userIdOf(to) : ''
  const message: ServerMessage = {
    type: 'message',
    message: {
      sender: { type: 'session', sessionid: from, ...(userid === '' ? {} : { userid }) },
      data: { to: to.id, from, ...news },
    },
  }
  // Nothing in it is passed on as it came.
  return { text: JSON.stringify(message), kind: 'plain' }
}
