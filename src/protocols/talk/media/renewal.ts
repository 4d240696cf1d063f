/**
 * An SFU that died took streams with it: those who published them are asked to publish again, without anybody having to
 * reload. Talk's web client ends a peer of its own at the word `unshareScreen` from its own session, whatever stream it
 * names, and publishes again at the next list of participants in which others are in the call. Android and iOS end only
 * screens at that word; they come back by themselves when they find that their connection failed.
 */
import type { StreamType } from '../../../sfu/stream.ts'
import { deliver, send } from '../deliver.ts'
import { completeParticipants, participantsMessage } from '../participants.ts'
import type { Participant } from '../rooms.ts'
import { type ClientSession, isClientSession } from '../session.ts'
import type { State } from '../state.ts'
import type { LostStream, PublisherLeg } from './legs.ts'
import { mediaFrame } from './words.ts'

/** Streams of one session are lost one after the other; they are asked for together. */
const gathering = 200
/** The SFU has just come up: not everybody is sent there at the same moment. */
const sessionsAtOnce = 50

export function streamLost(state: State, { session, type, sid }: PublisherLeg): void {
  state.note({ fact: 'stream-lost', session: session.id, type })
  const streams = state.lostStreams.get(session.id) ?? new Map<StreamType, LostStream>()
  state.lostStreams.set(session.id, streams)
  streams.set(type, { sid, isAsked: false })
  expectRenewal(state)
}

/** Whether media can be had at all has changed: whoever was asked in vain is asked again. */
export function availabilityChanged(state: State, isAvailable: boolean): void {
  state.sfu.isAvailable = isAvailable
  if (!isAvailable || state.lostStreams.size === 0) return
  for (const streams of state.lostStreams.values()) for (const stream of streams.values()) stream.isAsked = false
  expectRenewal(state)
}

function expectRenewal(state: State): void {
  if (!state.deadlines.has('renewal')) state.deadlines.set('renewal', state.now() + gathering, { due: 'renewal' })
}

/** Asks some of those whose streams were lost, if there is an SFU to publish them at. */
export function renewStreams(state: State): void {
  if (!state.sfu.isAvailable) return
  let asked = 0
  for (const [id, streams] of [...state.lostStreams]) {
    const session = state.hub.get(id)
    const lost = [...streams].filter(([, { isAsked }]) => !isAsked)
    if (!isClientSession(session) || lost.length === 0) continue
    if (++asked > sessionsAtOnce) return expectRenewal(state)
    for (const [, stream] of lost) stream.isAsked = true
    askToPublish(state, session, lost)
  }
}

function askToPublish(
  state: State,
  session: ClientSession,
  lost: readonly (readonly [StreamType, LostStream])[],
): void {
  for (const [roomType, { sid }] of lost) {
    deliver(
      state,
      session,
      mediaFrame(session, session.id, { type: 'unshareScreen', roomType, ...(sid ? { sid } : {}) }),
    )
  }
  const room = roomOf(state, session)
  if (!room) return
  const users = completeParticipants(state, room, [...room.participants.values()])
  // A screen is offered again only to people who have just come: so for a moment nobody else is in the call.
  if (lost.some(([type]) => type === 'screen')) send(state, session, participantsMessage(room, alone(users, session)))
  send(state, session, participantsMessage(room, users))
}

function roomOf(state: State, session: ClientSession): ReturnType<State['rooms']['get']> {
  const key = state.hub.roomOf(session.id)
  return key === undefined ? undefined : state.rooms.get(key)
}

const alone = (users: readonly Participant[], session: ClientSession): readonly Participant[] =>
  users.map((user) => (user.sessionId === session.id ? user : { ...user, inCall: 0 }))
