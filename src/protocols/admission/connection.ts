/** The admission front end: who may say what, and which handler does it. */
import type { ConnectionId } from '../../core/ids.ts'
import { assertNever } from '../../lib/assert-never.ts'
import type { Effects, FrontEnd } from '../front-end.ts'
import { afford, burst } from './budget.ts'
import { type Asker, acknowledge, decline, note, noteRefusal, refuse } from './deliver.ts'
import { errorCodes } from './errors.ts'
import { authenticate, authorizedApp } from './handlers/authenticate.ts'
import { createRoom } from './handlers/create-room.ts'
import { addOwner, admit, reject } from './handlers/decide.ts'
import { askToJoin, cancelRequest, endRequest, giveUpRequests } from './handlers/join.ts'
import { leaveAllRooms, leaveRoom } from './handlers/leave.ts'
import { relay } from './handlers/relay.ts'
import { createState, type Session } from './state.ts'
import type { Admission, AdmissionArrival, AdmissionMeans, AdmissionSettings } from './vocabulary.ts'
import { decode, type Event, type Incoming } from './wire.ts'

/** Sockets that are still there after this say nothing more, and are told nothing. */
const policy = 1008

export interface AdmissionFrontEnd extends FrontEnd<Admission> {
  /** Sockets that are connected. */
  readonly size: number
}

export function createAdmission(settings: AdmissionSettings, means: AdmissionMeans): AdmissionFrontEnd {
  const state = createState(settings, means)
  const { sessions, bySocket, deadlines, rooms } = state

  /** Every input: what it leads to is gathered while it lasts. */
  function gathered(now: number, act: () => void): Effects<Admission> {
    state.now = now
    state.effects = []
    act()
    return state.effects
  }

  function open(id: ConnectionId, { address, socket }: AdmissionArrival, now: number): void {
    const budget = { left: burst * settings.eventRate, asOf: now }
    const session: Session = {
      id,
      socket,
      address,
      granted: undefined,
      peerinfo: undefined,
      rooms: new Set(),
      asks: new Set(),
      budget,
    }
    sessions.set(id, session)
    bySocket.set(socket, id)
  }

  function receive(session: Session, incoming: Incoming): void {
    const { ack } = incoming
    const affordable = afford(state, session)
    if (affordable === 'ignored') return
    if (incoming.event === 'unknown') {
      if (ack !== undefined) acknowledge(state, session, ack, { ok: false, message: errorCodes.unknown_event.message })
      return
    }
    const asker: Asker = { session, ack, event: incoming.event === 'binary' ? incoming.name : incoming.event }
    if (affordable === 'refused') return refuse(state, asker, 'too_many_requests')
    if (incoming.event === 'binary') return refuse(state, asker, 'binary')
    if (incoming.event === 'auth-request') return authenticate(state, asker, incoming)
    const app = authorizedApp(state, session, incoming.message.auth)
    if (app === undefined) {
      noteRefusal(state, asker, 'token_invalid')
      return decline(state, asker, 'unauthorized', { message: errorCodes.token_invalid.message })
    }
    if (isTooLong(incoming)) return refuse(state, asker, 'payload_too_long')
    handle(asker, app, incoming)
  }

  function handle(asker: Asker, app: string, incoming: Exclude<Event, { event: 'auth-request' }>): void {
    switch (incoming.event) {
      case 'room-create-request':
        return createRoom(state, asker, app, incoming)
      case 'room-join-request':
        return askToJoin(state, asker, app, incoming)
      case 'room-join-cancel':
        return cancelRequest(state, asker, app, incoming)
      case 'room-join-accept':
        return admit(state, asker, app, incoming)
      case 'room-join-reject':
        return reject(state, asker, app, incoming)
      case 'room-owner-add':
        return addOwner(state, asker, app, incoming)
      case 'room-leave-request':
        return leaveRoom(state, asker, app, incoming)
      case 'relay-session-description':
      case 'relay-ice-candidate':
        return relay(state, asker, app, incoming)
      default:
        return assertNever(incoming)
    }
  }

  const isTooLong = ({ passed }: Event): boolean =>
    passed.payload !== undefined && Buffer.byteLength(passed.payload.text) > settings.maxPayload

  function close(id: ConnectionId): void {
    const session = sessions.get(id)
    if (!session) return
    // First, so that nothing of the rest is sent there.
    sessions.delete(id)
    bySocket.delete(session.socket)
    giveUpRequests(state, session)
    leaveAllRooms(state, session)
  }

  return {
    name: 'admission',
    get size() {
      return sessions.size
    },
    decode,
    opened: (id, arrival, now) => gathered(now, () => open(id, arrival, now)),
    received: (id, incoming, now) =>
      gathered(now, () => {
        const session = sessions.get(id)
        if (session) receive(session, incoming)
      }),
    // As the original does: a packet that is none ends the connection.
    garbled: (id, _request, fault, now) =>
      gathered(now, () => {
        const session = sessions.get(id)
        if (!session) return
        note(state, { fact: 'admission-garbled', address: session.address, fault })
        state.effects.push({ do: 'close', to: id, code: policy, reason: 'no packet of Socket.IO' })
      }),
    told: (to, { packet, except }, now) =>
      gathered(now, () => {
        const frame = { text: packet, kind: 'plain' } as const
        const members = to.kind === 'room' ? [...(rooms.byKey(to.room)?.members ?? [])] : []
        const excepted = except === undefined ? undefined : bySocket.get(except)
        const hearing = members.filter((id) => id !== excepted)
        if (hearing.length > 0) state.effects.push({ do: 'send', to: hearing, frame })
      }),
    answered: () => [],
    closed: (id, _undelivered, now) => gathered(now, () => close(id)),
    overflowed: (id, now) =>
      gathered(now, () => {
        const session = sessions.get(id)
        if (!session) return
        note(state, { fact: 'admission-overflowed', address: session.address, socket: session.socket })
        state.effects.push({ do: 'close', to: id, code: policy, reason: 'reads too slowly' })
      }),
    expired: (now) =>
      gathered(now, () => {
        for (let due = deadlines.takeDue(now); due; due = deadlines.takeDue(now)) {
          const room = rooms.byKey(due.room)
          const candidate = sessions.get(due.candidate)
          if (room && candidate) endRequest(state, room, candidate, 'request_timeout', 'timeout')
        }
      }),
    nextDeadline: () => deadlines.next(),
  }
}
