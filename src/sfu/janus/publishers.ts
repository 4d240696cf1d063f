/** Publisher legs: each has a room and a handle of its own in Janus, or is fed from another Janus. */
import type { Saying, SfuCommand, SfuFailure } from '../sfu.ts'
import { type Candidate, isStreamType, type LegId, type Stream, type StreamType, streamKey } from '../stream.ts'
import { type Connection, type ConnectionEvents, connect } from './connection.ts'
import { consequenceOf, handleNotFound } from './errors.ts'
import { type Answer, type Happening, videoRoomIn } from './messages.ts'
import { failure, failureOf, mostWaiting, type Parts } from './parts.ts'
import {
  candidateText,
  configurePublisher,
  hasRemoteStreams,
  isLast,
  publishRemotely,
  unpublishRemotely,
} from './requests.ts'
import { publisherStreams } from './streams.ts'
import type { Reply } from './transactions.ts'

type CommandTo<D extends SfuCommand['do']> = Extract<SfuCommand, { readonly do: D }>
type Ending = 'lost' | 'ended' | 'refused'

/** What subscribers have to know of a publisher. */
export interface Source {
  readonly room: string
  /** Whether it sends. */
  readonly isUp: boolean
  /** How often Janus has said so. */
  readonly ups: number
}

interface PublisherLeg {
  readonly id: LegId
  readonly stream: Stream
  readonly made: CommandTo<'publish'> | CommandTo<'receive'>
  /** The client's own, as long as it named one. */
  sid: string | undefined
  connection: Connection | undefined
  /** Whether it sends, and how often Janus has said so. */
  isUp: boolean
  ups: number
  isOpened: boolean
  /** What waits for the connection. */
  readonly early: (() => void)[]
  offer: string | undefined
  answer: string | undefined
  /** What Janus receives of it. */
  readonly media: Set<StreamType>
  /** Requests that want to know its media. */
  readonly listing: number[]
}

export interface Publishers {
  publish(command: CommandTo<'publish'>): void
  receive(command: CommandTo<'receive'>): void
  has(leg: LegId): boolean
  say(leg: LegId, request: number, sid: string | undefined, saying: Saying): void
  /** True if the candidate is on its way; if not, `say` knows why. */
  trickle(leg: LegId, sid: string | undefined, candidate: Candidate): boolean
  listStreams(leg: LegId, request: number): void
  forward(command: CommandTo<'forward' | 'stop-forwarding'>): void
  close(leg: LegId): void
  closeAll(): void
  sourceOf(stream: Stream): Source | undefined
  hasRoom(room: string): boolean
  /** False if the handle is none of a publisher. */
  happened(handle: string, message: Happening): boolean
  up(): void
  lost(why: string): void
  count(): Readonly<Record<StreamType, number>>
  /** What Janus receives, stream by stream. */
  media(): Iterable<readonly [Stream, ReadonlySet<StreamType>]>
}

/** Told when a stream can be subscribed to, begins to be sent, or is gone. */
export interface Watchers {
  changed(stream: Stream): void
  gone(stream: Stream, room: string): void
}

