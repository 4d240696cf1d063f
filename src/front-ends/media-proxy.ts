/** The media proxy between its clients and its Janus: the machine, the SFU that it commands, its sockets. */
import { randomUUID } from 'node:crypto'
import type { ProxyConfig, RemoteStreamsConfig } from '../config/proxy-config.ts'
import type { Gate } from '../io/admit-socket.ts'
import { createAlarm, now } from '../io/clock.ts'
import { createJanusEvents, type JanusEvents } from '../io/janus-events.ts'
import { createOtherProxies } from '../io/other-proxies.ts'
import { publicAddress } from '../io/public-address.ts'
import { createRandom } from '../io/random.ts'
import { runFrontEnd } from '../io/run-front-end.ts'
import { type RunningSfu, runSfu } from '../io/run-sfu.ts'
import { createSfuWorld } from '../io/sfu-world.ts'
import { createSockets, type Sockets } from '../io/sockets.ts'
import { systemAuthorities } from '../io/system-authorities.ts'
import { interfaceAddresses } from '../io/turn/own-addresses.ts'
import type { Watched } from '../observe/exposition.ts'
import type { Report } from '../observe/report.ts'
import type { Peer } from '../protocols/front-end.ts'
import { createMediaProxy } from '../protocols/media-proxy/connection.ts'
import type { ProxySettings, ProxyWishes, Rates } from '../protocols/media-proxy/vocabulary.ts'
import { createJanusSfu } from '../sfu/janus/janus.ts'
import { createTokenSigner } from '../sfu/proxy/tokens.ts'
import { describeError, restarting } from './running.ts'

export interface RunningMediaProxy extends Disposable {
  readonly sockets: Sockets<Peer>
  /** What the event handler of its Janus reports. */
  readonly events: JanusEvents
  readonly watched: Pick<Watched, 'proxy' | 'transport' | 'sfu'>
  stats(): unknown
  reload(config: ProxyConfig): void
  /** Nothing new; resolves when the last publisher and subscriber is gone. */
  drained(): Promise<void>
  /** Ends all sessions and takes leave of Janus and of other proxies; resolves when nothing of ours is left there. */
  stop(): Promise<void>
  /** Resolves when the last socket is gone. */
  emptied(): Promise<void>
}

export interface MediaProxySurroundings {
  readonly report: Report
  readonly gate: Gate
  /** Those that every answer over HTTP carries. */
  readonly headers: Headers
  readonly version: string
}

/** Bytes: more than the longest session description. */
export const longestProxyMessage = 524_288
/** What may wait for one session: the news of a minute, of many clients. */
const queue = { bytes: 8_388_608, messages: 20_000 }
/** How long (ms) between two looks whether everybody has gone. */
const lookEvery = 200

