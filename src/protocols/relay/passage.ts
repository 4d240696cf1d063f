/** Entering and leaving: one after the other in each room, each with its hook, so that exactly one joiner creates it. */

import type { IceServer } from '../../auth/ice-servers.ts'
import type { ConnectionId } from '../../core/ids.ts'
import type { Frame, MailboxLimits } from '../../core/mailbox.ts'
import type { Effect } from '../front-end.ts'
import { closes } from './errors.ts'
import { authenticated, created, hasJoined, hasLeft, joined, type Revision } from './render.ts'
import { type Member, otherNames, type Room, type Rooms, type Step } from './rooms.ts'
import type { HookEvent, Relay } from './vocabulary.ts'

export interface PassageParts {
  readonly revision: Revision
  readonly rooms: Rooms
  /** What may wait for a member whose turn has not come. */
  readonly held: MailboxLimits
  readonly hooks: ReadonlySet<HookEvent>
  readonly emit: (effect: Effect<Relay>) => void
  /** The number of a new question, whose answer is to lead to `hookAnswered`. */
  readonly asking: (room: Room) => number
  readonly iceServers: (username: string) => readonly IceServer[]
  /** The member may speak now. */
  readonly entered: (member: Member) => void
}

export interface Passage {
  enter(member: Member): void
  leave(member: Member): void
  hookAnswered(room: Room): void
  /** To everybody in the room, but one. */
  tell(room: Room, frame: Frame, except?: Member): void
  tellOne(member: Member, frame: Frame): void
}

export function createPassage(parts: PassageParts): Passage {
  const { revision, rooms, held, hooks, emit } = parts
  const send = (to: readonly ConnectionId[], frame: Frame): void => {
    if (to.length > 0) emit({ do: 'send', to, frame })
  }

  function tellOne(member: Member, frame: Frame): void {
    if (member.presence === 'here') return send([member.connection], frame)
    if (member.presence === 'gone') return
    if (member.held.length < held.messages) member.held.push(frame)
    else emit({ do: 'close', to: member.connection, ...closes.slow })
  }

  function tell(room: Room, frame: Frame, except?: Member): void {
    const here: ConnectionId[] = []
    for (const member of room.members.values()) {
      if (member !== except && member.presence === 'here') here.push(member.connection)
    }
    send(here, frame)
    const comer = room.current?.step === 'enter' ? room.current.member : undefined
    if (comer && comer !== except) tellOne(comer, frame)
  }

  function queue(step: Step): void {
    const { room } = step.member
    room.steps.push(step)
    advance(room)
  }

  function advance(room: Room): void {
    while (!room.current) {
      const step = room.steps.shift()
      if (!step) return rooms.tidy(room)
      room.current = step
      begin(step)
    }
  }

  /** Up to the hook; without one, to the end. */
  function begin(step: Step): void {
    const { member } = step
    const { room } = member
    const isFirst = room.members.size === 0
    if (step.step === 'enter') {
      rooms.add(member)
      if (revision === 2) tell(room, hasJoined(member), member)
    } else {
      rooms.remove(member)
      if (revision === 2) tell(room, hasLeft(member, 2))
    }
    const event = eventOf(step, isFirst)
    if (!hooks.has(event)) return end(step)
    const happening = { event, room: room.name, username: member.username, others: otherNames(member) }
    emit({ do: 'ask', number: parts.asking(room), ask: { ask: 'hook', happening } })
  }

  function eventOf({ step }: Step, isFirst: boolean): HookEvent {
    if (step === 'leave') return 'leave'
    return revision === 1 && isFirst ? 'create' : 'join'
  }

  function end({ step, member }: Step): void {
    const { room } = member
    room.current = undefined
    if (step === 'enter') {
      settle(member)
      emit({ do: 'note', fact: { fact: 'relay-joined', ...said(member) } })
      if (member.presence === 'here') parts.entered(member)
    } else {
      if (revision === 1) tell(room, hasLeft(member, 1))
      emit({ do: 'note', fact: { fact: 'relay-left', ...said(member) } })
    }
  }

  /** Says to whom it has to be said that somebody is here now. */
  function settle(member: Member): void {
    const { room } = member
    if (member.presence === 'coming') member.presence = 'here'
    if (revision === 2) tellOne(member, authenticated(member, parts.iceServers(member.username)))
    else if (room.members.size === 1) tellOne(member, created)
    else tell(room, joined)
    for (const frame of member.held) tellOne(member, frame)
    member.held = []
  }

  return {
    enter: (member) => queue({ step: 'enter', member }),
    leave(member) {
      const { room } = member
      member.presence = 'gone'
      // Whose turn has not come was never here.
      const waiting = room.steps.findIndex((step) => step.member === member && step.step === 'enter')
      if (waiting < 0) return queue({ step: 'leave', member })
      room.steps.splice(waiting, 1)
      advance(room)
    },
    hookAnswered(room) {
      const { current } = room
      if (current) end(current)
      advance(room)
    },
    tell,
    tellOne,
  }
}

const said = ({ room, username }: Member) => ({ room: room.name, username, members: room.members.size })
