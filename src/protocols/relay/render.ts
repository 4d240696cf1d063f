/** What has happened in a room, in the words of each revision. */

import type { IceServer } from '../../auth/ice-servers.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { ServerMessage } from './messages.ts'

export type Revision = 1 | 2

export const textFrame = (text: string): Frame => ({ text, kind: 'plain' })
const frameOf = (message: ServerMessage): Frame => textFrame(JSON.stringify(message))

export const pong: Frame = textFrame('pong')
export const unauthorized: Frame = frameOf({ event: 'unauthorized' })
export const invalidMessage: Frame = frameOf({ event: 'invalid_message' })
export const created: Frame = frameOf({ event: 'created' })
/** Revision 1 says the same to everybody. */
export const joined: Frame = frameOf({ event: 'joined' })

interface Who {
  readonly username: string
  readonly peerId: string
}

/** Revision 2. */
export const hasJoined = ({ username, peerId }: Who): Frame =>
  frameOf({ event: 'joined', data: { peer_id: peerId, username } })

export const authenticated = ({ peerId }: Who, iceServers: readonly IceServer[]): Frame =>
  frameOf({
    event: 'authenticated',
    data: { peer_id: peerId, ...(iceServers.length > 0 ? { iceServers } : {}) },
  })

export const hasLeft = ({ username, peerId }: Who, revision: Revision): Frame =>
  frameOf({ event: 'left', data: revision === 1 ? { username } : { username, peer_id: peerId } })

/** An event of the server's own: `{event}` or `{event, data}`. */
export const ownEvent = (event: string, data: unknown): string =>
  JSON.stringify(data === undefined ? { event } : { event, data })
