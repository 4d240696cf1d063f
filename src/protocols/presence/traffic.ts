/** What users send: to each other and to us, in the order in which they sent it, as far as there is room. */
import type { UserKey } from '../../core/ids.ts'
import { assertNever } from '../../lib/assert-never.ts'
import type { Effect } from '../front-end.ts'
import type { CloseWhy, ErrorCode } from './errors.ts'
import { turnName } from './names.ts'
import type { Letter, Outbox, Post, Sending } from './post.ts'
import { iceServers, refusal, relayed } from './render.ts'
import type { Device, User } from './user.ts'
import type { Presence } from './vocabulary.ts'
import type { Wish } from './wire.ts'

/** What may wait for one connection, beside news. Every burst of candidates that a browser finds has room. */
export const mostLetters = 32
/** What may wait of one sender whose targets have no room. */
const mostWishes = 1_000
const longestInbox = 1_048_576
/** The same of all senders together who have gone meanwhile, in characters. */
const longestLegacy = 16_777_216

export type Out = Effect<Presence>[]

export const note = (fact: Presence['fact']): Effect<Presence> => ({ do: 'note', fact })
export const sendings = (all: readonly Sending[]): Out => all.map(({ to, frame }) => ({ do: 'send', to, frame }))

export interface TrafficParts {
  readonly users: ReadonlyMap<UserKey, User>
  readonly post: Post<Device>
  /** Closes the connection where an error would be sent. */
  readonly isStrict: boolean
  readonly end: (device: Device, why: CloseWhy) => Out
}

export interface Traffic {
  put(device: Device, letter: Letter<Device>, now: number): Out
  /** A device sent something. */
  sent(device: Device, wish: Wish, now: number): Out
  refuse(device: Device, code: ErrorCode, now: number): Out
  /** There may be room for a user: whoever waits for that has his turn. */
  letIn(user: User, now: number): Out
  /** A user is gone: whoever waits for it has nothing to wait for. */
  release(user: User, now: number): Out
  /** A device is gone. */
  left(device: Device): void
  answered(number: number, answer: Presence['answer'], now: number): Out
}

export function createTraffic({ users, post, isStrict, end }: TrafficParts): Traffic {
  const asked = new Map<number, Device>()
  let questions = 0
  let legacy = 0

  function sent(device: Device, message: Wish, now: number): Out {
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

  /** What somebody sent before he went is still delivered, within bounds; unless we closed the connection. */
  function left(device: Device): void {
    if (device.inbox.length > 0 && !device.isClosing && legacy + device.inboxSize <= longestLegacy) {
      legacy += device.inboxSize
      return
    }
    device.inbox.length = 0
    device.inboxSize = 0
    device.waitsFor?.waiting.delete(device)
  }

  return {
    put,
    sent,
    refuse,
    letIn,
    release(user, now) {
      const out: Out = []
      while (user.waiting.size > 0) out.push(...letOneIn(user, now))
      return out
    },
    left,
    answered(number, answer, now) {
      const device = asked.get(number)
      asked.delete(number)
      if (!device?.outbox.isOpen) return []
      device.hasAsked = false
      return put(device, { frame: iceServers(answer.iceServers) }, now)
    },
  }
}

const isFull = ({ letters }: Outbox<Device>): boolean => letters.length >= mostLetters

/** Whoever has gone gets no answer, and that has room everywhere. */
const hasRoomForAnswer = ({ outbox }: Device): boolean => !outbox.isOpen || !isFull(outbox)

function hasNoRoom({ devices, held }: User): boolean {
  if (devices.size === 0) return held.length >= mostLetters
  for (const { outbox } of devices) if (isFull(outbox)) return true
  return false
}
