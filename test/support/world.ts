/** A world in arrays: it carries out what a front end wants and keeps it to be looked at. Nothing happens by itself. */
import type { Address } from '../../src/core/address.ts'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import type { Frame } from '../../src/core/mailbox.ts'
import type { Effects, FrontEnd, Peer, Vocabulary } from '../../src/protocols/front-end.ts'
import { type Clock, createClock } from './clock.ts'

export interface Close {
  readonly code: number
  readonly reason: string
}

export interface Asked<V extends Vocabulary> {
  readonly number: number
  readonly ask: V['ask']
}

export interface Reply {
  readonly status: number
  readonly body: string
}

/** What the world says to a question: an answer, one that is on its way, or nothing, and the test answers itself. */
export type Answering<V extends Vocabulary> = (
  ask: V['ask'],
  number: number,
) => V['answer'] | Promise<V['answer']> | undefined

export interface World<V extends Vocabulary> {
  readonly clock: Clock
  open(arrival?: Partial<Peer & V['arrival']>): ConnectionId
  text(id: ConnectionId, text: string): void
  binary(id: ConnectionId): void
  /** From now on nothing that is sent there leaves; it is given back when the connection is lost. */
  stall(id: ConnectionId): void
  lose(id: ConnectionId): void
  isOpen(id: ConnectionId): boolean
  /** Takes what was sent to a connection since the last time. */
  hear(id: ConnectionId): readonly string[]
  /** How the front end closed it, if it did. */
  closeOf(id: ConnectionId): Close | undefined
  /** Feeds one input, then all that follows from it at once. */
  input(act: (now: number) => Effects<V>): void
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked<V>[]
  unanswered(): readonly Asked<V>[]
  answer(number: number, answer: V['answer']): void
  /** Resolves when every answer that was on its way has come. */
  settled(): Promise<void>
  readonly replies: ReadonlyMap<number, Reply>
  /** The reply to a request, as soon as it is there. */
  replied(number: number): Promise<Reply>
  readonly told: readonly { readonly to: Address; readonly event: V['event'] }[]
  /** What other parts of the server were told to do, in order. */
  readonly commands: readonly V['command'][]
  readonly facts: readonly V['fact'][]
  /** Lets time go by, each deadline in its turn. */
  pass(ms: number): void
  /** Lets time go by until it is so, at most `ms`; whether it came to be. */
  passUntil(isSo: () => boolean, ms: number): boolean
  /** Does something when so much time has gone by. */
  after(ms: number, act: () => void): void
}

export interface WorldOptions<V extends Vocabulary> {
  readonly clock?: Clock
  readonly answering?: Answering<V>
  /** Looks at each frame that is sent; what it throws fails the test. */
  readonly check?: (frame: Frame) => void
}

interface Socket {
  readonly heard: string[]
  undelivered: Frame[] | undefined
  isOpen: boolean
  close: Close | undefined
}