export function startMediaProxyFrontEnd(
  initial: ProxyConfig,
  { report, gate, headers, version }: MediaProxySurroundings,
): RunningMediaProxy {
  const parts = new DisposableStack()
  const random = createRandom()
  const { note } = report
  const broke = (where: string, error: unknown): void =>
    note({ fact: 'machine-broke', where, error: describeError(error) })

  const settings: ProxySettings = {
    version,
    country: initial.country,
    timeout: initial.sfu.timeout,
    remote: remoteOf(initial.remote, note),
    queue,
  }
  const events = parts.use(createJanusEvents(gate, note, headers))
  let wishes = wishesOf(initial)
  const frontEnd = createMediaProxy(settings, wishes, {
    newId: randomUUID,
    wallClock: Date.now,
    random: Math.random,
    measured: () => bitsPerSecond(events.bandwidth()),
  })

  // where machine and world meet
  const alarm = parts.use(createAlarm())
  const runner = runFrontEnd(frontEnd, {
    now,
    send: (to, frame) => sockets.send(to, frame),
    close: (to, code, reason) => sockets.close(to, code, reason),
    publish: () => {},
    ask: () => Promise.reject(new Error('the media proxy asks nobody')),
    failed: () => {
      throw new Error('the media proxy asks nobody')
    },
    command(command) {
      if (command.to === 'sfu') sfu.command(command.command)
      else others.command(command.command)
    },
    reply: () => {},
    note,
    broke,
    wakeAt: alarm.wakeAt,
  })
  const roundTrip = (milliseconds: number): void => note({ fact: 'ping-rtt', milliseconds })
  const sockets = parts.use(createSockets<Peer>(queue, runner, roundTrip, { longestMessage: longestProxyMessage }))

  // whom it commands
  const others = createOtherProxies({
    skipVerify: initial.remote.kind === 'on' && initial.remote.skipVerify,
    authorities: systemAuthorities(process.env),
    opened: (link) => runner.input('remote opened', (time) => frontEnd.remoteOpened(link, time)),
    received: (link, text) => runner.input('remote received', (time) => frontEnd.remoteReceived(link, text, time)),
    closed: (link, why) => runner.input('remote closed', (time) => frontEnd.remoteClosed(link, why, time)),
  })
  const { url, maxStreamBitrate, maxScreenBitrate, timeout } = initial.sfu
  const janus = createJanusSfu({ url, maxStreamBitrate, maxScreenBitrate, timeout }, random)
  const world = parts.use(
    createSfuWorld(
      { skipVerify: false, authorities: systemAuthorities(process.env), timeout },
      { tell: (event) => runner.input('sfu told', (time) => frontEnd.sfuTold(event, time)), note, broke },
    ),
  )
  const sfu: RunningSfu = runSfu(janus, world)

  return {
    sockets,
    events,
    watched: {
      proxy: frontEnd.census,
      transport: () => sockets.traffic,
      sfu: () => ({ census: janus.census(), bandwidth: events.bandwidth() }),
    },
    stats() {
      const { sessions, load } = frontEnd.census()
      return { sessions, load: load.load, mcu: janus.stats() }
    },
    reload(config) {
      // Keys that are the same are kept, so that the machine sees what has changed.
      const next = wishesOf(config)
      wishes = sameKeys(wishes, next) ? { ...next, keys: wishes.keys } : next
      const { maxStreamBitrate, maxScreenBitrate, timeout } = config.sfu
      janus.configured({ maxStreamBitrate, maxScreenBitrate, timeout })
      runner.input('wished', (time) => frontEnd.wished(wishes, time))
    },
    async drained() {
      runner.input('drained', (time) => frontEnd.drained(time))
      while (frontEnd.census().clients > 0) await Bun.sleep(lookEvery)
    },
    async stop() {
      runner.input('stopped', (time) => frontEnd.stopped(time))
      // Whoever has no session yet begins none while the others take leave.
      sockets.closeAll(restarting, 'the server restarts')
      await Promise.all([sfu.stop(), others.stop()])
      events.closeAll(restarting, 'the server restarts')
    },
    async emptied() {
      await Promise.all([sockets.emptied(), events.emptied()])
    },
    [Symbol.dispose]: () => parts.dispose(),
  }
}

const bitsPerSecond = (bytes: ReturnType<JanusEvents['bandwidth']>): Rates | undefined =>
  bytes && { incoming: Math.round(bytes.incoming * 8), outgoing: Math.round(bytes.outgoing * 8) }

function wishesOf({ tokens, bandwidth, sfu }: ProxyConfig): ProxyWishes {
  return {
    keys: new Map(tokens.map(({ id, publicKey }) => [id, publicKey])),
    limits: bandwidth,
    filter: { allowed: sfu.allowedCandidates, blocked: sfu.blockedCandidates },
    maxStreamBitrate: sfu.maxStreamBitrate,
    maxScreenBitrate: sfu.maxScreenBitrate,
  }
}

function sameKeys({ keys: one }: ProxyWishes, { keys: other }: ProxyWishes): boolean {
  return one.size === other.size && [...one].every(([id, key]) => other.get(id)?.equals(key) === true)
}

function remoteOf(remote: RemoteStreamsConfig, note: Report['note']): ProxySettings['remote'] {
  if (remote.kind === 'off') return undefined
  const hostname = remote.hostname ?? publicAddress(interfaceAddresses())
  if (hostname !== undefined) return { sign: createTokenSigner(remote.tokenId, remote.privateKey), hostname }
  const message =
    'this machine has no public IPv4 address, so that other proxies know of no place to send media to: set [app] hostname; until then streams from other proxies are refused'
  note({ fact: 'config-fault', severity: 'warning', message })
  return undefined
}
