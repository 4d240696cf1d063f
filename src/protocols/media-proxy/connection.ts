/** The media proxy: who may say what when, on connections from signaling servers and from other proxies. */
import type { ConnectionId } from '../../core/ids.ts'
import { createThrottle } from '../../core/throttle.ts'
import { decodeRequest, type Request } from '../../sfu/proxy/wire.ts'
import type { Link, SfuEvent } from '../../sfu/sfu.ts'
import type { StreamType } from '../../sfu/stream.ts'
import type { Effects, FrontEnd } from '../front-end.ts'
import { notOpened } from './clients.ts'
import { command } from './commands.ts'
import { broadcast, refuse, sendTo } from './deliver.ts'
import { errorReply } from './errors.ts'
import { expectHello, hello, refuseNow } from './hello.ts'
import { lookAtLoad, tellLoad } from './load.ts'
import type { Connection, Session } from './model.ts'
import { payload } from './payloads.ts'
import { otherIsDue, remoteClosed, remoteOpened, remoteReceived } from './remote/heard.ts'
import { failPull } from './remote/pulls.ts'
import { connectionLost, endConnection, endSession } from './sessions.ts'
import { sfuTold } from './sfu-events.ts'
import { createState, type Due, type Load, type State } from './state.ts'
import type { MediaProxy, ProxySettings, ProxyWishes, ProxyWorld } from './vocabulary.ts'

export interface MediaProxyFrontEnd extends FrontEnd<MediaProxy> {
  sfuTold(event: SfuEvent, now: number): Effects<MediaProxy>
  remoteOpened(link: Link, now: number): Effects<MediaProxy>
  remoteReceived(link: Link, text: string, now: number): Effects<MediaProxy>
  remoteClosed(link: Link, why: string, now: number): Effects<MediaProxy>
  /** The operator wishes otherwise from now on. */
  wished(wishes: ProxyWishes, now: number): Effects<MediaProxy>
  /** Nothing new from now on; what there is goes on. */
  drained(now: number): Effects<MediaProxy>
  /** Ends every session. */
  stopped(now: number): Effects<MediaProxy>
  census(): MediaProxyCensus
}

export interface MediaProxyCensus {
  readonly sessions: number
  /** Publishers and subscribers, those that are being made included. */
  readonly clients: number
  readonly connections: number
  readonly publishers: Readonly<Record<StreamType, number>>
  readonly subscribers: Readonly<Record<StreamType, number>>
  readonly load: Load
  readonly isAvailable: boolean
}

export function createMediaProxy(settings: ProxySettings, wishes: ProxyWishes, world: ProxyWorld): MediaProxyFrontEnd {
  const { state, input: plainInput } = createState(settings, wishes, world, createThrottle())

  /** Sessions for which too much waits end with the input that overflowed them. */
  const input = (now: number, act: () => void): Effects<MediaProxy> =>
    plainInput(now, () => {
      act()
      for (const session of state.doomed) endSession(state, session, 'queue full')
      state.doomed.clear()
    })

  return {
    name: 'media-proxy',
    decode: decodeRequest,
    opened: (id, peer, now) =>
      input(now, () => {
        const connection: Connection = { id, peer, phase: { phase: 'greeting' } }
        state.connections.set(id, connection)
        expectHello(state, connection)
      }),
    received: (id, message, now) => input(now, () => received(state, id, message)),
    garbled: (id, request, fault, now) => input(now, () => garbled(state, id, request, fault)),
    told: () => [],
    answered: () => [],
    closed: (id, undelivered, now) =>
      input(now, () => {
        const connection = state.connections.get(id)
        if (connection) connectionLost(state, connection, undelivered)
      }),
    overflowed: (id, now) =>
      input(now, () => {
        const connection = state.connections.get(id)
        if (!connection) return
        if (connection.phase.phase === 'open') endSession(state, connection.phase.session, 'queue full')
        else endConnection(state, connection, 'reads too slowly')
      }),
    expired: (now) =>
      input(now, () => {
        for (let due = state.deadlines.takeDue(now); due; due = state.deadlines.takeDue(now)) isDue(state, due)
      }),
    nextDeadline: () => state.deadlines.next(),
    sfuTold: (event, now) => input(now, () => sfuTold(state, event)),
    remoteOpened: (link, now) => input(now, () => remoteOpened(state, link)),
    remoteReceived: (link, text, now) => input(now, () => remoteReceived(state, link, text)),
    remoteClosed: (link, why, now) => input(now, () => remoteClosed(state, link, why)),
    wished: (next, now) => input(now, () => wished(state, next)),
    drained: (now) => input(now, () => drain(state)),
    stopped: (now) =>
      input(now, () => {
        for (const session of [...state.sessions.values()]) endSession(state, session, 'stopping')
      }),
    census: () => census(state),
  }
}