export function createPublishers(parts: Parts, watchers: Watchers): Publishers {
  const { desk, session, asks } = parts
  const legs = new Map<LegId, PublisherLeg>()
  /** The newest of each stream. */
  const byStream = new Map<string, PublisherLeg>()
  const byHandle = new Map<string, PublisherLeg>()
  const census = { audio: 0, video: 0, screen: 0 }
  const alarm = (leg: PublisherLeg): string => `make ${leg.id}`

  function add(command: CommandTo<'publish'> | CommandTo<'receive'>): void {
    const sid = command.do === 'publish' ? command.sid : undefined
    const leg: PublisherLeg = {
      id: command.leg,
      stream: command.stream,
      made: command,
      sid,
      connection: undefined,
      isUp: false,
      ups: 0,
      isOpened: false,
      early: [],
      offer: undefined,
      answer: undefined,
      media: new Set(),
      listing: [],
    }
    legs.set(leg.id, leg)
    byStream.set(streamKey(leg.stream), leg)
    expectConnection(leg)
    if (session.isUp()) make(leg)
  }

  function expectConnection(leg: PublisherLeg): void {
    desk.at(alarm(leg), desk.now() + parts.limits().timeout, () =>
      session.isUp() ? end(leg, 'refused', 'no answer in time', 'timeout') : end(leg, 'lost', 'Janus is not available'),
    )
  }

  // Making

  function make(leg: PublisherLeg): void {
    const { made, stream } = leg
    leg.connection = connect(
      parts,
      {
        stream,
        bitrate: bitrateOf(leg),
        settings: made.do === 'publish' ? made.settings : undefined,
        remote: made.do === 'receive' ? made.streams : undefined,
      },
      {
        attached: (handle) => byHandle.set(handle, leg),
        made: (ports) => connected(leg, ports),
        unmade(reply) {
          disconnect(leg)
          if (reply.why !== 'cut') end(leg, 'refused', reply.detail, reply.why)
        },
        gone: (reply) => handleGone(leg, reply),
      },
    )
  }

  function bitrateOf({ stream, made }: PublisherLeg): number {
    const { maxStreamBitrate, maxScreenBitrate } = parts.limits()
    const limit = stream.type === 'screen' ? maxScreenBitrate : maxStreamBitrate
    const wish = made.do === 'publish' ? made.settings.bitrate : 0
    return wish > 0 ? Math.min(wish, limit) : limit
  }

  function connected(leg: PublisherLeg, ports: Parameters<ConnectionEvents['made']>[0]): void {
    const { made } = leg
    desk.cancel(alarm(leg))
    leg.sid ??= leg.connection?.line()?.handle
    if (!leg.isOpened) opened(leg)
    if (ports && made.do === 'receive') {
      leg.isUp = true
      asks.answer({ event: 'receiving', leg: leg.id, request: made.request, ...ports })
    }
    for (const act of leg.early.splice(0)) act()
    watchers.changed(leg.stream)
  }

  function opened(leg: PublisherLeg): void {
    leg.isOpened = true
    census[leg.stream.type]++
    desk.note({ fact: 'publisher-created', ...leg.stream })
    if (leg.made.do === 'publish') {
      desk.tell({ event: 'opened', leg: leg.id, sid: leg.sid ?? '', bitrate: bitrateOf(leg) })
    }
  }

  // Ending

  /** What Janus has of it is removed; subscribers wait for the next connection. */
  function disconnect(leg: PublisherLeg, isHandleGone = false): void {
    const { connection } = leg
    if (!connection) return
    leg.connection = undefined
    leg.isUp = false
    leg.offer = undefined
    leg.answer = undefined
    leg.media.clear()
    const line = connection.line()
    if (line) byHandle.delete(line.handle)
    connection.drop(isHandleGone)
    if (connection.isMade()) watchers.gone(leg.stream, connection.room())
  }

  function remove(leg: PublisherLeg): void {
    desk.cancel(alarm(leg))
    disconnect(leg)
    legs.delete(leg.id)
    const key = streamKey(leg.stream)
    if (byStream.get(key) === leg) byStream.delete(key)
    if (leg.isOpened) census[leg.stream.type]--
  }

  function end(leg: PublisherLeg, why: Ending, detail: string, failed = failures[why]): void {
    remove(leg)
    asks.failAll(leg.id, failure(failed, detail))
    desk.note({ fact: 'publisher-closed', ...leg.stream, why: `${why}: ${detail}` })
    desk.tell({ event: 'closed', leg: leg.id, why, detail })
  }

  // Saying

  /** Acts on the connection now, or when there is one. */
  function whenMade(leg: PublisherLeg, request: number, act: () => void): void {
    if (leg.connection?.isMade()) act()
    else if (leg.early.length < mostWaiting) leg.early.push(act)
    else asks.fail(leg.id, request, failure('refused', 'too much is waiting'))
  }

  function say(leg: PublisherLeg, request: number, sid: string | undefined, saying: Saying): void {
    switch (saying.say) {
      case 'offer':
        return offer(leg, request, sid, saying.sdp)
      case 'candidate':
        return whenMade(leg, request, () => {
          if (!trickle(leg, sid, saying.candidate)) return asks.fail(leg.id, request, stale(sid))
          asks.answer({ event: 'done', leg: leg.id, request })
        })
      default:
        asks.fail(leg.id, request, failure('refused', `a publisher hears no ${saying.say}`))
    }
  }

  /** False if it is not for the present connection. */
  function trickle(leg: PublisherLeg, sid: string | undefined, candidate: Candidate): boolean {
    const line = leg.connection?.isMade() ? leg.connection.line() : undefined
    if (!line || (sid !== undefined && sid !== leg.sid)) return false
    line.trickle(candidateText(candidate), isLast(candidate))
    return true
  }

  /** Another sid is another peer connection of the client: the present one has no use for its offer. */
  function offer(leg: PublisherLeg, request: number, sid: string | undefined, sdp: string): void {
    if (sid !== undefined && sid !== leg.sid) {
      if (leg.connection?.isMade() && leg.offer !== undefined) {
        disconnect(leg)
        expectConnection(leg)
        if (session.isUp()) make(leg)
      }
      leg.sid = sid
    }
    whenMade(leg, request, () => {
      const { connection } = leg
      const line = connection?.line()
      // A later offer of yet another connection has taken its place.
      if (!connection || !line || (sid !== undefined && sid !== leg.sid)) return asks.fail(leg.id, request, stale(sid))
      leg.offer = sdp
      line.message(configurePublisher, { type: 'offer', sdp }, (reply) => configured(leg, connection, request, reply))
    })
  }

  function configured(leg: PublisherLeg, connection: Connection, request: number, reply: Reply): void {
    if (leg.connection !== connection) return
    if (!reply.ok) {
      asks.fail(leg.id, request, failureOf(reply))
      const follows = reply.code === undefined ? 'refuse' : consequenceOf(reply.code)
      if (follows === 'no publisher' || follows === 'new handle') end(leg, 'lost', reply.detail)
      else handleGone(leg, reply)
      return
    }
    const sdp = answerIn(reply.answer)
    if (sdp === undefined) return asks.fail(leg.id, request, failure('refused', 'Janus gives no answer'))
    leg.answer = sdp
    asks.answer({ event: 'answer', leg: leg.id, request, sid: leg.sid ?? '', sdp })
    for (const listing of leg.listing.splice(0)) tellStreams(leg, listing)
  }

  function handleGone(leg: PublisherLeg, reply: Reply & { readonly ok: false }): void {
    if (reply.code !== handleNotFound) return
    disconnect(leg, true)
    end(leg, 'lost', reply.detail)
  }

  function done(leg: PublisherLeg, request: number, reply: Reply): void {
    if (reply.ok) asks.answer({ event: 'done', leg: leg.id, request })
    else asks.fail(leg.id, request, failureOf(reply))
  }

  function tellStreams(leg: PublisherLeg, request: number): void {
    if (leg.offer === undefined || leg.answer === undefined) leg.listing.push(request)
    else asks.answer({ event: 'streams', leg: leg.id, request, streams: publisherStreams(leg.offer, leg.answer) })
  }

  function happened(leg: PublisherLeg, message: Happening): void {
    switch (message.janus) {
      case 'webrtcup':
        leg.isUp = true
        leg.ups++
        return watchers.changed(leg.stream)
      case 'media':
        return received(leg, message.type, message.receiving)
      case 'hangup':
        return end(leg, 'ended', message.reason ?? 'hung up')
      case 'detached':
        disconnect(leg, true)
        return end(leg, 'lost', 'handle detached')
      case 'trickle': {
        const { completed, ...candidate } = message.candidate
        const told = completed ? { candidate: '' } : { ...candidate, candidate: candidate.candidate ?? '' }
        return desk.tell({ event: 'candidate', leg: leg.id, sid: leg.sid ?? '', candidate: told })
      }
      case 'event': {
        const data = videoRoomIn(message)
        if (data?.videoroom === 'destroyed') end(leg, 'lost', 'room destroyed')
        else if (data?.leaving === 'ok') end(leg, 'ended', data.reason ?? 'left the room')
      }
    }
  }

  function received(leg: PublisherLeg, kind: string, isReceiving: boolean): void {
    const type = kind === 'video' && leg.stream.type === 'screen' ? 'screen' : kind
    if (!isStreamType(type)) return
    if (isReceiving) leg.media.add(type)
    else leg.media.delete(type)
  }

  return {
    publish: add,
    receive(command) {
      asks.open(command.leg, command.request, () => failure('timeout', 'no answer in time'))
      add(command)
    },
    has: (leg) => legs.has(leg),
    say(id, request, sid, saying) {
      const leg = legs.get(id)
      if (leg) say(leg, request, sid, saying)
    },
    trickle(id, sid, candidate) {
      const leg = legs.get(id)
      return leg !== undefined && trickle(leg, sid, candidate)
    },
    listStreams(id, request) {
      const leg = legs.get(id)
      if (leg) tellStreams(leg, request)
    },
    forward({ do: what, leg: id, request, to }) {
      const leg = legs.get(id)
      if (!leg) return
      whenMade(leg, request, () => {
        if (!hasRemoteStreams(session.version())) {
          return asks.fail(id, request, failure('refused', 'remote streams need Janus 1.1'))
        }
        const room = leg.connection?.room() ?? ''
        const body =
          what === 'forward' ? publishRemotely(room, leg.stream, to) : unpublishRemotely(room, leg.stream, to)
        session.control(body, (reply) => done(leg, request, reply))
      })
    },
    close(id) {
      const leg = legs.get(id)
      if (!leg) return
      remove(leg)
      if (leg.isOpened) desk.note({ fact: 'publisher-closed', ...leg.stream, why: 'closed' })
    },
    closeAll() {
      for (const leg of [...legs.values()]) remove(leg)
    },
    sourceOf(stream) {
      const leg = byStream.get(streamKey(stream))
      return leg?.connection?.isMade() ? { room: leg.connection.room(), isUp: leg.isUp, ups: leg.ups } : undefined
    },
    hasRoom: (room) => legs.values().some(({ connection }) => connection?.room() === room),
    happened(handle, message) {
      const leg = byHandle.get(handle)
      if (!leg) return false
      happened(leg, message)
      return true
    },
    up() {
      for (const leg of [...legs.values()]) {
        if (!leg.connection) make(leg)
        else {
          leg.connection.line()?.resume()
          // Janus may have told it when nobody listened; whoever joins will see.
          if (leg.answer !== undefined) leg.isUp = true
        }
      }
    },
    lost(why) {
      for (const leg of [...legs.values()]) {
        if (leg.connection?.isMade()) end(leg, 'lost', why)
        else disconnect(leg)
      }
    },
    count: () => ({ ...census }),
    media: () => [...legs.values()].map((leg) => [leg.stream, leg.media] as const),
  }
}

/** What becomes of requests when their leg ends. */
const failures: Readonly<Record<Ending, SfuFailure>> = {
  lost: 'not available',
  ended: 'unknown leg',
  refused: 'refused',
}

const stale = (sid: string | undefined) => failure('stale sid', `sid ${sid} is not that of the present connection`)

const answerIn = (answer: Answer): string | undefined =>
  answer.janus === 'event' && answer.jsep?.type === 'answer' ? answer.jsep.sdp : undefined
