/**
 * What is to be removed from Janus: rooms and handles that nobody needs any more. Each is tried until Janus says that it
 * is gone; rooms even in the next session, since they outlive the one in which they were made.
 */
import type { Stream } from '../stream.ts'
import type { Desk } from './desk.ts'
import { handleNotFound, noSuchRoom } from './errors.ts'
import { destroyRoom, removeRemotePublisher } from './requests.ts'
import type { JanusSession } from './session.ts'
import type { Reply } from './transactions.ts'

export interface Room {
  readonly room: string
  /** The stream that came into it from another Janus. */
  readonly remote?: Stream | undefined
  /** Its publisher's, to be detached. */
  readonly handle?: string | undefined
  /** Its publisher's handle went only just now, by itself. */
  readonly isFresh?: boolean | undefined
}

export interface Leftovers {
  room(room: Room): void
  handle(handle: string): void
  /** Requests can be made (again). */
  up(): void
  /** The session is gone, and its handles with it. */
  lost(): void
  isEmpty(): boolean
}

interface Leftover {
  readonly key: string
  readonly isHandle: boolean
  readonly send: (then: (reply: Reply) => void) => void
  /** The code that says that it is gone. */
  readonly gone: number
  isUnderWay: boolean
  tries: number
  notBefore: number
  /** To be detached when the room is gone. */
  handle: string | undefined
}

const firstPause = 1_000
const longestPause = 16_000
/** Then whoever runs Janus has to look. */
const mostTries = 20
/**
 * Janus 1.1 dies when a room is destroyed while the handle of its publisher is being freed: the one waits for the other,
 * and where Janus frees handles by itself, for this long.
 */
const freeing = 2_000

export function createLeftovers(
  url: string,
  desk: Desk,
  session: Pick<JanusSession, 'isUp' | 'control' | 'detach'>,
  emptied: () => void,
): Leftovers {
  const all = new Map<string, Leftover>()

  function add(leftover: Omit<Leftover, 'isUnderWay' | 'tries'>): void {
    if (all.has(leftover.key)) return
    const added = { ...leftover, isUnderWay: false, tries: 0 }
    all.set(leftover.key, added)
    remove(added)
  }

  function remove(leftover: Leftover): void {
    if (!session.isUp() || leftover.isUnderWay) return
    if (leftover.notBefore > desk.now()) return desk.at(leftover.key, leftover.notBefore, () => remove(leftover))
    leftover.isUnderWay = true
    leftover.tries++
    leftover.send((reply) => {
      leftover.isUnderWay = false
      if (all.get(leftover.key) !== leftover) return
      if (reply.ok || reply.code === leftover.gone) forget(leftover)
      // After a cut it is tried as soon as there is a connection.
      else if (reply.why !== 'cut') again(leftover, reply.detail)
    })
  }

  function again(leftover: Leftover, detail: string): void {
    const { key, tries } = leftover
    desk.note({ fact: 'sfu-request-failed', url, request: `remove ${key}`, detail })
    if (tries >= mostTries) return forget(leftover)
    desk.at(key, desk.now() + Math.min(longestPause, firstPause * 2 ** (tries - 1)), () => remove(leftover))
  }

  function forget({ key, handle }: Leftover): void {
    all.delete(key)
    desk.cancel(key)
    if (handle !== undefined) detach(handle)
    if (all.size === 0) emptied()
  }

  function detach(handle: string): void {
    add({
      key: `handle ${handle}`,
      isHandle: true,
      gone: handleNotFound,
      notBefore: 0,
      handle: undefined,
      send: (then) => session.detach(handle, then),
    })
  }

  return {
    room({ room, remote, handle, isFresh }) {
      const destroy = (then: (reply: Reply) => void): void => session.control(destroyRoom(room), then)
      add({
        key: `room ${room}`,
        isHandle: false,
        gone: noSuchRoom,
        notBefore: isFresh ? desk.now() + freeing : 0,
        handle,
        // Destroying the room alone would leave the ports open on which the stream comes in.
        send: remote
          ? (then) =>
              session.control(removeRemotePublisher(room, remote), (reply) =>
                reply.why === 'cut' ? then(reply) : destroy(then),
              )
          : destroy,
      })
    },
    handle: detach,
    up() {
      for (const leftover of [...all.values()]) remove(leftover)
    },
    lost() {
      for (const leftover of [...all.values()]) {
        leftover.handle = undefined
        leftover.notBefore = desk.now() + freeing
        if (leftover.isHandle) forget(leftover)
      }
    },
    isEmpty: () => all.size === 0,
  }
}
