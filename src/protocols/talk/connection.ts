/** The Talk front end: who may say what when, and what happens as time goes by. */
import type { Address } from '../../core/address.ts'
import type { ConnectionId } from '../../core/ids.ts'
import type { Throttle } from '../../core/throttle.ts'
import { assertNever } from '../../lib/assert-never.ts'
import type { SfuEvent } from '../../sfu/sfu.ts'
import type { Effects, FrontEnd, Peer } from '../front-end.ts'
import { type Census, takeCensus } from './census.ts'
import type { Connection, Garbled } from './connection-state.ts'
import { sendTo, told } from './deliver.ts'
import { closeNormally, endSession, sayBye } from './ending.ts'
import { errorReply } from './errors.ts'
import type { EndReason } from './facts.ts'
import { featuresOf } from './features.ts'
import { carryOver } from './federation/carry.ts'
import { federationDue, linked } from './federation/conversation.ts'
import { federatedJoin } from './federation/join.ts'
import type { FederationEvent } from './federation/link.ts'
import { bye } from './handlers/bye.ts'
import { dialoutAbandoned, dialoutTimedOut, volunteerLeft } from './handlers/dialout.ts'
import { hello } from './handlers/hello.ts'
import { helloAnswered } from './handlers/hello-answered.ts'
import { internal, removalAnswered, virtualAnswered } from './handlers/internal.ts'
import { media } from './handlers/media.ts'
import { control, message } from './handlers/message.ts'
import { inherit } from './handlers/resume.ts'
import { room, roomAnswered } from './handlers/room.ts'
import { transient } from './handlers/transient.ts'
import { flushAllJoins, flushJoins } from './joins.ts'
import { closeStream } from './media/closing.ts'
import { sfuTold } from './media/events.ts'
import { renewStreams } from './media/renewal.ts'
import { park } from './parking.ts'
import { askPings, pingInterval } from './ping.ts'
import { expectHello } from './refusing.ts'
import { frameOf } from './render.ts'
import type { IncomingRequest } from './requests.ts'
import type { SessionIds } from './sealed-id.ts'
import type { ClientSession } from './session.ts'
import { createState, type Due, type State, type TalkSettings } from './state.ts'
import { removeValue } from './values.ts'
import type { Talk, TalkAnswer } from './vocabulary.ts'
import { createWaitingRequests } from './waiting-requests.ts'
import { decode, type Incoming } from './wire.ts'

/** How many messages of one connection may wait for an answer from the backend. */
const inboxLimit = 1_000
const policyViolation = 1008

export interface TalkFrontEnd extends FrontEnd<Talk> {
  /** Nextcloud sent a request; a `reply` effect with its number answers it, now or later. */
  requested(request: IncomingRequest): Effects<Talk>
  /** Nextcloud has gone before it was answered. */
  abandoned(request: number, now: number): Effects<Talk>
  /** The SFU has something to tell. */
  sfuTold(event: SfuEvent, now: number): Effects<Talk>
  /** Something happened to a link to another signaling server. */
  federationTold(event: FederationEvent, now: number): Effects<Talk>
  census(): Census
}

export function createTalk(settings: TalkSettings, ids: SessionIds, throttle: Throttle): TalkFrontEnd {
  return talkOver(createState(settings, ids, throttle, told))
}

