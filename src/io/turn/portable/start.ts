/** Starts a worker that speaks to sockets by Bun's own means: TCP and TLS clients always, UDP clients where raw sockets cannot be had. */
import { createTurnServer, type TurnParts, type TurnServer } from '../../../turn/server.ts'
import { now } from '../../clock.ts'
import { createRandom } from '../../random.ts'
import type { TurnListener, TurnWorker, WorkerParts } from '../world.ts'
import { createAddresses } from './addresses.ts'
import { createCarryOut } from './carry-out.ts'
import type { ClientSide } from './client-side.ts'
import { type StreamLimits, streamLimits } from './connections.ts'
import { listenDatagrams } from './datagram-clients.ts'
import { createInputs } from './inputs.ts'
import { createRelays } from './relays.ts'
import { createStreamClients } from './stream-clients.ts'
import { listenStreams } from './stream-listener.ts'
import { createTcpPeers } from './tcp-peers.ts'
import { createTick } from './tick.ts'

/** What tests put in the place of the real thing. */
export interface PortableOptions {
  readonly makeServer?: (parts: TurnParts) => TurnServer
  readonly limits?: StreamLimits
}

interface Listening {
  readonly port: number
  renew(): void
  stop(): void
}

/** Listens, or rejects with a reason that names the address or the certificate. */
export async function startPortableWorker(
  parts: WorkerParts,
  { makeServer = createTurnServer, limits = streamLimits }: PortableOptions = {},
): Promise<TurnWorker> {
  const { counters, note } = parts
  let { settings } = parts
  const empty = Promise.withResolvers<void>()
  let isDraining = false
  const transports = parts.listeners.map(({ transport }) => transport)
  const random = createRandom()
  const server = makeServer({
    settings,
    ledger: parts.ledger,
    // Bun can neither set nor clear the bit.
    capabilities: { dontFragment: false },
    transports,
    randomOctets: random,
    newId: () => Buffer.from(random(6)).toString('hex'),
  })

  const sides: ClientSide[] = []
  const inputs = createInputs({
    ...{ server, now, note },
    carryOut: (action, looking) => carryOut(action, looking),
    settled: () => {
      if (isDraining && server.size === 0) empty.resolve()
    },
    nextDeadline: () => streams.nextDeadline(),
    expired: (time) => streams.expired(time),
  })
  const tick = createTick(inputs.broke)
  const shared = { server, inputs, tick, counters, note, now, addresses: createAddresses(), settings: () => settings }
  const relays = createRelays(shared, {
    relay: (allocation, channel, data, ip, port) =>
      sides[allocation.client.listener]?.relay(allocation, channel, data, ip, port),
    listenTcp: (host, port, holder) => peers.listen(host, port, holder),
  })
  const streams = createStreamClients(shared, relays.fromClient, limits)
  const peers = createTcpPeers(shared, streams)
  const carryOut = createCarryOut({
    ...{ counters, transports, relays, peers, note },
    sideOf: (listener) => sides[listener],
    askHook: parts.askHook,
  })

  async function listenAt(place: TurnListener, number: number): Promise<Listening> {
    if (place.transport === 'udp') {
      const clients = await listenDatagrams(shared, relays.fromClient, place, number)
      sides[number] = clients
      return { port: clients.port, renew() {}, stop: clients.stop }
    }
    const { transport } = place
    sides[number] = streams
    const stream = transport === 'tls' ? place : { ...place, transport }
    return listenStreams(stream, streams.handlers(number, transport), note)
  }

  /** Where IPv6 is switched off, every address is every IPv4 address. */
  async function listenSomehow(place: TurnListener, number: number): Promise<Listening> {
    try {
      return await listenAt(place, number)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (place.host === '::' && code === 'EAFNOSUPPORT') return listenAt({ ...place, host: '0.0.0.0' }, number)
      throw error
    }
  }

  const listening: Listening[] = []
  let ended: Promise<void> | undefined

  async function stop(): Promise<void> {
    inputs.put((time) => server.endAll('stopped', time))
    for (const one of listening) one.stop()
    await streams.stop()
    peers.stop()
    relays.stop()
    inputs[Symbol.dispose]()
    empty.resolve()
  }

  try {
    for (const [number, place] of parts.listeners.entries()) listening.push(await listenSomehow(place, number))
  } catch (error) {
    await stop()
    throw error
  }

  return {
    ports: listening.map(({ port }) => port),
    hookAnswered: (username, answer) => inputs.put((time) => server.hookAnswered(username, answer, time)),
    reload(next) {
      settings = next
      inputs.put((time) => server.reload(next, time))
      for (const one of listening) one.renew()
    },
    drain() {
      server.drain()
      isDraining = true
      if (server.size === 0) empty.resolve()
      return empty.promise
    },
    stop() {
      ended ??= stop()
      return ended
    },
  }
}