export function createWorld<V extends Vocabulary>(frontEnd: FrontEnd<V>, options: WorldOptions<V> = {}): World<V> {
  const { clock = createClock(), answering = () => undefined, check = () => undefined } = options
  const sockets = new Map<ConnectionId, Socket>()
  const queue: ((now: number) => Effects<V>)[] = []
  const asked: Asked<V>[] = []
  const open = new Map<number, Asked<V>>()
  const onTheWay = new Set<Promise<void>>()
  const replies = new Map<number, Reply>()
  const awaited = new Map<number, (reply: Reply) => void>()
  const told: { readonly to: Address; readonly event: V['event'] }[] = []
  const commands: V['command'][] = []
  const facts: V['fact'][] = []
  let timers: { readonly at: number; readonly act: () => void }[] = []
  let isRunning = false

  function input(act: (now: number) => Effects<V>): void {
    queue.push(act)
    if (isRunning) return
    isRunning = true
    try {
      for (let next = queue.shift(); next; next = queue.shift()) carryOut(next(clock.now()))
    } finally {
      isRunning = false
      queue.length = 0
    }
  }

  function carryOut(effects: Effects<V>): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          check(effect.frame)
          for (const to of effect.to) deliver(to, effect.frame)
          break
        case 'close': {
          const socket = sockets.get(effect.to)
          if (!socket?.isOpen) break
          socket.close = { code: effect.code, reason: effect.reason }
          lose(effect.to)
          break
        }
        case 'tell':
          told.push({ to: effect.to, event: effect.event })
          break
        case 'ask':
          ask({ number: effect.number, ask: effect.ask })
          break
        case 'command':
          commands.push(effect.command)
          break
        case 'reply':
          reply(effect.to, { status: effect.status, body: effect.body })
          break
        case 'note':
          facts.push(effect.fact)
          break
      }
    }
  }

  function reply(to: number, given: Reply): void {
    if (replies.has(to)) throw new Error(`request ${to} is answered twice`)
    replies.set(to, given)
    awaited.get(to)?.(given)
  }

  function deliver(to: ConnectionId, frame: Frame): void {
    const socket = sockets.get(to)
    if (!socket?.isOpen) return
    if (socket.undelivered) socket.undelivered.push(frame)
    else socket.heard.push(frame.text)
  }

  function lose(id: ConnectionId): void {
    const socket = sockets.get(id)
    if (!socket?.isOpen) return
    socket.isOpen = false
    const undelivered = socket.undelivered ?? []
    input((now) => frontEnd.closed(id, undelivered, now))
  }

  function ask(question: Asked<V>): void {
    asked.push(question)
    open.set(question.number, question)
    const given = answering(question.ask, question.number)
    if (given === undefined) return
    if (!(given instanceof Promise)) return answer(question.number, given)
    const arrival = given.then((value: V['answer']) => answer(question.number, value))
    onTheWay.add(arrival)
    arrival.finally(() => onTheWay.delete(arrival)).catch(() => undefined)
  }

  function answer(number: number, given: V['answer']): void {
    open.delete(number)
    input((now) => frontEnd.answered(number, given, now))
  }

  function passUntil(isSo: () => boolean, ms: number): boolean {
    const end = clock.now() + ms
    for (let steps = 0; !isSo(); steps++) {
      const next = Math.min(frontEnd.nextDeadline() ?? Number.POSITIVE_INFINITY, timers[0]?.at ?? Infinity)
      if (next > end) {
        clock.moveTo(end)
        return isSo()
      }
      if (steps > 100_000) throw new Error('time does not go by: a deadline is always due')
      clock.moveTo(next)
      const due = timers.filter(({ at }) => at <= clock.now())
      timers = timers.filter(({ at }) => at > clock.now())
      for (const { act } of due) act()
      input((now) => frontEnd.expired(now))
    }
    return true
  }

  return {
    clock,
    open(arrival = {}) {
      const id = connectionId(sockets.size + 1)
      sockets.set(id, { heard: [], undelivered: undefined, isOpen: true, close: undefined })
      input((now) => frontEnd.opened(id, { address: '192.0.2.1', userAgent: 'a test', ...arrival }, now))
      return id
    },
    text: (id, text) =>
      input((now) => {
        const decoded = frontEnd.decode(text)
        return decoded.ok
          ? frontEnd.received(id, decoded.value, now)
          : frontEnd.garbled(id, decoded.id, decoded.fault, now)
      }),
    binary: (id) => input((now) => frontEnd.garbled(id, undefined, 'binary frame', now)),
    stall(id) {
      const socket = sockets.get(id)
      if (socket) socket.undelivered ??= []
    },
    lose,
    isOpen: (id) => sockets.get(id)?.isOpen ?? false,
    hear: (id) => sockets.get(id)?.heard.splice(0) ?? [],
    closeOf: (id) => sockets.get(id)?.close,
    input,
    asked,
    unanswered: () => [...open.values()],
    answer,
    async settled() {
      while (onTheWay.size > 0) await Promise.all(onTheWay)
    },
    replies,
    replied(number) {
      const given = replies.get(number)
      return given ? Promise.resolve(given) : new Promise((resolve) => awaited.set(number, resolve))
    },
    told,
    commands,
    facts,
    pass(ms) {
      passUntil(() => false, ms)
    },
    passUntil,
    after(ms, act) {
      timers = [...timers, { at: clock.now() + ms, act }].sort((a, b) => a.at - b.at)
    },
  }
}