/** The front end over a state that whoever made it may look into. */
export function talkOver(state: State): TalkFrontEnd {
  const { connections, deadlines, settings } = state
  const requests = createWaitingRequests(state)
  const features = featuresOf(settings.media !== undefined).welcome
  const welcome = frameOf({ type: 'welcome', welcome: { version: settings.version, features } })

  /** Handles one input and hands out what it led to. */
  function handle(now: number, act: () => void): Effects<Talk> {
    state.setNow(now)
    act()
    for (let id = state.federation.takeReleased(); id !== undefined; id = state.federation.takeReleased()) release(id)
    for (let end = state.takeDoomed(); end; end = state.takeDoomed()) endDoomed(end.session, end.why)
    return state.takeEffects()
  }

  /** A connection whose wish for a federated room was answered. */
  function release(id: ConnectionId): void {
    const connection = connections.get(id)
    if (connection?.phase.phase !== 'open' || connection.awaits !== federatedJoin) return
    connection.awaits = undefined
    emptyInbox(connection)
  }

  function endDoomed(session: ClientSession, why: EndReason): void {
    // Several reasons, or several frames too many, end it once.
    if (state.hub.get(session.id) !== session) return
    if (why === 'queue full') state.note({ fact: 'queue-overflowed', session: session.id, backend: session.backend.id })
    const { link } = session
    endSession(state, session, why)
    if (link.phase === 'open') closeNormally(state, link.connection, why)
  }

  /** Deals with a frame now, or when the answer that the connection waits for is there. */
  function take(id: ConnectionId, incoming: Incoming | Garbled): void {
    const connection = connections.get(id)
    if (!connection) return
    if (connection.awaits === undefined) return dispatch(connection, incoming)
    if (connection.inbox.length < inboxLimit) {
      connection.inbox.push(incoming)
      return
    }
    state.note({ fact: 'inbox-overflowed', address: connection.peer.address })
    connection.inbox.length = 0
    state.emit({ do: 'close', to: id, code: policyViolation, reason: 'too many messages at once' })
  }

  function dispatch(connection: Connection, incoming: Incoming | Garbled): void {
    if (incoming.type === 'garbled') return refuseGarbled(connection, incoming)
    const { phase } = connection
    // Whatever is said now must not overtake the news of who came.
    if (incoming.type !== 'room' && (incoming.type !== 'hello' || incoming.message.hello.resumeid)) flushAllJoins(state)
    switch (phase.phase) {
      case 'greeting':
        if (incoming.type === 'hello') return hello(state, connection, incoming.message, incoming.raw)
        return sendTo(state, connection.id, errorReply(requestOf(incoming), 'hello_expected'))
      case 'open':
        return dispatchOpen(connection, phase.session, incoming)
      case 'waiting':
      case 'ended':
      case 'replaced':
        return
      default:
        return assertNever(phase)
    }
  }

  function refuseGarbled(connection: Connection, { id, fault }: Garbled): void {
    if (connection.phase.phase === 'ended' || connection.phase.phase === 'replaced') return
    state.note({ fact: 'frame-garbled', address: connection.peer.address, fault })
    sendTo(state, connection.id, errorReply(id, 'invalid_format'))
  }

  function dispatchOpen(connection: Connection, session: ClientSession, incoming: Incoming): void {
    switch (incoming.type) {
      case 'hello':
        return ignore(session, 'hello', 'has a session already')
      case 'room':
        return room(state, connection, session, incoming.message)
      case 'message':
        if (carryOver(state, session, incoming)) return
        if (state.settings.media && media(state, session, incoming.message)) return
        if (incoming.raw) message(state, session, incoming.message.message.recipient, incoming.raw)
        return
      case 'control':
        if (carryOver(state, session, incoming)) return
        if (incoming.raw) control(state, session, incoming.message.control.recipient, incoming.raw)
        return
      case 'internal':
        return internal(state, connection, session, incoming.message, incoming.raw)
      case 'transient':
        if (carryOver(state, session, incoming)) return
        return transient(state, session, incoming.message, incoming.raw)
      case 'bye':
        return bye(state, connection, session, incoming.message)
      case 'unknown':
        return state.note({ fact: 'message-unknown', type: incoming.name })
      default:
        return assertNever(incoming)
    }
  }

  function ignore(session: ClientSession, type: string, why: string): void {
    state.note({ fact: 'message-ignored', session: session.id, type, why })
  }

  /** Takes up what came in while an answer was awaited, until the next answer has to be awaited. */
  function emptyInbox(connection: Connection | undefined): void {
    while (connection && connection.awaits === undefined) {
      const next = connection.inbox.shift()
      if (!next) return
      dispatch(connection, next)
    }
  }

  function answered(number: number, answer: TalkAnswer): void {
    const pending = state.pending.get(number)
    if (!pending) return
    state.pending.delete(number)
    const waiting = connectionAwaiting(number)
    if (waiting) waiting.awaits = undefined
    switch (pending.for) {
      case 'hello':
        if (waiting) helloAnswered(state, waiting, pending, answer)
        break
      case 'join':
        roomAnswered(state, pending.session, pending.message, answer)
        requests.retry()
        break
      case 'virtual':
        virtualAnswered(state, pending.session, pending.roomId, pending.request, answer)
        break
      case 'removal':
        removalAnswered(state, pending.owner, pending.request, answer)
        break
      case 'notice':
        if (answer.answer === 'refused') {
          state.note({ fact: 'backend-refused', backend: pending.backend, what: pending.what, code: answer.code })
        }
        break
      default:
        assertNever(pending)
    }
    emptyInbox(waiting)
  }

  function connectionAwaiting(number: number): Connection | undefined {
    const id = state.awaiting.get(number)
    state.awaiting.delete(number)
    const connection = id === undefined ? undefined : connections.get(id)
    return connection?.awaits === number ? connection : undefined
  }

  /** Pings go on for as long as somebody is here. */
  function expectPing(): void {
    deadlines.set('ping', state.now() + pingInterval, { due: 'ping' })
  }

  function due(item: Due): void {
    switch (item.due) {
      case 'hello': {
        const connection = connections.get(item.connection)
        if (connection) connection.phase = { phase: 'ended' }
        return sayBye(state, item.connection, 'hello_timeout')
      }
      case 'room-join': {
        const { session } = item
        if (session.link.phase === 'open') sayBye(state, session.link.connection, 'room_join_timeout')
        return endSession(state, session, 'no room joined')
      }
      case 'resume':
        return endSession(state, item.session, 'resume window over')
      case 'held-refusal': {
        const connection = connections.get(item.connection)
        if (!connection) return
        sendTo(state, item.connection, item.message)
        connection.awaits = undefined
        expectHello(state, connection)
        return emptyInbox(connection)
      }
      case 'joins':
        return flushJoins(state, item.room)
      case 'value':
        flushJoins(state, item.room)
        return removeValue(state, item.room, item.key)
      case 'dialout':
        return dialoutTimedOut(state, item.id)
      case 'unshared': {
        const leg = state.legs.get(item.leg)
        if (leg?.kind === 'publisher') closeStream(state, leg)
        return
      }
      case 'renewal':
        return renewStreams(state)
      case 'federation':
        return federationDue(state, item.federated)
      case 'waiting-requests':
        return requests.giveUp()
      case 'ping':
        if (connections.size > 0 || state.hub.size > 0) expectPing()
        return askPings(state)
      default:
        return assertNever(item)
    }
  }

  return {
    name: 'talk',
    decode,

    opened: (id: ConnectionId, peer: Peer, now: number) =>
      handle(now, () => {
        const connection: Connection = { id, peer, phase: { phase: 'greeting' }, awaits: undefined, inbox: [] }
        connections.set(id, connection)
        if (!deadlines.has('ping')) expectPing()
        expectHello(state, connection)
        state.emit({ do: 'send', to: [id], frame: welcome })
      }),

    received: (id, incoming, now) =>
      handle(now, () => {
        if (incoming.type !== 'unknown') state.note({ fact: 'message-received', type: incoming.type })
        take(id, incoming)
      }),

    garbled: (id, request, fault, now) => handle(now, () => take(id, { type: 'garbled', id: request, fault })),

    told: (to: Address, event, now) =>
      handle(now, () => {
        flushAllJoins(state)
        told(state, to, event)
      }),

    answered: (number, answer, now) => handle(now, () => answered(number, answer)),

    requested: (request) =>
      handle(request.received, () => {
        flushAllJoins(state)
        requests.take(request)
      }),

    abandoned: (request, now) => handle(now, () => dialoutAbandoned(state, request)),

    sfuTold: (event, now) =>
      handle(now, () => {
        flushAllJoins(state)
        sfuTold(state, event)
      }),

    federationTold: (event, now) => handle(now, () => linked(state, event)),

    closed: (id, undelivered, now) =>
      handle(now, () => {
        const connection = connections.get(id)
        connections.delete(id)
        deadlines.cancel(`hello ${id}`)
        deadlines.cancel(`held ${id}`)
        if (connection?.phase.phase === 'replaced') {
          return emptyInbox(inherit(state, connection.phase, undelivered))
        }
        if (connection?.phase.phase !== 'open') return
        const { session } = connection.phase
        if (session.link.phase !== 'open' || session.link.connection !== id) return
        const mailbox = park(state, session)
        state.note({ fact: 'session-parked', session: session.id })
        volunteerLeft(state, session)
        if (connection.inbox.some(({ type }) => type === 'bye')) state.doom(session, 'bye')
        if (!undelivered.every((frame) => mailbox.put(frame))) state.doom(session, 'queue full')
      }),

    overflowed: (id, now) =>
      handle(now, () => {
        const connection = connections.get(id)
        if (!connection) return
        if (connection.phase.phase === 'open') {
          const { session } = connection.phase
          state.note({ fact: 'queue-overflowed', session: session.id, backend: session.backend.id })
          endSession(state, session, 'queue full')
        }
        state.emit({ do: 'close', to: id, code: policyViolation, reason: 'the client reads too slowly' })
      }),

    expired: (now) =>
      handle(now, () => {
        for (let item = deadlines.takeDue(now); item; item = deadlines.takeDue(now)) due(item)
      }),

    nextDeadline: () => deadlines.next(),

    census: () => takeCensus(state),
  }
}

const requestOf = (incoming: Incoming): string | null | undefined =>
  incoming.type === 'unknown' ? incoming.id : incoming.message.id
