/** The presence machine: who is online and with which connections. What they send is the business of `traffic.ts`. */
import type { ConnectionId, UserKey } from '../../core/ids.ts'
import { createDeadlines } from '../../lib/deadline.ts'
import type { FrontEnd } from '../front-end.ts'
import { type CloseWhy, closes } from './errors.ts'
import { nameOf, type Revision, type UserName } from './names.ts'
import { createPost, type Letter, type Outbox, type Sending } from './post.ts'
import { offline, online, userList } from './render.ts'
import { createTraffic, note, type Out, sendings } from './traffic.ts'
import { createAllowance, type Device, newDevice, newUser, type User } from './user.ts'
import type { Presence } from './vocabulary.ts'
import { createDecoder } from './wire.ts'

/** Durations are milliseconds. */
export interface PresenceSettings {
  readonly revision: Revision
  /** Between two frames to one connection. */
  readonly interval: number
  /** That a user without a connection still counts as online. */
  readonly grace: number
  /** Closes the connection where an error would be sent. */
  readonly isStrict: boolean
  readonly closesExpired: boolean
  readonly devicesPerUser: number
  /** 0 is no limit. */
  readonly messagesPerSecond: number
}

export interface PresenceFrontEnd extends FrontEnd<Presence> {
  census(): PresenceCensus
}

export interface PresenceCensus {
  readonly users: number
  readonly connections: number
}

type Timed = { readonly due: 'offline'; readonly user: User } | { readonly due: 'expired'; readonly device: Device }

