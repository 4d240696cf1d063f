/** The whole signaling server, top to bottom: every part made once, in order, and closed in the reverse order. */
import type { Config, ListenAddress, TalkOn } from './config/config.ts'
import { createThrottle } from './core/throttle.ts'
import { createBackendAnswers } from './io/backend-answers.ts'
import { askedAtUrlItself } from './io/backend-http.ts'
import { createAlarm, now } from './io/clock.ts'
import { createRoutes } from './io/http-routes.ts'
import { type Listening, listenHttp, listenHttps } from './io/listen.ts'
import { createRandom } from './io/random.ts'
import { createRoomApi } from './io/room-api.ts'
import { runFrontEnd } from './io/run-front-end.ts'
import { createSockets } from './io/sockets.ts'
import type { Report } from './observe/report.ts'
import { createBackends } from './protocols/talk/backend/backends.ts'
import { createTalk } from './protocols/talk/connection.ts'
import { createCookieIds } from './protocols/talk/cookie-id.ts'
import { infoFeatures } from './protocols/talk/features.ts'
import { createSessionIds } from './protocols/talk/sealed-id.ts'
import { serverInfo, stats } from './protocols/talk/statistics.ts'
import { type RunningTurnServer, startTurnServer, type TurnHook } from './turn-server.ts'
import { listeningPlaces } from './turn-settings.ts'
import { announcedVersion } from './version.ts'

/** With Talk off nobody asks. */
const noTalk = { timeout: 0, connectionsPerHost: 1, skipVerify: false }
/** How many values the sessions of a room may share. */
const valuesPerRoom = 1_000
/** Service restart: every client comes back after it. Talk's web client takes 1001 for the end. */
const restarting = 1012

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
  const broken = Promise.withResolvers<Error>()
  const parts = new DisposableStack()

  // whom we trust and ask
  const talk = config.talk.kind === 'on' ? config.talk : undefined
  const backends = createBackends(talk?.backends ?? [])
  const throttle = createThrottle()
  const backendAnswers = parts.use(
    createBackendAnswers({ settings: talk ?? noTalk, backends, version: announcedVersion, note: report.note }),
  )

  // what we speak
  const queue = { bytes: talk?.maxPendingBytes ?? 1_048_576, messages: talk?.maxPendingMessages ?? 1_000 }
  const keys = { hashKey: config.sessions.hashKey, blockKey: config.sessions.blockKey }
  const asOriginal = config.sessions.idFormat === 'cookie'
  const random = createRandom()
  const ids = asOriginal
    ? createCookieIds({ keys, backendId: onlyBackend(talk), random, now: Date.now })
    : createSessionIds(keys, random)
  const { internalSecret } = config.clients
  const frontEnd = createTalk(
    { version: announcedVersion, backends, internalSecret, queue, valuesPerRoom },
    ids,
    throttle,
  )

  // where machine and world meet
  const alarm = parts.use(createAlarm())
  const runner = runFrontEnd(frontEnd, {
    now,
    send: (to, frame) => sockets.send(to, frame),
    close: (to, code, reason) => sockets.close(to, code, reason),
    publish: () => {},
    ask: asOriginal ? askedAtUrlItself(backendAnswers.answer) : backendAnswers.answer,
    failed: backendAnswers.failed,
    reply: (to, status, body) => roomApi.reply(to, status, body),
    note: report.note,
    broke: (where, error) => report.note({ fact: 'machine-broke', where, error: describe(error) }),
    wakeAt: alarm.wakeAt,
  })
  const sockets = parts.use(
    createSockets(queue, runner, (milliseconds) => report.note({ fact: 'ping-rtt', milliseconds })),
  )
  const roomApi = createRoomApi({
    backends,
    throttle,
    maxBodySize: talk?.maxBodySize ?? 0,
    requested: (request) => runner.input('requested', () => frontEnd.requested(request)),
    note: report.note,
  })

  // what carries media
  const turnOn = config.turnServer.kind === 'on' ? config.turnServer : undefined
  const turn = turnOn && (await startTurn(turnOn))

  // how it is reached
  const fetch = createRoutes({
    version: announcedVersion,
    features: infoFeatures,
    config: () => config,
    maxConnectionsPerAddress: config.limits.maxConnectionsPerAddress,
    roomApi: talk ? roomApi : undefined,
    stats: () => stats(frontEnd.census()),
    serverInfo: () => serverInfo(announcedVersion, frontEnd.census()),
    metrics: async () =>
      new Response(await report.metricsText(), { headers: { 'content-type': report.metricsContentType } }),
    ownTurn: () => turn?.handedOut(),
    isStopping: () => isStopping,
    connectionsOf: sockets.countOf,
    refusedUpgrade: (address, why) => report.note({ fact: 'upgrade-refused', address, why }),
  })
  report.watch({
    census: frontEnd.census,
    transport: () => sockets.traffic,
    backends: backends.all,
    pool: backendAnswers.connections,
    turn: () =>
      turn && {
        counters: turn.counters(),
        relayPorts: turn.relayPorts(),
        coturnNames: config.turnServer.kind === 'on' && config.turnServer.coturnMetrics,
      },
  })
  const listening = await listenEverywhere()
  // Ports that were left open are known only now, and none of our own may be anybody's peer.
  if (turnOn && turn) await turn.reload(turnOn, ourPlaces(listening))

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

  async function listenEverywhere(): Promise<readonly Listening[]> {
    const { http, https } = config
    const common = { fetch, handlers: sockets.handlers, note: report.note }
    const open: Listening[] = []
    const files = { certificate: https.certificate ?? '', key: https.key ?? '' }
    try {
      for (const address of https.listen) {
        open.push(await listenHttps(address, files, { ...common, readTimeout: https.readTimeout }))
      }
      // Last, because whoever gets an answer here takes the server for ready.
      for (const address of http.listen) open.push(listenHttp(address, { ...common, readTimeout: http.readTimeout }))
    } catch (error) {
      for (const listener of open) listener.stop()
      await turn?.stop()
      parts.dispose()
      throw error
    }
    return open
  }

  async function emptiedWithin(limit: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Cleared, because a timer that is left over would keep the process alive.
    const timer = setTimeout(resolve, limit)
    await Promise.race([sockets.emptied(), promise])
    clearTimeout(timer)
  }

  function closeDoors(): void {
    isStopping = true
    for (const listener of listening) listener.stop()
  }

  async function withoutSessions(): Promise<void> {
    // Internal clients stay for as long as there is somebody to serve.
    const isNeeded = (): boolean => frontEnd.census().sessions.some(({ clienttype }) => clienttype === 'client')
    while (isNeeded()) await Bun.sleep(500)
  }

  return {
    listening,
    turnListening: turn?.listeners ?? [],
    broken: broken.promise,
    reload(next) {
      config = next
      if (next.talk.kind === 'on') backends.replace(next.talk.backends)
      if (turn && next.turnServer.kind === 'on') void turn.reload(next.turnServer, ourPlaces(listening))
    },
    async drain() {
      closeDoors()
      await Promise.all([withoutSessions(), turn?.drain()])
    },
    async stop() {
      closeDoors()
      sockets.closeAll(restarting, 'the server restarts')
      await Promise.all([emptiedWithin(config.drainTimeout), turn?.stop()])
      parts.dispose()
    },
  }
}

/** Ids are made before it is known for whom, so that they name a backend only where there is no other. */
const onlyBackend = (talk: TalkOn | undefined): string =>
  talk?.backends.length === 1 ? (talk.backends[0]?.id ?? '') : ''

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
