/**
 * A Janus with its VideoRoom in memory: it obeys the protocol as 1.1 does, keeps what it is left with, and misbehaves
 * in whatever way a test asks for. Ids are text here and numbers on the wire, so that they may have 64 bits.
 */

export type Message = Readonly<Record<string, unknown>>

/** What it does with a request: carry it out, do so but say nothing, ignore it, answer later, or refuse it. */
export type Conduct = 'obey' | 'obey silently' | 'ignore' | 'hold' | { readonly code: number; readonly reason?: string }

export interface FakeJanusOptions {
  readonly version?: number
  /** Seconds for which a session outlives its connection. */
  readonly reclaim?: number
  /** Fields of `server_info` that differ. */
  readonly info?: Message
  readonly sessionTimeout?: number
  /** Ids beyond what a JavaScript number holds. */
  readonly hasLargeIds?: boolean
  readonly now?: () => number
}

export interface FakeRoom {
  readonly id: string
  readonly description: string
  /** The request that made it. */
  readonly made: Message
  readonly publishers: Map<number, FakeHandle | 'remote'>
  /** Ports to which a publisher's media is copied, by the id of the copy. */
  readonly copies: Map<string, Message>
}

export interface FakeHandle {
  readonly id: string
  readonly session: FakeSession
  /** Whoever attached it has heard its number. */
  readonly isKnown: boolean
  kind: 'none' | 'publisher' | 'subscriber'
  room: string | undefined
  feed: number
  /** Its peer connection works. */
  isUp: boolean
  hasOffer: boolean
  isAnswered: boolean
  hasPendingOffer: boolean
  offers: number
  readonly said: Message[]
}

interface FakeSession {
  readonly id: string
  connection: FakeConnection | undefined
  goneAt: number | undefined
}

export interface FakeConnection {
  receives(text: string): void
  closed(): void
}

export interface FakeJanus {
  readonly rooms: ReadonlyMap<string, FakeRoom>
  readonly handles: ReadonlyMap<string, FakeHandle>
  readonly sessions: ReadonlyMap<string, unknown>
  /** Every request by its name: `attach`, `trickle`, or `room create` and so on for the plugin. */
  readonly heard: string[]
  /** What the real one would have died of. */
  readonly deaths: string[]
  /** Asked about each request; obeys without. */
  conduct: (name: string, request: Message) => Conduct
  /** Answers what it held back, in order. */
  release(): void
  connected(say: (text: string) => void): FakeConnection
  /** The media of a stream's publisher flows: `SID|video`. */
  publisherUp(description: string): void
  hangUp(handle: FakeHandle, reason: string): void
  publisher(description: string): FakeHandle | undefined
  subscribers(description: string): readonly FakeHandle[]
  /** Something that it tells of itself. */
  tell(handle: FakeHandle, message: Message): void
  tellPlugin(handle: FakeHandle, data: Message, jsep?: Message): void
  /** Forgets a session, as it does after hearing nothing of it. */
  timeOutSessions(isTold: boolean): void
  forgetHandle(handle: FakeHandle, isTold: boolean): void
  /** Whoever administers it destroys a room. */
  destroyRoom(description: string): void
  /** Forgets everything. */
  restart(): void
}

const plugin = 'janus.plugin.videoroom'

