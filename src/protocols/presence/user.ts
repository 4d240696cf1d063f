/** A user and the connections that it has: what both know of each other. */
import type { ConnectionId } from '../../core/ids.ts'
import type { UserName } from './names.ts'
import type { Letter, Outbox } from './post.ts'
import type { Wish } from './wire.ts'

export interface User {
  name: UserName
  readonly devices: Set<Device>
  /** Senders whose next message is for this user and has no room yet, in turn. */
  readonly waiting: Set<Device>
  /** Letters that came while there was no connection: for the next one. */
  held: Letter<Device>[]
  readonly allowance: Allowance
}

/** One connection. */
export interface Device {
  readonly id: ConnectionId
  readonly address: string
  readonly user: User
  readonly outbox: Outbox<Device>
  /** What its client sent and could not be done yet, in order. */
  readonly inbox: Wish[]
  inboxSize: number
  waitsFor: User | undefined
  /** What comes after that is not looked at any more. */
  isClosing: boolean
  hasAsked: boolean
}

export const newUser = (name: UserName, allowance: Allowance): User => ({
  name,
  devices: new Set(),
  waiting: new Set(),
  held: [],
  allowance,
})

export const newDevice = (id: ConnectionId, address: string, user: User, outbox: Outbox<Device>): Device => ({
  id,
  address,
  user,
  outbox,
  inbox: [],
  inboxSize: 0,
  waitsFor: undefined,
  isClosing: false,
  hasAsked: false,
})

/** How often somebody may: so many times a second on average, ten times as many at once. */
export interface Allowance {
  take(now: number): boolean
}

const burst = 10

/** `perSecond` 0 is no limit. */
export function createAllowance(perSecond: number, start: number): Allowance {
  const most = perSecond * burst
  let left = most
  let at = start
  return {
    take(now) {
      if (perSecond === 0) return true
      left = Math.min(most, left + ((now - at) * perSecond) / 1_000)
      at = now
      if (left < 1) return false
      left--
      return true
    },
  }
}
