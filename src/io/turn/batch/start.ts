/** Starts a worker that serves UDP clients over raw sockets: everything that it is made of, and its end. */
import { createTurnServer, type TurnActions, type TurnParts, type TurnServer } from '../../../turn/server.ts'
import { createRandom } from '../../random.ts'
import { at } from '../counters.ts'
import type { TurnWorker, WorkerParts } from '../world.ts'
import { createClientSide } from './client-side.ts'
import { createIcmpErrors } from './icmp-errors.ts'
import { createInbox } from './inbox.ts'
import { openKernelSide } from './kernel-side.ts'
import { createLocalAddresses } from './local-address.ts'
import { createLoop, mostAtOnce, type Receive } from './loop.ts'
import { createOutbox } from './outbox.ts'
import { createPeerSide } from './peer-side.ts'
import { createPerform } from './perform.ts'
import { createRelaySockets } from './relay-sockets.ts'
import type { OpenSocket } from './sockets.ts'

/** ms. */
const secondTry = 1000

/** Listens at once; throws, with a `code`, when it cannot. `makeServer` is for tests of everything around the machine. */
export function startBatchWorker(
  parts: WorkerParts,
  makeServer: (parts: TurnParts) => TurnServer = createTurnServer,
): TurnWorker {
  const { counters, ledger, note, wakeFd } = parts
  let { settings } = parts
  const current = () => settings
  const kernel = openKernelSide(parts.listeners)
  const { region, sockets, readiness, listeners } = kernel
  const relays = createRelaySockets()
  const random = createRandom()

  const server = makeServer({
    settings,
    ledger,
    capabilities: { dontFragment: true },
    transports: parts.listeners.map(() => 'udp' as const),
    randomOctets: random,
    newId: () => Buffer.from(random(6)).toString('hex'),
  })

  let phase: 'serving' | 'stopping' | 'stopped' = 'serving'
  const drained: (() => void)[] = []
  let performed = false
  /** What is due and breaks would otherwise be tried without end. */
  let notBefore = 0

  function broke(fault: unknown): void {
    const error = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
    note({ fact: 'machine-broke', where: 'turn over UDP', error })
  }

  function tellDrained(): void {
    for (const tell of drained.splice(0)) tell()
  }

  const inbox = createInbox(region)
  const outbox = createOutbox(region, counters)
  const act = createPerform({
    ...{ region, server, sockets, readiness, relays, outbox, note },
    settings: current,
    listenerFds: listeners.map(({ fd }) => fd),
    askHook: parts.askHook,
  })
  const perform = (actions: TurnActions, now: number): void => {
    act(actions, now)
    performed = true
    counters.values[at.allocationsUdp] = server.size
    if (server.size === 0) tellDrained()
  }
  const shared = { region, inbox, outbox, server, settings: current, counters, perform, broke }
  const clientSide = createClientSide({ ...shared, note, localAddresses: createLocalAddresses(region, inbox) })
  const peerSide = createPeerSide({ ...shared, icmpErrors: createIcmpErrors(region) })

  /** By descriptor, as relay sockets are. */
  const listenerOf: (readonly [OpenSocket, number] | undefined)[] = []
  for (const [index, listener] of listeners.entries()) {
    listenerOf[listener.fd] = [listener, index]
    outbox.open(listener.fd, listener.family, 'client')
    readiness.add(listener.fd)
  }
  if (wakeFd !== undefined) readiness.add(wakeFd)

  /** Something that is not caused by one datagram; false if it broke. */
  function guarded(input: (now: number) => TurnActions): boolean {
    const now = Date.now()
    let ok = true
    try {
      perform(input(now), now)
    } catch (fault) {
      broke(fault)
      ok = false
    }
    outbox.flush()
    return ok
  }

  const loop = createLoop({
    ...{ region, readiness, inbox, outbox, wakeFd },
    now: Date.now,
    elapsed: () => performance.now(),
    readable(fd, hasError, receive, now) {
      const relay = relays.byFd(fd)
      if (relay !== undefined) {
        if (hasError) peerSide.failed(relay, now)
        // Its allocation may be gone by what ICMP said.
        if (relays.byFd(fd) !== relay) return
        const count = received(receive, fd, relay.expects)
        if (count > 0) peerSide.received(relay, inbox.first, count, now)
        relay.expects = count === relay.expects ? Math.min(2 * count, mostAtOnce) : Math.max(count, 1)
        return
      }
      const listener = listenerOf[fd]
      // Nobody's, so nobody would ever empty it.
      if (listener === undefined) return readiness.remove(fd)
      const count = received(receive, fd, mostAtOnce)
      if (count > 0) clientSide.received(listener[0], listener[1], inbox.first, count, now)
    },
    nextDeadline() {
      const deadline = server.nextDeadline()
      return deadline === undefined ? undefined : Math.max(deadline, notBefore)
    },
    expired(now) {
      if (!guarded(() => server.expired(now))) notBefore = now + secondTry
    },
    tookTurn() {
      const answer = performed
      performed = false
      return answer
    },
  })

  function received(receive: Receive, fd: number, most: number): number {
    counters.values[at.receiveCalls] = (counters.values[at.receiveCalls] ?? 0) + 1
    return receive(fd, most)
  }

  async function work(): Promise<void> {
    while (phase === 'serving') {
      try {
        loop.run()
      } catch (fault) {
        broke(fault)
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    guarded((now) => server.endAll('stopped', now))
    phase = 'stopped'
    for (const { fd } of relays.all()) sockets.close(fd)
    kernel.close()
    tellDrained()
  }
  const ended = work()

  return {
    ports: listeners.map(({ port }) => port),
    hookAnswered(username, answer) {
      if (phase === 'serving') guarded((now) => server.hookAnswered(username, answer, now))
    },
    reload(next) {
      settings = next
      if (phase === 'serving') guarded((now) => server.reload(next, now))
    },
    drain() {
      if (phase !== 'serving') return Promise.resolve()
      server.drain()
      return new Promise((resolve) => {
        if (server.size === 0) resolve()
        else drained.push(resolve)
      })
    },
    stop() {
      if (phase === 'serving') phase = 'stopping'
      return ended
    },
  }
}