export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function createFakeJanus(options: FakeJanusOptions = {}): FakeJanus {
  const { version = 1102, reclaim = 0, sessionTimeout = 60, now = () => 0 } = options
  const rooms = new Map<string, FakeRoom>()
  const handles = new Map<string, FakeHandle>()
  const sessions = new Map<string, FakeSession>()
  const speakers = new Map<FakeConnection, (text: string) => void>()
  const heard: string[] = []
  const deaths: string[] = []
  let held: (() => void)[] = []
  let lastId = options.hasLargeIds ? 18_446_744_073_709_540_000n : 7_000n

  const newId = (): string => String(++lastId)

  function write(to: FakeConnection | undefined, message: Message): void {
    const text = JSON.stringify(message)
    if (to) speakers.get(to)?.(text.replaceAll(/("(?:session_id|sender|id|room)":)"(\d+)"/g, '$1$2'))
  }

  const happens = (handle: FakeHandle, message: Message): void =>
    write(handle.session.connection, { session_id: handle.session.id, sender: handle.id, ...message })

  const tellPlugin = (handle: FakeHandle, data: Message, jsep?: Message, transaction?: string): void =>
    happens(handle, {
      janus: 'event',
      ...(transaction !== undefined && { transaction }),
      plugindata: { plugin, data },
      ...(jsep && { jsep }),
    })

  function receives(from: FakeConnection, text: string): void {
    const request: unknown = JSON.parse(text.replaceAll(/("(?:session_id|handle_id|room)":)(\d+)/g, '$1"$2"'))
    if (!isMessage(request)) throw new Error(`no object: ${text}`)
    const body = isMessage(request['body']) ? request['body'] : {}
    const name = request['janus'] === 'message' ? `room ${String(body['request'])}` : String(request['janus'])
    heard.push(name)
    const conduct = janus.conduct(name, request)
    if (conduct === 'ignore') return
    const refuse = (code: number, reason = ''): void =>
      write(from, { janus: 'error', transaction: request['transaction'], error: { code, reason } })
    if (typeof conduct === 'object') {
      const { code, reason = 'as told' } = conduct
      const handle = handles.get(String(request['handle_id']))
      if (name.startsWith('room ') && handle) {
        write(from, { janus: 'ack', transaction: request['transaction'] })
        return tellPlugin(
          handle,
          { videoroom: 'event', error_code: code, error: reason },
          undefined,
          transactionOf(request),
        )
      }
      return refuse(code, reason)
    }
    const act = (): void => obey(conduct === 'obey silently' ? silent : from, from, request, body, name)
    if (conduct === 'hold') held.push(act)
    else act()
  }

  /** Answers to it are lost. */
  const silent: FakeConnection = { receives: () => undefined, closed: () => undefined }
  const transactionOf = (request: Message): string => String(request['transaction'])

  function obey(to: FakeConnection, from: FakeConnection, request: Message, body: Message, name: string): void {
    const answer = (message: Message): void => write(to, { transaction: request['transaction'], ...message })
    const session = sessions.get(String(request['session_id']))
    if (name === 'info') return answer({ janus: 'server_info', ...info() })
    if (name === 'create') {
      // A session that nobody can use times out.
      if (!speakers.has(from)) return
      const made: FakeSession = { id: newId(), connection: from, goneAt: undefined }
      sessions.set(made.id, made)
      return answer({ janus: 'success', data: { id: made.id } })
    }
    if (!session) return answer({ janus: 'error', error: { code: 458, reason: 'No such session' } })
    const asked = request['handle_id'] === undefined ? undefined : handles.get(String(request['handle_id']))
    if (request['handle_id'] !== undefined && asked?.session !== session) {
      return answer({ janus: 'error', session_id: session.id, error: { code: 459, reason: 'No such handle' } })
    }
    if (asked && name.startsWith('room ')) return talk(to, asked, request, body)
    switch (name) {
      case 'claim':
        session.connection = from
        session.goneAt = undefined
        return answer({ janus: 'success', session_id: session.id })
      case 'keepalive':
        return answer({ janus: 'ack', session_id: session.id })
      case 'attach': {
        const handle = newHandle(session, speakers.has(to))
        handles.set(handle.id, handle)
        return answer({ janus: 'success', session_id: session.id, data: { id: handle.id } })
      }
      case 'trickle':
        asked?.said.push(request)
        return answer({ janus: 'ack', session_id: session.id })
      case 'detach':
        if (asked?.kind === 'publisher' && rooms.has(asked.room ?? '')) deaths.push(`publisher ${asked.id} in its room`)
        answer({ janus: 'success', session_id: session.id })
        if (asked) forgetHandle(asked, true)
        return
      case 'destroy':
        forgetSession(session)
        return answer({ janus: 'success', session_id: session.id })
      default:
        answer({ janus: 'error', session_id: session.id, error: { code: 453, reason: 'Unknown request' } })
    }
  }

  const newHandle = (session: FakeSession, isKnown: boolean): FakeHandle => ({
    id: newId(),
    session,
    isKnown,
    kind: 'none',
    room: undefined,
    feed: 0,
    isUp: false,
    hasOffer: false,
    isAnswered: false,
    hasPendingOffer: false,
    offers: 0,
    said: [],
  })

  const info = (): Message => ({
    name: 'Janus WebRTC Server',
    version,
    version_string: '1.1.2',
    author: 'Meetecho s.r.l.',
    data_channels: true,
    'full-trickle': true,
    ipv6: false,
    'local-ip': '192.0.2.1',
    'session-timeout': sessionTimeout,
    'reclaim-session-timeout': reclaim,
    plugins: { [plugin]: { name: 'JANUS VideoRoom plugin', version_string: '0.0.9', author: 'Meetecho s.r.l.' } },
    ...options.info,
  })

  // The plugin

  function talk(to: FakeConnection, handle: FakeHandle, request: Message, body: Message): void {
    const transaction = transactionOf(request)
    const about = { session_id: handle.session.id, sender: handle.id, transaction }
    const done = (data: Message): void => write(to, { janus: 'success', ...about, plugindata: { plugin, data } })
    const later = (data: Message, jsep?: Message): void => {
      write(to, { janus: 'ack', session_id: handle.session.id, transaction })
      write(to, { janus: 'event', ...about, plugindata: { plugin, data }, ...(jsep && { jsep }) })
    }
    const error = (error_code: number): Message => ({ videoroom: 'event', error_code, error: 'no' })
    handle.said.push(request)
    const room = rooms.get(String(body['room']))
    switch (body['request']) {
      case 'create': {
        if (room) return done(error(427))
        const id = String(body['room'])
        rooms.set(id, {
          id,
          description: String(body['description']),
          made: body,
          publishers: new Map(),
          copies: new Map(),
        })
        return done({ videoroom: 'created', room: id, permanent: false })
      }
      case 'destroy':
        if (!room) return done(error(426))
        forgetRoom(room)
        return done({ videoroom: 'destroyed', room: room.id, permanent: false })
      case 'list': {
        const list = [...rooms.values()].map(({ id, description, publishers }) => ({
          room: id,
          description,
          num_participants: publishers.size,
        }))
        return done({ videoroom: 'success', list })
      }
      case 'add_remote_publisher':
        if (!room) return done(error(426))
        room.publishers.set(Number(body['id']), 'remote')
        return done({ videoroom: 'success', room: room.id, id: body['id'], port: 30_000, rtcp_port: 30_001 })
      case 'remove_remote_publisher':
        if (!room?.publishers.delete(Number(body['id']))) return done(error(room ? 428 : 426))
        return done({ videoroom: 'success' })
      case 'publish_remotely':
      case 'unpublish_remotely':
        if (!room?.publishers.has(Number(body['publisher_id']))) return done(error(room ? 428 : 426))
        if (body['request'] === 'publish_remotely') room.copies.set(String(body['remote_id']), body)
        else if (!room.copies.delete(String(body['remote_id']))) return done(error(428))
        return done({ videoroom: 'success' })
      case 'join': {
        if (handle.kind !== 'none') return later(error(425))
        if (!room) return later(error(426))
        if (body['ptype'] === 'publisher') return later(...joinPublisher(handle, room, Number(body['id']), error))
        return later(...joinSubscriber(handle, room, feedIn(body), error))
      }
      default:
        if (handle.kind === 'none') return later(error(424))
        if (handle.kind === 'publisher') return later(...configurePublisher(handle, request, error))
        return talkToSubscriber(handle, request, body, later, () => write(to, { janus: 'ack', transaction }))
    }
  }

  type Said = [Message, Message?]

  function joinPublisher(handle: FakeHandle, room: FakeRoom, feed: number, error: (code: number) => Message): Said {
    if (room.publishers.has(feed)) return [error(436)]
    room.publishers.set(feed, handle)
    Object.assign(handle, { kind: 'publisher', room: room.id, feed })
    return [{ videoroom: 'joined', room: room.id, id: feed, private_id: 1, publishers: [] }]
  }

  function configurePublisher(handle: FakeHandle, request: Message, error: (code: number) => Message): Said {
    if (!rooms.has(handle.room ?? '')) return [error(426)]
    const { jsep } = request
    if (!isMessage(jsep)) return [{ videoroom: 'event', room: handle.room, configured: 'ok' }]
    if (jsep['type'] !== 'offer') return [error(431)]
    if (!String(jsep['sdp']).startsWith('v=0')) return [error(437)]
    handle.hasOffer = true
    return [
      { videoroom: 'event', room: handle.room, configured: 'ok' },
      { type: 'answer', sdp: String(jsep['sdp']).replace('offer', 'answer') },
    ]
  }

  function feedIn(body: Message): number {
    if (version < 1000) return Number(body['feed'])
    const [stream] = Array.isArray(body['streams']) ? body['streams'] : []
    return isMessage(stream) ? Number(stream['feed']) : 0
  }

  function joinSubscriber(handle: FakeHandle, room: FakeRoom, feed: number, error: (code: number) => Message): Said {
    const publisher = room.publishers.get(feed)
    if (publisher !== 'remote' && !publisher?.isUp) return [error(428)]
    Object.assign(handle, { kind: 'subscriber', room: room.id, feed })
    return [{ videoroom: 'attached', room: room.id }, offer(handle)]
  }

  function offer(handle: FakeHandle): Message {
    handle.isAnswered = false
    handle.offers++
    return { type: 'offer', sdp: `v=0 offer ${handle.offers} of ${handle.room}` }
  }

  function talkToSubscriber(
    handle: FakeHandle,
    request: Message,
    body: Message,
    later: (data: Message, jsep?: Message) => void,
    acknowledge: () => void,
  ): void {
    const about = { videoroom: 'event', room: handle.room }
    if (body['request'] === 'start') {
      later({ ...about, started: 'ok' })
      if (!request['jsep']) return
      if (handle.hasPendingOffer) {
        handle.hasPendingOffer = false
        tellPlugin(handle, { videoroom: 'updated', room: handle.room, streams: [] }, offer(handle))
      } else {
        handle.isAnswered = true
        handle.isUp = true
        happens(handle, { janus: 'webrtcup' })
      }
      return
    }
    if (body['request'] !== 'configure') return later({ ...about, error_code: 423, error: 'no' })
    if (body['update'] !== true) return later({ ...about, configured: 'ok' })
    if (handle.isAnswered) return later({ ...about, configured: 'ok' }, offer(handle))
    handle.hasPendingOffer = true
    acknowledge()
  }

  // Forgetting

  function forgetHandle(handle: FakeHandle, isTold: boolean): void {
    handles.delete(handle.id)
    const room = rooms.get(handle.room ?? '')
    if (room?.publishers.get(handle.feed) === handle) room.publishers.delete(handle.feed)
    if (isTold) happens(handle, { janus: 'detached' })
  }

  function forgetSession(session: FakeSession): void {
    sessions.delete(session.id)
    for (const handle of [...handles.values()]) if (handle.session === session) forgetHandle(handle, false)
  }

  function forgetRoom(room: FakeRoom): void {
    rooms.delete(room.id)
    for (const publisher of room.publishers.values()) {
      if (publisher === 'remote') continue
      tellPlugin(publisher, { videoroom: 'destroyed', room: room.id })
      if (publisher.isUp) hangUp(publisher, 'Close PC')
    }
  }

  function hangUp(handle: FakeHandle, reason: string): void {
    handle.isUp = false
    happens(handle, { janus: 'hangup', reason })
  }

  const roomOf = (description: string): FakeRoom | undefined =>
    [...rooms.values()].findLast((room) => room.description === description)

  function forgetThoseGone(): void {
    for (const session of [...sessions.values()]) {
      if (session.goneAt !== undefined && now() >= session.goneAt + reclaim * 1000) forgetSession(session)
    }
  }

  function publisher(description: string): FakeHandle | undefined {
    const [first] = roomOf(description)?.publishers.values() ?? []
    return first === 'remote' ? undefined : first
  }

  const janus: FakeJanus = {
    rooms,
    handles,
    sessions,
    heard,
    deaths,
    conduct: () => 'obey',
    release() {
      const acts = held
      held = []
      for (const act of acts) act()
    },
    connected(say) {
      const connection: FakeConnection = {
        receives(text) {
          forgetThoseGone()
          receives(connection, text)
        },
        closed() {
          speakers.delete(connection)
          // What it has been asked it does, though nobody hears of it.
          janus.release()
          for (const session of [...sessions.values()]) {
            if (session.connection !== connection) continue
            if (reclaim === 0) forgetSession(session)
            else Object.assign(session, { connection: undefined, goneAt: now() })
          }
        },
      }
      speakers.set(connection, say)
      return connection
    },
    publisherUp(description) {
      const handle = publisher(description)
      if (!handle?.hasOffer || handle.isUp) return
      handle.isUp = true
      happens(handle, { janus: 'webrtcup' })
    },
    hangUp,
    publisher,
    subscribers(description) {
      const room = roomOf(description)
      return [...handles.values()].filter((one) => one.kind === 'subscriber' && one.room === room?.id)
    },
    tell: happens,
    tellPlugin: (handle, data, jsep) => tellPlugin(handle, data, jsep),
    timeOutSessions(isTold) {
      for (const session of [...sessions.values()]) {
        forgetSession(session)
        if (isTold) write(session.connection, { janus: 'timeout', session_id: session.id })
      }
    },
    forgetHandle,
    destroyRoom(description) {
      const room = roomOf(description)
      if (room) forgetRoom(room)
    },
    restart() {
      for (const session of [...sessions.values()]) forgetSession(session)
      rooms.clear()
      held = []
    },
  }
  return janus
}