function received(state: State, id: ConnectionId, message: Request): void {
  const connection = state.connections.get(id)
  if (!connection) return
  const { phase } = connection
  if (phase.phase === 'open') return handle(state, phase.session, message)
  if (phase.phase !== 'greeting') return
  if (message.type === 'hello') hello(state, connection, message)
  else sendTo(state, id, errorReply(message.id, 'hello_expected'))
}

function handle(state: State, session: Session, message: Request): void {
  switch (message.type) {
    case 'command':
      return command(state, session, message.id, message.command)
    case 'payload':
      return payload(state, session, message.id, message.payload)
    case 'bye':
      return endSession(state, session, 'bye')
    case 'unknown':
      if (message.of === 'command') state.note({ fact: 'proxy-command', session: session.number, type: 'unknown' })
      return refuse(state, session, message.id, 'bad_request')
    case 'hello':
      return refuse(state, session, message.id, 'bad_request')
  }
}

function garbled(state: State, id: ConnectionId, request: string | undefined, fault: string): void {
  const connection = state.connections.get(id)
  if (!connection || connection.phase.phase === 'held' || connection.phase.phase === 'over') return
  state.note({ fact: 'proxy-frame-garbled', address: connection.peer.address, fault })
  sendTo(state, id, errorReply(request, 'invalid_format'))
}

function isDue(state: State, due: Due): void {
  switch (due.due) {
    case 'hello': {
      const connection = state.connections.get(due.connection)
      if (connection?.phase.phase === 'greeting') endConnection(state, connection, 'no hello')
      return
    }
    case 'held refusal': {
      const connection = state.connections.get(due.connection)
      if (connection) refuseNow(state, connection, due.reply)
      return
    }
    case 'expiry':
      return endSession(state, due.session, 'expired')
    case 'opening':
      return notOpened(state, due.client, 'timeout', 'no answer in time')
    case 'load':
      return lookAtLoad(state)
    case 'pull':
      return failPull(state, due.pull, 'timeout', 'the other proxy did not answer in time')
    case 'other proxy':
      return otherIsDue(state, due)
  }
}

function wished(state: State, next: ProxyWishes): void {
  const { limits, keys } = state.wishes
  state.wishes = next
  const isOtherLimit = limits.incoming !== next.limits.incoming || limits.outgoing !== next.limits.outgoing
  if (isOtherLimit) tellLoad(state)
  // Whose key has just been put right need not wait until his failures are forgotten.
  if (keys !== next.keys) state.throttle = createThrottle()
}

function drain(state: State): void {
  if (state.isDraining) return
  state.isDraining = true
  state.note({ fact: 'draining-begun', sessions: state.sessions.size, clients: state.clients.size })
  broadcast(state, { type: 'shutdown-scheduled' })
}

function census(state: State): MediaProxyCensus {
  const publishers = { audio: 0, video: 0, screen: 0 }
  const subscribers = { audio: 0, video: 0, screen: 0 }
  for (const { kind, stream } of state.clients.values())
    (kind === 'publisher' ? publishers : subscribers)[stream.type]++
  const { sessions, clients, connections, load, isAvailable } = state
  return {
    sessions: sessions.size,
    clients: clients.size,
    connections: connections.size,
    publishers,
    subscribers,
    load,
    isAvailable,
  }
}
