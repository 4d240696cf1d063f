/** The SFU that consists of media proxies: the signaling server's side of `media-proxy.md`. */
import type { Link, SfuCommand, SfuEffects, SfuFailure, SfuMachine } from '../sfu.ts'
import type { LegId } from '../stream.ts'
import { createAsked, createClients, type Leg, type Said } from './clients.ts'
import type { Connection, Hooks, PayloadSaid } from './connection.ts'
import { createDesk } from './desk.ts'
import type { EventBody } from './messages.ts'
import { candidateIn, sdpIn } from './payloads.ts'
import { createProxies } from './proxies.ts'
import { createPublishers } from './publishers.ts'
import type { ProxySettings } from './settings.ts'
import { census, serverInfo, stats } from './statistics.ts'
import { createSubscribers } from './subscribers.ts'

export interface ProxySfu extends SfuMachine {
  /** Takes over other settings: proxies come and go, and those that go serve whom they have to the end. */
  configured(next: ProxySettings, now: number): SfuEffects
}

/** `random`: 0 ≤ n < 1; servers that lose a proxy at once do not come back at once. */
export function createProxySfu(settings: ProxySettings, random: () => number): ProxySfu {
  const desk = createDesk(settings, random)
  const legs = new Map<LegId, Leg>()
  const clients = createClients()
  const asked = createAsked(desk)
  let isAvailable = false

  const hooks: Hooks = {
    ready() {
      checkAvailable()
      publishers.proxyReady()
    },
    away: checkAvailable,
    missing(connection) {
      // While there is nowhere else to go, the session may as well be waited for.
      if (proxies.ready().length > 0) connection.giveUp('the proxy is gone')
    },
    cleared(connection, detail) {
      const here = clients.allAt(connection)
      for (const leg of here) if (leg.kind === 'publisher') publishers.end(leg, 'lost', detail)
      for (const leg of clients.allAt(connection)) if (leg.kind === 'subscriber') subscribers.interrupt(leg)
      proxies.release(connection, true)
    },
    doubtful: releaseUnused,
    event: happened,
    payload: said,
  }
  const proxies = createProxies(desk, hooks, (connection) => clients.allAt(connection).length === 0)
  const publishers = createPublishers({
    desk,
    proxies: () => proxies,
    clients,
    asked,
    appeared: (leg) => subscribers.appeared(leg),
    vanished(leg) {
      legs.delete(leg.leg)
      subscribers.vanished(leg)
    },
  })
  const subscribers = createSubscribers({
    desk,
    proxies: () => proxies,
    clients,
    asked,
    publisherOf: publishers.of,
    gone: (leg) => legs.delete(leg.leg),
  })

  function checkAvailable(): void {
    const is = proxies.ready().length > 0
    if (is === isAvailable) return
    isAvailable = is
    desk.tell({ event: 'available', is })
  }

  function happened(connection: Connection, { type, clientId, sid }: EventBody): void {
    const leg = clients.at(connection, clientId ?? '')
    // What was deleted a moment ago may still be spoken of.
    if (!leg) return
    if (type === 'publisher-closed' && leg.kind === 'publisher') publishers.end(leg, 'ended', 'the proxy ended it')
    else if (type === 'subscriber-closed' && leg.kind === 'subscriber') subscribers.ended(leg)
    else if (type === 'subscriber-sid-updated' && leg.kind === 'subscriber') leg.sid = sid ?? ''
    else if (type === 'ice-completed') {
      desk.tell({ event: 'candidate', leg: leg.leg, sid: leg.sid, candidate: { candidate: '' } })
    }
    releaseUnused(connection)
  }

  function said(connection: Connection, { type, clientId, payload }: PayloadSaid): void {
    const leg = clients.at(connection, clientId)
    if (!leg) return
    const candidate = type === 'candidate' ? candidateIn(payload) : undefined
    const sdp = type === 'offer' ? sdpIn(payload?.['offer']) : undefined
    if (candidate) desk.tell({ event: 'candidate', leg: leg.leg, sid: leg.sid, candidate })
    else if (sdp !== undefined && leg.kind === 'subscriber') subscribers.offered(leg, sdp)
    else {
      const kind = type === 'offer' || type === 'candidate' ? type : 'of an unknown type'
      desk.note({ fact: 'sfu-message-odd', url: connection.url, fault: `payload ${kind}` })
    }
  }

  function commanded(command: SfuCommand): void {
    if (command.do === 'publish' || command.do === 'subscribe') {
      const leg = command.do === 'publish' ? publishers.publish(command) : subscribers.subscribe(command)
      if (!leg.isClosed) legs.set(leg.leg, leg)
      return
    }
    if (command.do === 'receive') {
      refuse(command, 'refused', 'proxies fetch streams from each other by themselves')
      return
    }
    const leg = legs.get(command.leg)
    if (command.do === 'close') {
      if (leg) close(leg)
      return
    }
    if (!leg) refuse(command, 'unknown leg', 'there is no such leg')
    else if (command.do === 'say') {
      const what: Omit<Said, 'isSent'> = { request: command.request, sid: command.sid, saying: command.saying }
      if (leg.kind === 'publisher') publishers.say(leg, what)
      else subscribers.say(leg, what)
    } else refuse(command, 'refused', 'proxies pass streams to each other by themselves')
  }

  function refuse(to: { readonly leg: LegId; readonly request: number }, why: SfuFailure, detail: string): void {
    desk.tell({ event: 'failed', leg: to.leg, request: to.request, why, detail })
  }

  function close(leg: Leg): void {
    const connection = leg.at?.connection
    legs.delete(leg.leg)
    if (leg.kind === 'publisher') publishers.close(leg)
    else subscribers.close(leg)
    if (connection) releaseUnused(connection)
  }

  /** Where nobody is any more it may be time to leave, or to begin anew. */
  function releaseUnused(connection: Connection): void {
    if (clients.allAt(connection).length > 0) return
    connection.renew()
    proxies.release(connection, true)
  }

  const onLink = (link: Link, now: number, act: (connection: Connection) => void): SfuEffects =>
    desk.input(now, () => {
      const connection = proxies.byLink(link)
      if (connection) act(connection)
    })

  return {
    started: (now) => desk.input(now, proxies.follow),
    configured: (next, now) =>
      desk.input(now, () => {
        desk.settings = next
        proxies.follow()
      }),
    commanded: (command, now) => desk.input(now, () => commanded(command)),
    linkOpened: (link, now) => onLink(link, now, (connection) => connection.opened()),
    linkReceived: (link, text, now) => onLink(link, now, (connection) => connection.received(text)),
    linkClosed: (link, why, now) => onLink(link, now, (connection) => connection.linkLost(why)),
    lookedUp: (host, addresses, now) => desk.input(now, () => proxies.lookedUp(host, addresses)),
    expired: desk.expired,
    nextDeadline: desk.nextDeadline,
    get isAvailable() {
      return isAvailable
    },
    census: () => census(legs.values(), proxies.all()),
    stats: () => stats(proxies.all(), clients),
    serverInfo: () => serverInfo(proxies.all()),
    stopped: (now) =>
      desk.input(now, () => {
        legs.clear()
        proxies.close()
      }),
  }
}
