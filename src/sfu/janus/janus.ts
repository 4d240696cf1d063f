/** Janus as an SFU: every leg lives in one session of one Janus server, see SPEC.md. */
import { rfc3339 } from '../../lib/rfc3339.ts'
import type { Link, SfuCensus, SfuCommand, SfuLimits, SfuMachine } from '../sfu.ts'
import { createAsks } from './asks.ts'
import { createDesk } from './desk.ts'
import { createLeftovers } from './leftovers.ts'
import { videoRoomPlugin } from './messages.ts'
import { createOrphans } from './orphans.ts'
import { failure, type Parts } from './parts.ts'
import { createPublishers } from './publishers.ts'
import { createSession } from './session.ts'
import { createSubscribers } from './subscribers.ts'

export interface JanusSettings extends SfuLimits {
  readonly url: string
}

export interface JanusSfu extends SfuMachine {
  /** For what comes from now on. */
  configured(limits: SfuLimits): void
}

export function createJanusSfu(settings: JanusSettings, random: (count: number) => Uint8Array): JanusSfu {
  const { url } = settings
  let limits: SfuLimits = settings
  let isAvailable = false
  let isStopping = false
  const desk = createDesk()
  const timeout = (): number => limits.timeout

  const session = createSession({ url, timeout }, desk, {
    up() {
      available(true)
      leftovers.up()
      publishers.up()
      subscribers.up()
      orphans.up()
    },
    lost(why) {
      available(false)
      publishers.lost(why)
      subscribers.lost(why)
      leftovers.lost()
      orphans.lost()
    },
    happened(handle, message) {
      if (!publishers.happened(handle, message)) subscribers.happened(handle, message)
    },
    ended: () => desk.silence(),
  })
  const leftovers = createLeftovers(url, desk, session, () => {
    if (isStopping) session.end()
  })
  const asks = createAsks(url, desk, timeout)
  const parts: Parts = { desk, session, leftovers, asks, limits: () => limits, random }
  const publishers = createPublishers(parts, {
    changed: (stream) => subscribers.changed(stream),
    gone: (stream, room) => subscribers.gone(stream, room),
  })
  const orphans = createOrphans(desk, session, leftovers, publishers.hasRoom)
  const subscribers = createSubscribers(parts, publishers.sourceOf)

  function available(is: boolean): void {
    if (is === isAvailable) return
    isAvailable = is
    if (!isStopping) desk.tell({ event: 'available', is })
  }

  function command(command: SfuCommand): void {
    switch (command.do) {
      case 'publish':
        return publishers.publish(command)
      case 'receive':
        return publishers.receive(command)
      case 'subscribe':
        return subscribers.subscribe(command)
      case 'close':
        asks.forget(command.leg)
        publishers.close(command.leg)
        return subscribers.close(command.leg)
      default:
        return ask(command)
    }
  }

  function ask(
    command: Extract<SfuCommand, { readonly do: 'say' | 'list-streams' | 'forward' | 'stop-forwarding' }>,
  ): void {
    const { leg, request } = command
    const isPublisher = publishers.has(leg)
    if (command.do === 'say' && command.saying.say === 'candidate') {
      // Most of what is said is this.
      const legs = isPublisher ? publishers : subscribers
      if (legs.trickle(leg, command.sid, command.saying.candidate)) return desk.tell({ event: 'done', leg, request })
    }
    if (!isPublisher && !subscribers.has(leg)) {
      desk.tell({ event: 'failed', leg, request, why: 'unknown leg', detail: `no leg ${leg}` })
      return
    }
    asks.open(leg, request, () => overdue(leg))
    if (command.do === 'say') {
      const { sid, saying } = command
      return isPublisher ? publishers.say(leg, request, sid, saying) : subscribers.say(leg, request, sid, saying)
    }
    if (!isPublisher) return asks.fail(leg, request, failure('refused', `a subscriber cannot ${command.do}`))
    if (command.do === 'list-streams') return publishers.listStreams(leg, request)
    publishers.forward(command)
  }

  function overdue(leg: SfuCommand['leg']): ReturnType<typeof failure> {
    if (!session.isUp()) return failure('not available', 'Janus is not available')
    return subscribers.isWaiting(leg)
      ? failure('no publisher', 'nobody publishes it')
      : failure('timeout', 'no answer in time')
  }

  function streams(): Required<Pick<SfuCensus, 'publisherStreams' | 'subscriberStreams'>> {
    const publisherStreams = { audio: 0, video: 0, screen: 0 }
    const subscriberStreams = { audio: 0, video: 0, screen: 0 }
    for (const [stream, media] of publishers.media()) {
      const receivers = subscribers.joinedTo(stream)
      for (const type of media) {
        publisherStreams[type]++
        subscriberStreams[type] += receivers
      }
    }
    return { publisherStreams, subscriberStreams }
  }

  const work = desk.work
  return {
    started: (now) => work(now, () => session.start()),
    commanded: (what, now) => (isStopping ? [] : work(now, () => command(what))),
    linkOpened: (link: Link, now) => work(now, () => session.linkOpened(link)),
    linkReceived: (link, text, now) => work(now, () => session.linkReceived(link, text)),
    linkClosed: (link, why, now) => work(now, () => session.linkClosed(link, why)),
    lookedUp: () => [],
    expired: (now) => work(now, () => desk.ring()),
    nextDeadline: () => desk.next(),
    get isAvailable() {
      return isAvailable
    },
    census: () => ({
      publishers: publishers.count(),
      subscribers: subscribers.count(),
      connections: session.isUp() ? 1 : 0,
      ...streams(),
    }),
    stats() {
      const since = session.upSince()
      const count = (of: Readonly<Record<string, number>>): number => Object.values(of).reduce((sum, n) => sum + n, 0)
      const published = count(publishers.count())
      return {
        url,
        connected: since !== undefined,
        publishers: published,
        clients: published + count(subscribers.count()),
        ...(since !== undefined && { uptime: rfc3339(since) }),
      }
    },
    serverInfo: () => ({ mode: 'janus', janus: describe(url, session.isUp() ? session.info() : undefined) }),
    stopped: (now) =>
      work(now, () => {
        isStopping = true
        subscribers.closeAll()
        publishers.closeAll()
        asks.forgetAll()
        session.leave()
        desk.at('farewell', now + timeout(), () => session.end())
        if (leftovers.isEmpty() || !session.isUp()) session.end()
      }),
    configured(next) {
      limits = next
    },
  }
}

function describe(url: string, info: ReturnType<ReturnType<typeof createSession>['info']>): unknown {
  if (!info) return { url, connected: false }
  const plugin = info.plugins?.[videoRoomPlugin]
  return {
    url,
    connected: true,
    name: info.name,
    version: info.version_string,
    author: info.author,
    datachannels: info.data_channels ?? false,
    fulltrickle: info['full-trickle'] ?? false,
    localip: info['local-ip'],
    ipv6: info.ipv6 ?? false,
    videoroom: plugin && { name: plugin.name, version: plugin.version_string, author: plugin.author },
  }
}