export function createPresence(settings: PresenceSettings): PresenceFrontEnd {
  const { revision, interval, grace, devicesPerUser } = settings
  const users = new Map<UserKey, User>()
  const devices = new Map<ConnectionId, Device>()
  const deadlines = createDeadlines<Timed>()
  const roster = createRoster(users)
  const post = createPost<Device>({ interval, list: roster.frame, users: () => users.size })
  const traffic = createTraffic({ users, post, isStrict: settings.isStrict, end })

  function turnAway(id: ConnectionId, why: CloseWhy, address: string): Out {
    return [note({ fact: 'presence-closed', why, address }), { do: 'close', to: id, ...closes[why] }]
  }

  function end(device: Device, why: CloseWhy): Out {
    if (device.isClosing) return []
    device.isClosing = true
    return turnAway(device.id, why, device.address)
  }

  function opened(id: ConnectionId, { address, identity, expires }: Presence['arrival'], now: number): Out {
    const name = nameOf(identity, revision)
    if (!name) return turnAway(id, 'nameless', address)
    const known = users.get(name.key)
    if (known && known.devices.size >= devicesPerUser) return turnAway(id, 'devices', address)
    const user = known ?? newUser(name, createAllowance(settings.messagesPerSecond, now))
    const device = newDevice(id, address, user, post.open(id))
    devices.set(id, device)
    user.devices.add(device)
    if (settings.closesExpired) deadlines.set(`token ${id}`, expires, { due: 'expired', device })
    const out = known ? comeBack(known, name, device, now) : come(user, now)
    return [note({ fact: 'presence-connected', devices: user.devices.size }), ...out]
  }

  /** Everybody hears of it, the newcomer first of all, as in the original. */
  function come(user: User, now: number): Out {
    users.set(user.name.key, user)
    roster.changed()
    return [note({ fact: 'presence-user-came', users: users.size }), ...sendings(post.announce(online(user.name), now))]
  }

  /** One more connection of a user who is online. */
  function comeBack(user: User, name: UserName, device: Device, now: number): Out {
    deadlines.cancel(user.name.key)
    if (name.info !== user.name.info) {
      user.name = name
      roster.changed()
    }
    const out = traffic.put(device, { frame: online(name) }, now)
    for (const letter of undelivered(user, device)) out.push(...traffic.put(device, letter, now))
    out.push(...traffic.letIn(user, now))
    return out
  }

  /** What has not gone to every connection goes to a new one too: it may be the only one that stays. */
  function undelivered(user: User, device: Device): readonly Letter<Device>[] {
    let most = user.held
    user.held = []
    for (const other of user.devices) {
      const letters = other === device ? [] : messagesIn(other.outbox)
      if (letters.length > most.length) most = letters
    }
    return most
  }

  function received(id: ConnectionId, message: Presence['incoming'], now: number): Out {
    const device = devices.get(id)
    if (!device || device.isClosing) return []
    if (message.wish === 'too-long') return end(device, 'tooLong')
    if (!device.user.allowance.take(now)) return end(device, 'flooding')
    return traffic.sent(device, message, now)
  }

  function closed(id: ConnectionId, now: number): Out {
    const device = devices.get(id)
    if (!device) return []
    const { user, outbox } = device
    devices.delete(id)
    user.devices.delete(device)
    post.close(outbox)
    deadlines.cancel(`token ${id}`)
    traffic.left(device)
    if (user.devices.size > 0) return traffic.letIn(user, now)
    user.held = messagesIn(outbox)
    if (grace === 0) return goOffline(user, now)
    deadlines.set(user.name.key, now + grace, { due: 'offline', user })
    return traffic.letIn(user, now)
  }

  function goOffline(user: User, now: number): Out {
    users.delete(user.name.key)
    roster.changed()
    const out: Out = [
      note({ fact: 'presence-user-went', users: users.size }),
      ...sendings(post.announce(offline(user.name), now)),
    ]
    for (const { sender } of user.held) if (sender) out.push(...traffic.refuse(sender, 'target_offline', now))
    out.push(...traffic.release(user, now))
    return out
  }

  function expired(now: number): Out {
    const out: Out = []
    for (let timed = deadlines.takeDue(now); timed; timed = deadlines.takeDue(now)) {
      if (timed.due === 'offline') out.push(...goOffline(timed.user, now))
      else out.push(...end(timed.device, 'expired'))
    }
    const rested = post.rested(now)
    if (rested.length > 0) out.push(...sendings(turns(rested, now)), ...letInAll(rested, now))
    return out
  }

  /** Each is given its next frame; those who get the same one get it together. */
  function turns(rested: readonly Outbox<Device>[], now: number): readonly Sending[] {
    const together = new Map<Sending['frame'], ConnectionId[]>()
    for (const outbox of rested) {
      const frame = post.next(outbox, now)
      if (!frame) continue
      const others = together.get(frame)
      if (others) others.push(outbox.id)
      else together.set(frame, [outbox.id])
    }
    return Array.from(together, ([frame, to]) => ({ to, frame }))
  }

  function letInAll(rested: readonly Outbox<Device>[], now: number): Out {
    const out: Out = []
    for (const { id } of rested) {
      const user = devices.get(id)?.user
      if (user && user.waiting.size > 0) out.push(...traffic.letIn(user, now))
    }
    return out
  }

  return {
    name: 'presence',
    decode: createDecoder(revision),
    opened,
    received,
    garbled(id) {
      const device = devices.get(id)
      return device ? end(device, 'garbled') : []
    },
    told: () => [],
    answered: traffic.answered,
    closed: (id, _undelivered, now) => closed(id, now),
    overflowed(id) {
      const device = devices.get(id)
      return device ? end(device, 'slow') : []
    },
    expired,
    nextDeadline() {
      const next = Math.min(post.nextDeadline() ?? Infinity, deadlines.next() ?? Infinity)
      return next === Infinity ? undefined : next
    },
    census: () => ({ users: users.size, connections: devices.size }),
  }
}

/** Of all outboxes of a user, one has everything that waits in the others. */
const messagesIn = ({ letters }: Outbox<Device>): Letter<Device>[] =>
  letters.map(({ letter }) => letter).filter(({ sender }) => sender)

/** The list of users, encoded once for all who ask until it changes. */
function createRoster(users: ReadonlyMap<UserKey, User>) {
  let frame: Sending['frame'] | undefined
  return {
    frame: (): Sending['frame'] => {
      frame ??= userList(Array.from(users.values(), ({ name }) => name))
      return frame
    },
    changed(): void {
      frame = undefined
    },
  }
}
