/**
 * Where a front end and the world meet. The contract: one input, then all its effects, in order, before the next
 * input. Inputs that come up meanwhile wait in a queue; an input that breaks the machine costs its own connection only.
 */
import type { Address } from '../core/address.ts'
import type { ConnectionId } from '../core/ids.ts'
import type { Frame } from '../core/mailbox.ts'
import { assertNever } from '../lib/assert-never.ts'
import type { Effects, FrontEnd, Vocabulary } from '../protocols/front-end.ts'

/** All that a front end can have done to the world. */
export interface World<V extends Vocabulary> {
  /** Milliseconds; never runs backwards. */
  now(): number
  send(to: readonly ConnectionId[], frame: Frame): void
  close(to: ConnectionId, code: number, reason: string): void
  /** Carries an event to the other nodes. */
  publish(to: Address, event: V['event']): void
  /** Resolves in any case, within the time that the kind of question has. */
  ask(ask: V['ask']): Promise<V['answer']>
  command(command: V['command']): void
  /** What to answer when asking itself broke. */
  failed(ask: V['ask']): V['answer']
  reply(to: number, status: number, body: string): void
  note(fact: V['fact']): void
  broke(where: string, error: unknown): void
  /** Calls `wake` once at that time; replaces an earlier wish. */
  wakeAt(time: number, wake: () => void): void
}

export interface Runner<V extends Vocabulary> {
  opened(id: ConnectionId, arrival: V['arrival']): void
  text(id: ConnectionId, text: string): void
  binary(id: ConnectionId): void
  closed(id: ConnectionId, undelivered: readonly Frame[]): void
  overflowed(id: ConnectionId): void
  /** An event of another node. */
  told(to: Address, event: V['event']): void
  /** Feeds an input of the front end's own. */
  input(where: string, act: (now: number) => Effects<V>): void
}

const machineBroke = 1011

export function runFrontEnd<V extends Vocabulary>(frontEnd: FrontEnd<V>, world: World<V>): Runner<V> {
  interface Input {
    readonly where: string
    readonly from: ConnectionId | undefined
    readonly act: (now: number) => Effects<V>
  }
  const queue: Input[] = []
  let isRunning = false
  let armedFor = Number.POSITIVE_INFINITY

  function input(where: string, act: Input['act'], from?: ConnectionId): void {
    if (isRunning) {
      queue.push({ where, from, act })
      return
    }
    isRunning = true
    perform({ where, from, act })
    for (let next = queue.shift(); next; next = queue.shift()) perform(next)
    isRunning = false
    arm()
  }

  function perform({ where, from, act }: Input): void {
    try {
      carryOut(act(world.now()))
    } catch (error) {
      world.broke(`${frontEnd.name}: ${where}`, error)
      if (from !== undefined) world.close(from, machineBroke, 'internal error')
    }
  }

  function carryOut(effects: Effects<V>): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          world.send(effect.to, effect.frame)
          break
        case 'close':
          world.close(effect.to, effect.code, effect.reason)
          break
        case 'tell':
          world.publish(effect.to, effect.event)
          break
        case 'ask':
          ask(effect.number, effect.ask)
          break
        case 'command':
          world.command(effect.command)
          break
        case 'reply':
          world.reply(effect.to, effect.status, effect.body)
          break
        case 'note':
          world.note(effect.fact)
          break
        default:
          assertNever(effect)
      }
    }
  }

  function ask(number: number, question: V['ask']): void {
    const answered = (answer: V['answer']): void => input('answered', (now) => frontEnd.answered(number, answer, now))
    world.ask(question).then(answered, (error: unknown) => {
      world.broke(`${frontEnd.name}: ask`, error)
      answered(world.failed(question))
    })
  }

  /** One timer, for the earliest deadline; it is set anew only when an earlier one comes up. */
  function arm(): void {
    const next = frontEnd.nextDeadline()
    if (next === undefined || next >= armedFor) return
    armedFor = next
    world.wakeAt(next, () => {
      armedFor = Number.POSITIVE_INFINITY
      input('expired', (now) => frontEnd.expired(now))
    })
  }

  return {
    opened: (id, arrival) => input('opened', (now) => frontEnd.opened(id, arrival, now), id),
    text(id, text) {
      input(
        'received',
        (now) => {
          const decoded = frontEnd.decode(text)
          return decoded.ok
            ? frontEnd.received(id, decoded.value, now)
            : frontEnd.garbled(id, decoded.id, decoded.fault, now)
        },
        id,
      )
    },
    binary: (id) => input('received', (now) => frontEnd.garbled(id, undefined, 'binary frame', now), id),
    closed: (id, undelivered) => input('closed', (now) => frontEnd.closed(id, undelivered, now)),
    overflowed: (id) => input('overflowed', (now) => frontEnd.overflowed(id, now), id),
    told: (to, event) => input('told', (now) => frontEnd.told(to, event, now)),
    input: (where, act) => input(where, act),
  }
}
