/**
 * Where an SFU's machine and the world meet. The contract is that of front ends: one input, then all its effects, in
 * order, before the next input; an input that breaks the machine is reported and costs nobody else anything.
 */
import { assertNever } from '../lib/assert-never.ts'
import type { SfuFact } from '../sfu/facts.ts'
import type { Link, Saying, SfuCommand, SfuEffect, SfuEffects, SfuEvent, SfuMachine } from '../sfu/sfu.ts'
import type { DialEvents, Dialled } from './dial.ts'

export interface SfuWorld {
  /** Milliseconds; never runs backwards. */
  now(): number
  dial(target: Omit<Extract<SfuEffect, { readonly do: 'dial' }>, 'do' | 'link'>, events: DialEvents): Dialled
  /** Resolves in any case; to nothing if the name has no address. */
  lookUp(host: string): Promise<readonly string[]>
  tell(event: SfuEvent): void
  note(fact: SfuFact): void
  broke(where: string, error: unknown): void
  /** Calls `wake` once at that time; replaces an earlier wish. */
  wakeAt(time: number, wake: () => void): void
}

export interface RunningSfu {
  readonly machine: SfuMachine
  command(command: SfuCommand): void
  /** Feeds an input of the machine's own. */
  input(where: string, act: (now: number) => SfuEffects): void
  /**
   * Says farewell and lets the machine listen on until it has hung up everywhere, for a while at most; resolves when no
   * link is left. Nothing is told any more.
   */
  stop(): Promise<void>
}

interface OpenLink {
  readonly dialled: Dialled
  /** The machine has hung up, or heard that it is closed. */
  isOver: boolean
}

/** The names that clients have for what is said. */
const onTheWire: Readonly<Record<Saying['say'], string>> = {
  offer: 'offer',
  answer: 'answer',
  candidate: 'candidate',
  'request-offer': 'requestoffer',
  select: 'selectStream',
}

/** How long (ms) a farewell may take. */
const farewell = 5_000

export function runSfu(machine: SfuMachine, world: SfuWorld): RunningSfu {
  interface Input {
    readonly where: string
    readonly act: (now: number) => SfuEffects
  }
  const queue: Input[] = []
  const links = new Map<Link, OpenLink>()
  const finished = Promise.withResolvers<void>()
  let isRunning = false
  let isStopping = false
  let armedFor = Number.POSITIVE_INFINITY

  function input(where: string, act: Input['act']): void {
    queue.push({ where, act })
    if (isRunning) return
    isRunning = true
    for (let next = queue.shift(); next; next = queue.shift()) perform(next)
    isRunning = false
    if (isStopping && [...links.values()].every(({ isOver }) => isOver)) finished.resolve()
    arm()
  }

  function perform({ where, act }: Input): void {
    try {
      for (const effect of act(world.now())) carryOut(effect)
    } catch (error) {
      world.broke(`sfu: ${where}`, error)
    }
  }

  function carryOut(effect: SfuEffect): void {
    switch (effect.do) {
      case 'dial':
        dial(effect)
        break
      case 'send':
        links.get(effect.link)?.dialled.send(effect.text)
        break
      case 'hang-up':
        hangUp(effect.link)
        break
      case 'look-up':
        lookUp(effect.host)
        break
      case 'tell':
        if (!isStopping) world.tell(effect.event)
        break
      case 'note':
        world.note(effect.fact)
        break
      default:
        assertNever(effect)
    }
  }

  function dial({ link, ...target }: Extract<SfuEffect, { readonly do: 'dial' }>): void {
    const dialled = world.dial(target, {
      opened: () => input('link opened', (now) => machine.linkOpened(link, now)),
      text: (text) => input('link received', (now) => machine.linkReceived(link, text, now)),
      closed({ why, detail }) {
        const open = links.get(link)
        if (open) open.isOver = true
        input('link closed', (now) => machine.linkClosed(link, detail ? `${why}: ${detail}` : why, now))
      },
    })
    links.set(link, { dialled, isOver: false })
    void dialled.gone.then(() => links.delete(link))
  }

  function hangUp(link: Link): void {
    const open = links.get(link)
    if (!open || open.isOver) return
    open.isOver = true
    open.dialled.close()
  }

  function lookUp(host: string): void {
    const found = (addresses: readonly string[]): void =>
      input('looked up', (now) => machine.lookedUp(host, addresses, now))
    world.lookUp(host).then(found, (error: unknown) => {
      world.broke('sfu: look up', error)
      found([])
    })
  }

  /** One timer, for the earliest deadline; it is set anew only when an earlier one comes up. */
  function arm(): void {
    const next = machine.nextDeadline()
    if (next === undefined || next >= armedFor) return
    armedFor = next
    world.wakeAt(next, () => {
      armedFor = Number.POSITIVE_INFINITY
      input('expired', (now) => machine.expired(now))
    })
  }

  function whileRunning(where: string, act: Input['act']): void {
    if (!isStopping) input(where, act)
  }

  input('started', (now) => machine.started(now))
  return {
    machine,
    command(command) {
      if (command.do === 'say' && !isStopping) world.note({ fact: 'sfu-message', type: onTheWire[command.saying.say] })
      whileRunning('commanded', (now) => machine.commanded(command, now))
    },
    input: whileRunning,
    async stop() {
      isStopping = true
      const limit = setTimeout(finished.resolve, farewell)
      input('stopped', (now) => machine.stopped(now))
      await finished.promise
      clearTimeout(limit)
      for (const link of links.keys()) hangUp(link)
      await Promise.all([...links.values()].map(({ dialled }) => dialled.gone))
    },
  }
}
