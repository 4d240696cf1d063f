/** The presence machine: who is online with which connections, and what goes from user to user. */
import type { ConnectionId, UserKey } from '../../core/ids.ts'
import { assertNever } from '../../lib/assert-never.ts'
import { createDeadlines } from '../../lib/deadline.ts'
import type { Effect, Effects, FrontEnd } from '../front-end.ts'
import { type CloseWhy, closes, type ErrorCode } from './errors.ts'
import { nameOf, type Revision, turnName, type UserName } from './names.ts'
import { createPost, type Letter, type Outbox, type Sending } from './post.ts'
import { iceServers, offline, online, refusal, relayed, userList } from './render.ts'
import { createAllowance, type Device, newUser, type User } from './user.ts'
import type { Presence } from './vocabulary.ts'
import { createDecoder, type Wish } from './wire.ts'

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

/** What may wait for one connection, beside news. Every burst of candidates that a browser finds has room. */
export const mostLetters = 32
/** What may wait of one sender whose targets have no room. */
const mostWishes = 256
const longestInbox = 1_048_576
/** The same of all senders together who have gone meanwhile, in characters. */
const longestLegacy = 16_777_216

type Out = Effect<Presence>[]

type Timed = { readonly due: 'offline'; readonly user: User } | { readonly due: 'expired'; readonly device: Device }

