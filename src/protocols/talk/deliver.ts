/** Bringing frames to sessions: to the connection of an open one, into the mailbox of a parked one. */
import type { Address } from '../../core/address.ts'
import { type ConnectionId, roomKey } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { ServerMessage } from './messages/index.ts'
import { createRenderer, frameOf, frameOfNews, messageOf } from './render.ts'
import { type ClientSession, isClientSession, type VirtualSession } from './session.ts'
import type { State } from './state.ts'
import type { TalkEvent } from './vocabulary.ts'

/** Sends one message to one session. */
export function send(state: State, session: ClientSession, message: ServerMessage): void {
  deliver(state, session, frameOfNews(message))
}

export function sendTo(state: State, connection: ConnectionId, message: ServerMessage): void {
  state.emit({ do: 'send', to: [connection], frame: frameOf(message) })
}

export function deliver(state: State, session: ClientSession, frame: Frame): void {
  if (session.link.phase === 'open') state.emit({ do: 'send', to: [session.link.connection], frame })
  else if (!session.link.mailbox.put(frame)) state.doom(session, 'queue full')
}

/** Tells an event to those of its address who are here. */
export function told(state: State, to: Address, event: TalkEvent): void {
  const render = createRenderer(event)
  // One effect for all receivers of the same frame: it is encoded once and sent many times.
  const groups = new Map<Frame, ConnectionId[]>()

  for (const session of state.hub.resolve(to)) {
    if (!isClientSession(session)) {
      if (to.kind === 'session') toldVirtual(state, session, event)
      continue
    }
    if (!concerns(event, session)) continue
    // 1.2: who is told that he was disinvited from the very room that he is in has no session any more.
    if (event.event === 'disinvited' && state.hub.roomOf(session.id) === roomKey(session.backend.id, event.room)) {
      state.doom(session, 'disinvited')
    }
    for (const frame of render(session)) {
      if (session.link.phase === 'open') {
        const group = groups.get(frame)
        if (group) group.push(session.link.connection)
        else groups.set(frame, [session.link.connection])
      } else if (!session.link.mailbox.put(frame)) {
        state.doom(session, 'queue full')
        break
      }
    }
  }
  for (const [frame, connections] of groups) state.emit({ do: 'send', to: connections, frame })
}

function concerns(event: TalkEvent, session: ClientSession): boolean {
  switch (event.event) {
    case 'message':
      // Nothing crosses from one backend to another, and nobody hears himself.
      return session.id !== event.from.session && session.backend.id === event.from.backend
    case 'news':
      return session.id !== event.except
    case 'joined':
    case 'room-message':
    case 'disinvited':
      return true
  }
}

/** 1.9: what is meant for a virtual session goes to its owner, with the owner's name for it. */
function toldVirtual(state: State, session: VirtualSession, event: TalkEvent): void {
  const { owner, name } = session
  switch (event.event) {
    case 'message':
      if (owner.id === event.from.session || session.backend.id !== event.from.backend) return
      deliver(state, owner, frameOf(messageOf(event, name)))
      return
    case 'disinvited':
      deliver(
        state,
        owner,
        frameOf({
          type: 'control',
          control: {
            recipient: { type: 'session', sessionid: name },
            data: { type: 'hangup', hangup: { reason: 'disinvited' } },
          },
        }),
      )
      return
    case 'news':
    case 'joined':
    case 'room-message':
      return
  }
}
