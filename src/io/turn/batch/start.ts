/** Starts a worker that serves UDP clients over raw sockets: everything that it is made of, and its end. */
import { parseIp, type TransportAddress } from '../../../lib/ip-address.ts'
import { createTurnServer, type TurnActions, type TurnParts, type TurnServer } from '../../../turn/server.ts'
import { createRandom } from '../../random.ts'
import { at } from '../counters.ts'
import type { TurnListener, TurnWorker, WorkerParts } from '../world.ts'
import { createClientSide } from './client-side.ts'
import { createIcmpErrors } from './icmp-errors.ts'
import { createInbox, inboxOctets } from './inbox.ts'
import { createLocalAddresses } from './local-address.ts'
import { createLoop, mostAtOnce, type Receive } from './loop.ts'
import { createOutbox, outboxOctets } from './outbox.ts'
import { createPause } from './pause.ts'
import { createPeerSide } from './peer-side.ts'
import { createPerform } from './perform.ts'
import { createReadiness, readinessOctets } from './readiness.ts'
import { mapRegion } from './region.ts'
import { createRelaySockets } from './relay-sockets.ts'
import { isWildcard } from './socket-name.ts'
import { createSockets, type OpenSocket, type Sockets } from './sockets.ts'

/** For single structures of the parts. */
const smallOctets = 16_384

/** Listens at once; throws, with a `code`, when it cannot. `makeServer` is for tests of everything around the machine. */
export function startBatchWorker(
  parts: WorkerParts,
  makeServer: (parts: TurnParts) => TurnServer = createTurnServer,
): TurnWorker {
  const { counters, ledger, note, wakeFd } = parts
  let { settings } = parts
  const current = () => settings
  const region = mapRegion(inboxOctets + outboxOctets + readinessOctets + smallOctets)
  const sockets = createSockets(region)
  const readiness = createReadiness(region)
  const listeners = openListeners(parts.listeners, sockets)
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
  let drained: (() => void) | undefined
  let performed = false

  function broke(fault: unknown): void {
    const error = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
    note({ fact: 'machine-broke', where: 'turn over UDP', error })
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
    if (server.size === 0) drained?.()
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

  /** Something that is not caused by one datagram. */
  function guarded(input: (now: number) => TurnActions): void {
    const now = Date.now()
    try {
      perform(input(now), now)
    } catch (fault) {
      broke(fault)
    }
    outbox.flush()
  }

  const loop = createLoop({
    ...{ region, readiness, inbox, outbox, wakeFd },
    pause: createPause(),
    now: Date.now,
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
      if (listener === undefined) return
      const count = received(receive, fd, mostAtOnce)
      if (count > 0) clientSide.received(listener[0], listener[1], inbox.first, count, now)
    },
    nextDeadline: () => server.nextDeadline(),
    expired: (now) => guarded(() => server.expired(now)),
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
    for (const { fd } of [...relays.all(), ...listeners]) sockets.close(fd)
    readiness.close()
    region.free()
    drained?.()
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
        drained = resolve
        if (server.size === 0) resolve()
      })
    },
    stop() {
      if (phase === 'serving') phase = 'stopping'
      return ended
    },
  }
}

/** All of them, or none. */
function openListeners(listeners: readonly TurnListener[], sockets: Sockets): readonly OpenSocket[] {
  const opened: OpenSocket[] = []
  try {
    for (const listener of listeners) opened.push(openListener(listener, sockets))
  } catch (fault) {
    for (const { fd } of opened) sockets.close(fd)
    throw fault
  }
  return opened
}

const anyIpv4: TransportAddress['ip'] = { family: 4, value: 0 }

function openListener({ transport, host, port }: TurnListener, sockets: Sockets): OpenSocket {
  const ip = parseIp(host)
  if (transport !== 'udp' || ip === undefined) throw new Error(`${transport} at ${host} is not for raw sockets`)
  let opened = sockets.openListener({ ip, port })
  // Where IPv6 is switched off, every address is every IPv4 address.
  if (!opened.ok && opened.error.code === 'EAFNOSUPPORT' && isWildcard(ip)) {
    opened = sockets.openListener({ ip: anyIpv4, port })
  }
  if (opened.ok) return opened.value
  throw Object.assign(new Error(`${opened.error.text}: ${opened.error.code}`), { code: opened.error.code })
}