export function createPresence(settings: PresenceSettings): PresenceFrontEnd {
  const { revision, interval, grace, isStrict, devicesPerUser } = settings
  const users = new Map<UserKey, User>()
  const devices = new Map<ConnectionId, Device>()
  const deadlines = createDeadlines<Timed>()
  const asked = new Map<number, Device>()
  let questions = 0
  let legacy = 0
  const roster = createRoster(users)
  const post = createPost<Device>({ interval, list: roster.frame, users: () => users.size })

  const note = (fact: Presence['fact']): Effect<Presence> => ({ do: 'note', fact })
  const sendings = (all: readonly Sending[]): Out => all.map(({ to, frame }) => ({ do: 'send', to, frame }))

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
    const out = put(device, { frame: online(name) }, now)
    for (const letter of undelivered(user, device)) out.push(...put(device, letter, now))
    out.push(...letIn(user, now))
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
    if (device.inbox.length === 0) {
      const out = fulfil(device, message, now)
      if (out) return out
    }
    if (device.inbox.length >= mostWishes || device.inboxSize + message.size > longestInbox) {
      return end(device, 'crowded')
    }
    device.inbox.push(message)
    device.inboxSize += message.size
    return []
  }

  /** Undefined where there is no room: then it has to be tried again when the user has some for whom the device waits. */
  function fulfil(device: Device, wish: Wish, now: number): Out | undefined {
    if (wish.wish === 'relay') return relay(device, wish, now)
    if (!hasRoomForAnswer(device)) return waitFor(device, device.user)
    if (!device.outbox.isOpen) return []
    switch (wish.wish) {
      case 'list':
        return put(device, { frame: 'list' }, now)
      case 'ice-servers':
        return ask(device)
      case 'refusal':
        return refuse(device, wish.code, now)
      default:
        return assertNever(wish)
    }
  }

  function relay(device: Device, wish: Extract<Wish, { wish: 'relay' }>, now: number): Out | undefined {
    const target = users.get(wish.target)
    if (!target) {
      return hasRoomForAnswer(device) ? refuse(device, 'target_offline', now) : waitFor(device, device.user)
    }
    if (hasNoRoom(target)) return waitFor(device, target)
    const letter = { frame: relayed(wish.type, device.user.name, wish.body), sender: device }
    const out: Out = [note({ fact: 'presence-relayed', devices: target.devices.size })]
    for (const each of target.devices) out.push(...put(each, letter, now))
    if (target.devices.size === 0) target.held.push(letter)
    return out
  }

  function put(device: Device, letter: Letter<Device>, now: number): Out {
    return sendings(post.put(device.outbox, letter, now))
  }

  /** Into a connection that has gone meanwhile nothing is put. */
  function refuse(device: Device, code: ErrorCode, now: number): Out {
    if (!device.outbox.isOpen) return []
    const told = note({ fact: 'presence-message-refused', code })
    return isStrict ? [told, ...end(device, 'strict')] : [told, ...put(device, { frame: refusal(code) }, now)]
  }

  /** A second question while one is under way has the same answer. */
  function ask(device: Device): Out {
    if (device.hasAsked) return []
    device.hasAsked = true
    asked.set(++questions, device)
    return [{ do: 'ask', number: questions, ask: { ask: 'ice-servers', user: turnName(device.user.name.key) } }]
  }

  function waitFor(device: Device, user: User): undefined {
    device.waitsFor = user
    user.waiting.add(device)
    return undefined
  }

  /** There may be room for a user: whoever waits for that has his turn. */
  function letIn(user: User, now: number): Out {
    const out: Out = []
    while (user.waiting.size > 0 && !hasNoRoom(user)) out.push(...letOneIn(user, now))
    return out
  }

  function letOneIn(user: User, now: number): Out {
    const out: Out = []
    for (const device of user.waiting) {
      user.waiting.delete(device)
      device.waitsFor = undefined
      out.push(...goOn(device, now))
      break
    }
    return out
  }

  /** Does what waits in a device's inbox, as far as there is room. */
  function goOn(device: Device, now: number): Out {
    const out: Out = []
    const before = device.inboxSize
    for (let wish = device.inbox[0]; wish && !device.isClosing; wish = device.inbox[0]) {
      const done = fulfil(device, wish, now)
      if (!done) break
      device.inbox.shift()
      device.inboxSize -= wish.size
      out.push(...done)
    }
    if (!device.outbox.isOpen) legacy -= before - device.inboxSize
    return out
  }

  function closed(id: ConnectionId, now: number): Out {
    const device = devices.get(id)
    if (!device) return []
    const { user, outbox } = device
    devices.delete(id)
    user.devices.delete(device)
    post.close(outbox)
    deadlines.cancel(`token ${id}`)
    leaveInbox(device)
    if (user.devices.size > 0) return letIn(user, now)
    user.held = messagesIn(outbox)
    if (grace === 0) return goOffline(user, now)
    deadlines.set(user.name.key, now + grace, { due: 'offline', user })
    return letIn(user, now)
  }

  /** What somebody sent before he went is still delivered, within bounds; unless we closed the connection. */
  function leaveInbox(device: Device): void {
    if (device.inbox.length > 0 && !device.isClosing && legacy + device.inboxSize <= longestLegacy) {
      legacy += device.inboxSize
      return
    }
    device.inbox.length = 0
    device.inboxSize = 0
    device.waitsFor?.waiting.delete(device)
  }

  function goOffline(user: User, now: number): Out {
    users.delete(user.name.key)
    roster.changed()
    const out: Out = [
      note({ fact: 'presence-user-went', users: users.size }),
      ...sendings(post.announce(offline(user.name), now)),
    ]
    for (const { sender } of user.held) if (sender) out.push(...refuse(sender, 'target_offline', now))
    while (user.waiting.size > 0) out.push(...letOneIn(user, now))
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
      if (user && user.waiting.size > 0) out.push(...letIn(user, now))
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
    answered(number, answer, now): Effects<Presence> {
      const device = asked.get(number)
      asked.delete(number)
      if (!device?.outbox.isOpen) return []
      device.hasAsked = false
      return put(device, { frame: iceServers(answer.iceServers) }, now)
    },
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

const isFull = ({ letters }: Outbox<Device>): boolean => letters.length >= mostLetters

/** Whoever has gone gets no answer, and that has room everywhere. */
const hasRoomForAnswer = ({ outbox }: Device): boolean => !outbox.isOpen || !isFull(outbox)

/** Of all outboxes of a user, one has everything that waits in the others. */
const messagesIn = ({ letters }: Outbox<Device>): Letter<Device>[] =>
  letters.map(({ letter }) => letter).filter(({ sender }) => sender)

function hasNoRoom({ devices, held }: User): boolean {
  if (devices.size === 0) return held.length >= mostLetters
  for (const { outbox } of devices) if (isFull(outbox)) return true
  return false
}

const newDevice = (id: ConnectionId, address: string, user: User, outbox: Outbox<Device>): Device => ({
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
