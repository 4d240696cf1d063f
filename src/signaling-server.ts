/** The whole signaling server, top to bottom: every part made once, in order, and closed in the reverse order. */
import { iceServersFor } from './auth/ice-servers.ts'
import type { Config, ListenAddress } from './config/config.ts'
import { withRelayUsers } from './config/relay.ts'
import { startAdmission } from './front-ends/admission.ts'
import { startPages } from './front-ends/pages.ts'
import { startPresence } from './front-ends/presence.ts'
import { startRelay } from './front-ends/relay.ts'
import type { RunningFrontEnd, Surroundings } from './front-ends/running.ts'
import { startTalk } from './front-ends/talk.ts'
import type { Gate } from './io/admit-socket.ts'
import { now } from './io/clock.ts'
import { createRoutes } from './io/http-routes.ts'
import { type Listening, listenEverywhere } from './io/listen.ts'
import type { Report } from './observe/report.ts'
import { featuresOf } from './protocols/talk/features.ts'
import { type RunningTurnServer, startTurnServer, type TurnHook } from './turn-server.ts'
import { listeningPlaces } from './turn-settings.ts'
import { announcedVersion } from './version.ts'

export interface SignalingServer {
  /** Where it listens: with TLS first, then without. */
  readonly listening: readonly Listening[]
  /** Where clients of TURN find it. */
  readonly turnListening: RunningTurnServer['listeners']
  /** Resolves when something is gone without which we serve only some of the clients: then it is to be stopped. */
  readonly broken: Promise<Error>
  /** Takes over what may change while running. */
  reload(config: Config): void
  /** Accepts nothing new; resolves when the last session is gone that a person needs, and the last allocation. */
  drain(): Promise<void>
  /** Closes every connection with a reason and resolves when all are gone, or after the drain time. */
  stop(): Promise<void>
}

/** What a program that has us in it may do in place of the settings. */
export interface Embedding {
  /** Says passwords of TURN users, as `authurl` does. */
  readonly turnHook?: TurnHook
}

export async function startSignalingServer(
  initial: Config,
  report: Report,
  { turnHook }: Embedding = {},
): Promise<SignalingServer> {
  let config = initial
  let isStopping = false
  let turn: RunningTurnServer | undefined
  const broken = Promise.withResolvers<Error>()
  const parts = new DisposableStack()

  const gate: Gate = {
    isStopping: () => isStopping,
    maxConnectionsPerAddress: config.limits.maxConnectionsPerAddress,
    refusedUpgrade: (address, why) => report.note({ fact: 'upgrade-refused', address, why }),
  }
  const headers = new Headers({
    server: `nextcloud-spreed-signaling/${announcedVersion}`,
    'x-spreed-signaling-features': featuresOf(config.talk.kind === 'on' && config.sfu.kind !== 'none').info.join(', '),
  })

  // what we speak
  const surroundings: Surroundings = {
    report,
    gate,
    iceServers: (user) => iceServersFor(config.turn, turn?.handedOut(), user, now()),
  }
  const talk = parts.use(startTalk(config, surroundings, headers))
  const relay = config.relay.kind === 'on' ? begun(startRelay, config.relay) : undefined
  const presence = config.presence.kind === 'on' ? begun(startPresence, config.presence) : undefined
  // Last, because another front end may have `/`.
  const admission = config.admission.kind === 'on' ? begun(startAdmission, config.admission) : undefined
  const { demo } = config
  const pages =
    demo.kind === 'on' && config.admission.kind === 'on'
      ? parts.use(startPages(demo, config.admission, surroundings))
      : undefined
  const frontEnds: readonly RunningFrontEnd[] = [talk, relay, presence, admission, pages].filter(
    (one) => one !== undefined,
  )

  // what carries media
  const withUsers = withRelayUsers(config.turnServer, config.relay)
  const turnOn = withUsers.kind === 'on' ? withUsers : undefined
  turn = turnOn && (await startTurn(turnOn))

  // how it is reached
  const fetch = createRoutes({
    version: announcedVersion,
    headers,
    config: () => config,
    frontEnds: frontEnds.map(({ paths }) => paths),
    roomApi: talk.roomApi,
    stats: talk.stats,
    serverInfo: talk.serverInfo,
    metrics: async () =>
      new Response(await report.metricsText(), { headers: { 'content-type': report.metricsContentType } }),
    recognize: presence?.userOf,
    ownTurn: () => turn?.handedOut(),
    isStopping: () => isStopping,
  })
  report.watch({
    ...talk.watched,
    ...relay?.watched,
    ...presence?.watched,
    ...admission?.watched,
    turn: () =>
      turn && {
        counters: turn.counters(),
        relayPorts: turn.relayPorts(),
        coturnNames: config.turnServer.kind === 'on' && config.turnServer.coturnMetrics,
      },
  })
  const listening = await listen()
  // Ports that were left open are known only now, and none of our own may be anybody's peer.
  if (turnOn && turn) await turn.reload(turnOn, ourPlaces(listening))

  /** A part whose settings may turn out to be unusable only now. */
  function begun<O, P extends Disposable>(start: (on: O, surroundings: Surroundings) => P, on: O): P {
    try {
      return parts.use(start(on, surroundings))
    } catch (error) {
      parts.dispose()
      throw error
    }
  }

  async function startTurn(on: NonNullable<typeof turnOn>): Promise<RunningTurnServer> {
    try {
      return await startTurnServer(
        { config: on, note: report.note, hook: turnHook, failed: broken.resolve },
        ourPlaces([]),
      )
    } catch (error) {
      parts.dispose()
      throw error
    }
  }

  /** With the ports that the listeners have, of those that are open. */
  function ourPlaces(open: readonly Listening[]): ReturnType<typeof listeningPlaces> {
    const addresses: readonly ListenAddress[] = [...config.https.listen, ...config.http.listen]
    return listeningPlaces(
      addresses.map((address, index) =>
        address.kind === 'tcp' ? { ...address, port: open[index]?.port ?? address.port } : address,
      ),
    )
  }

  async function listen(): Promise<readonly Listening[]> {
    const longestMessage = Math.max(...frontEnds.map((one) => one.longestMessage))
    try {
      return await listenEverywhere(config, { fetch, longestMessage, note: report.note })
    } catch (error) {
      await turn?.stop()
      parts.dispose()
      throw error
    }
  }

  async function emptiedWithin(limit: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Cleared, because a timer that is left over would keep the process alive.
    const timer = setTimeout(resolve, limit)
    await Promise.race([Promise.all(frontEnds.map((one) => one.emptied())), promise])
    clearTimeout(timer)
  }

  function closeDoors(): void {
    isStopping = true
    for (const listener of listening) listener.stop()
  }

  return {
    listening,
    turnListening: turn?.listeners ?? [],
    broken: broken.promise,
    reload(next) {
      config = next
      for (const one of frontEnds) one.reload(next)
      const turnServer = withRelayUsers(next.turnServer, next.relay)
      if (turn && turnServer.kind === 'on') void turn.reload(turnServer, ourPlaces(listening))
    },
    async drain() {
      closeDoors()
      await Promise.all([...frontEnds.map((one) => one.drained()), turn?.drain()])
    },
    async stop() {
      closeDoors()
      for (const one of frontEnds) one.closeAll()
      await Promise.all([emptiedWithin(config.drainTimeout), turn?.stop()])
      parts.dispose()
    },
  }
}
