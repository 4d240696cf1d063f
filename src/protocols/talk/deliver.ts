/** Bringing frames to sessions: to the connection of an open one, into the mailbox of a parked one. */
import type { Address } from '../../core/address.ts'
import { type ConnectionId, roomKey } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { ServerMessage } from './messages/index.ts'
import { createRenderer, frameOf, frameOfNews, messageText } from './render.ts'
import { type ClientSession, isClientSession, type Session, type VirtualSession } from './session.ts'
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
  if (isForeign(state, to, event)) return
  const render = createRenderer(event)
  const author = authorOf(state, event)
  // Receivers of the same frames form one group: what they get is encoded once and sent many times.
  let group: Group | undefined
  const groups: Group[] = []

  for (const session of state.hub.resolve(to)) {
    // Found once and compared by identity: in a large room this loop is what a message costs.
    if (session === author) continue
    if (!isClientSession(session)) {
      if (to.kind === 'session') toldVirtual(state, session, event)
      continue
    }
    const frames = render(session)
    const { link } = session
    if (link.phase === 'parked') {
      if (!frames.every((frame) => link.mailbox.put(frame))) state.doom(session, 'queue full')
      continue
    }
    if (group?.frames !== frames) {
      group = groups.find((known) => known.frames === frames)
      if (!group) {
        group = { frames, to: [] }
        groups.push(group)
      }
    }
    group.to.push(link.connection)
  }
  for (const { frames, to } of groups) {
    for (const frame of frames) state.emit({ do: 'send', to, frame })
  }
  if (event.event === 'disinvited') doomDisinvited(state, to, event.room)
}

interface Group {
  readonly frames: readonly Frame[]
  readonly to: ConnectionId[]
}

/** Nothing crosses from one backend to another. The keys of users and rooms hold their backend, those of sessions do not. */
function isForeign(state: State, to: Address, event: TalkEvent): boolean {
  if (to.kind !== 'session' || event.event !== 'message') return false
  const target = state.hub.get(to.session)
  return target !== undefined && target.backend.id !== event.from.backend
}

/** Who has said it hears nothing of it. */
function authorOf(state: State, event: TalkEvent): Session | undefined {
  const id = event.event === 'message' ? event.from.session : event.event === 'news' ? event.except : undefined
  return id === undefined ? undefined : state.hub.get(id)
}

/** 1.2: who is told that he was disinvited from the very room that he is in has no session any more. */
function doomDisinvited(state: State, to: Address, room: string): void {
  for (const session of state.hub.resolve(to)) {
    const isThere =
      state.hub.roomOf(session.id) === roomKey(session.backend.id, room) ||
      state.federation.of(session.id)?.room?.local === room
    if (isThere && isClientSession(session)) state.doom(session, 'disinvited')
  }
}

/** 1.9: what is meant for a virtual session goes to its owner, with the owner's name for it. */
function toldVirtual(state: State, session: VirtualSession, event: TalkEvent): void {
  const { owner, name, userId } = session
  const recipient = { type: 'session', sessionid: name, ...(userId === '' ? {} : { userid: userId }) } as const
  switch (event.event) {
    case 'message':
      if (owner.id === event.from.session) return
      deliver(state, owner, { text: messageText(event, recipient), kind: 'plain' })
      return
    case 'disinvited': {
      if (state.hub.roomOf(session.id) !== roomKey(session.backend.id, event.room)) return
      const data = { type: 'hangup', hangup: { reason: 'disinvited' } }
      deliver(state, owner, frameOf({ type: 'control', control: { recipient, data } }))
      return
    }
    case 'news':
    case 'joined':
    case 'room-message':
      return
  }
}
