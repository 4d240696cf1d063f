/**
 * Rooms of a server that ended without farewell: they have our kind of name, and nobody is in them for a whole minute.
 * Once in each session they are looked for and destroyed, since nobody else will.
 */
import { isStreamType } from '../stream.ts'
import type { Desk } from './desk.ts'
import type { Leftovers } from './leftovers.ts'
import { videoRoomIn } from './messages.ts'
import { listRooms } from './requests.ts'
import type { JanusSession } from './session.ts'

export interface Orphans {
  up(): void
  lost(): void
}

const alarm = 'orphans'
const firstLook = 10_000
/** Whoever makes a room enters it at once, so that this is more than enough. */
const secondLook = 60_000

export function createOrphans(
  desk: Desk,
  session: Pick<JanusSession, 'isUp' | 'control'>,
  leftovers: Leftovers,
  isOurs: (room: string) => boolean,
): Orphans {
  let hasLooked = false

  function look(before: ReadonlySet<string> | undefined): void {
    if (!session.isUp()) return again(firstLook, before)
    session.control(listRooms, (reply) => {
      if (!reply.ok) return
      const now = new Set(deserted(videoRoomIn(reply.answer)?.list ?? []).filter((room) => !isOurs(room)))
      if (!before) return now.size > 0 ? again(secondLook, now) : undefined
      for (const room of now) if (before.has(room)) leftovers.room({ room })
    })
  }

  function again(pause: number, before: ReadonlySet<string> | undefined): void {
    desk.at(alarm, desk.now() + pause, () => look(before))
  }

  return {
    up() {
      if (hasLooked) return
      hasLooked = true
      again(firstLook, undefined)
    },
    lost() {
      hasLooked = false
      desk.cancel(alarm)
    },
  }
}

type Listed = readonly {
  readonly room?: string | undefined
  readonly description?: string | undefined
  readonly num_participants?: number | undefined
}[]

/** Our rooms are called `SID|type`. */
const deserted = (rooms: Listed): readonly string[] =>
  rooms.flatMap(({ room, description = '', num_participants }) => {
    const isOfOurKind = isStreamType(description.slice(description.lastIndexOf('|') + 1)) && description.includes('|')
    return room !== undefined && isOfOurKind && num_participants === 0 ? [room] : []
  })
