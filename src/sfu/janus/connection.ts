/**
 * One connection of a publisher with Janus: a room of its own, and in it either the handle of the client's peer
 * connection or a feed from another Janus. Dropped, it leaves nothing, however far it had come.
 */
import type { PublisherStream, PublishSettings, Stream } from '../stream.ts'
import { handleNotFound, roomExists } from './errors.ts'
import { roomFrom } from './ids.ts'
import { createLine, type Line } from './line.ts'
import { videoRoomIn } from './messages.ts'
import type { Parts } from './parts.ts'
import { addRemotePublisher, createRoom, hasRemoteStreams, joinAsPublisher } from './requests.ts'
import type { Reply } from './transactions.ts'

export interface Wish {
  readonly stream: Stream
  readonly bitrate: number
  readonly settings: PublishSettings | undefined
  /** What comes from another Janus. */
  readonly remote: readonly PublisherStream[] | undefined
}

type Refusal = Reply & { readonly ok: false }

export interface ConnectionEvents {
  attached(handle: string): void
  made(ports: { readonly port: number; readonly rtcpPort: number } | undefined): void
  /** It cannot be made; after a cut another one can. */
  unmade(reply: Refusal): void
  /** Its handle is not there any more. */
  gone(reply: Refusal): void
}

export interface Connection {
  room(): string
  line(): Line | undefined
  isMade(): boolean
  /** Removes it. `isHandleGone`: Janus has just freed the handle by itself. */
  drop(isHandleGone: boolean): void
}

export function connect(parts: Parts, wish: Wish, events: ConnectionEvents): Connection {
  const { session, leftovers } = parts
  const { stream, remote } = wish
  let room = ''
  let hasRoom = false
  let line: Line | undefined
  let isMade = false
  let isOver = false

  /** The room is made on the control handle while that of the connection is being attached. */
  function make(): void {
    makeRoom()
    if (remote) return
    session.attach(
      (reply, handle) => {
        if (handle === undefined) {
          if (!reply.ok && !isOver) events.unmade(reply)
        } else if (isOver) leftovers.handle(handle)
        else {
          line = createLine(parts, handle, (reply) => {
            if (reply.code === handleNotFound) events.gone(reply)
          })
          events.attached(handle)
          if (hasRoom) join(line)
        }
      },
      (handle) => leftovers.handle(handle),
    )
  }

  function makeRoom(): void {
    const tried = roomFrom(parts.random)
    room = tried
    session.control(
      createRoom(tried, stream, wish.bitrate, wish.settings),
      (reply) => {
        // A room that nobody knows to be there may be there all the same.
        if (isOver || (!reply.ok && reply.why !== 'refused')) leftovers.room({ room: tried })
        if (isOver) return
        if (reply.code === roomExists) return makeRoom()
        if (!reply.ok) return events.unmade(reply)
        hasRoom = true
        if (remote) receive(remote)
        else if (line) join(line)
      },
      () => leftovers.room({ room: tried }),
    )
  }

  function join({ handle }: Line): void {
    session.message(handle, joinAsPublisher(room, stream), undefined, {
      ended(reply) {
        if (isOver) return
        if (!reply.ok) return events.unmade(reply)
        isMade = true
        events.made(undefined)
      },
    })
  }

  function receive(streams: readonly PublisherStream[]): void {
    if (!hasRemoteStreams(session.version())) return events.unmade(refusal('remote streams need Janus 1.1'))
    session.control(addRemotePublisher(room, stream, streams, session.version()), (reply) => {
      if (isOver) return
      if (!reply.ok) return events.unmade(reply)
      const { port, rtcp_port } = videoRoomIn(reply.answer) ?? {}
      if (port === undefined) return events.unmade(refusal('Janus names no port'))
      isMade = true
      events.made({ port, rtcpPort: rtcp_port ?? 0 })
    })
  }

  make()
  return {
    room: () => room,
    line: () => line,
    isMade: () => isMade,
    drop(isHandleGone) {
      isOver = true
      line?.end()
      const handle = line?.handle
      if (hasRoom) leftovers.room({ room, remote: remote && stream, handle, isFresh: isHandleGone })
      else if (handle !== undefined) leftovers.handle(handle)
    },
  }
}

const refusal = (detail: string): Refusal => ({ ok: false, why: 'refused', code: 499, detail })
