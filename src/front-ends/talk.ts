/** Nextcloud Talk's signaling: the machine, whom it asks, its sockets and its routes. */
import type { Config, TalkOn } from '../config/config.ts'
import { createThrottle } from '../core/throttle.ts'
import { createBackendAnswers } from '../io/backend-answers.ts'
import { askedAtUrlItself } from '../io/backend-http.ts'
import { createAlarm, now } from '../io/clock.ts'
import { createFederationLinks } from '../io/federation-links.ts'
import { startCountries } from '../io/geoip.ts'
import { longestEventsMessage } from '../io/janus-events.ts'
import { createRandom } from '../io/random.ts'
import { createRoomApi, type RoomApi } from '../io/room-api.ts'
import { runFrontEnd } from '../io/run-front-end.ts'
import { createSockets, maxMessageLength } from '../io/sockets.ts'
import { systemAuthorities } from '../io/system-authorities.ts'
import { talkPaths } from '../io/talk-routes.ts'
import type { Watched } from '../observe/exposition.ts'
import { createBackends } from '../protocols/talk/backend/backends.ts'
import { createTalk } from '../protocols/talk/connection.ts'
import { createCookieIds } from '../protocols/talk/cookie-id.ts'
import { featuresOf } from '../protocols/talk/features.ts'
import { createSessionIds } from '../protocols/talk/sealed-id.ts'
import { serverInfo, stats } from '../protocols/talk/statistics.ts'
import { announcedVersion } from '../version.ts'
import { describeError, type RunningFrontEnd, restarting, type Surroundings } from './running.ts'
import { mediaSettings, startSfu } from './sfu.ts'

/** With Talk off nobody asks. */
const noTalk = { timeout: 0, connectionsPerHost: 1, skipVerify: false }
/** How many values the sessions of a room may share. */
const valuesPerRoom = 1_000

export interface RunningTalk extends RunningFrontEnd {
  /** Undefined while no backend is configured at all. */
  readonly roomApi: RoomApi | undefined
  readonly watched: Pick<Watched, 'census' | 'transport' | 'backends' | 'pool' | 'sfu'>
  stats(): unknown
  serverInfo(): unknown
}

/** `headers` are those that every answer over HTTP carries. */
export function startTalk(config: Config, { report, gate }: Surroundings, headers: Headers): RunningTalk {
  const parts = new DisposableStack()

  // what we can do
  const sfuOn = config.talk.kind === 'on' ? sfuOf(config) : undefined
  const features = featuresOf(sfuOn !== undefined)

  // whom we trust and ask
  const talk = config.talk.kind === 'on' ? config.talk : undefined
  const backends = createBackends(talk?.backends ?? [])
  const throttle = createThrottle()
  const backendAnswers = parts.use(
    createBackendAnswers({
      settings: talk ?? noTalk,
      backends,
      version: announcedVersion,
      features: features.info,
      note: report.note,
    }),
  )

  // what we speak
  let { federation } = config
  const media = sfuOn && { settings: mediaSettings(sfuOn) }
  const queue = { bytes: talk?.maxPendingBytes ?? 1_048_576, messages: talk?.maxPendingMessages ?? 1_000 }
  const keys = { hashKey: config.sessions.hashKey, blockKey: config.sessions.blockKey }
  const asOriginal = config.sessions.idFormat === 'cookie'
  const random = createRandom()
  const ids = asOriginal
    ? createCookieIds({ keys, backendId: onlyBackend(talk), random, now: Date.now })
    : createSessionIds(keys, random)
  const { internalSecret } = config.clients
  const frontEnd = createTalk(
    {
      version: announcedVersion,
      backends,
      internalSecret,
      queue,
      valuesPerRoom,
      federation: () => federation,
      media: media && (() => media.settings),
    },
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
    command(command) {
      if (command.to === 'federation') links.carryOut(command.command)
      else sfu?.command(command.command)
    },
    reply: (to, status, body) => roomApi.reply(to, status, body),
    note: report.note,
    broke: (where, error) => report.note({ fact: 'machine-broke', where, error: describeError(error) }),
    wakeAt: alarm.wakeAt,
  })
  const sfu =
    sfuOn &&
    parts.use(
      startSfu(config, sfuOn, { report, gate, headers }, (event) =>
        runner.input('sfuTold', (at) => frontEnd.sfuTold(event, at)),
      ),
    )
  const links = parts.use(
    createFederationLinks({
      settings: () => federation,
      happened: (event) => runner.input('federationTold', (at) => frontEnd.federationTold(event, at)),
      userAgent: `heliograph/${announcedVersion}`,
      authorities: systemAuthorities(process.env),
    }),
  )
  const countries = parts.use(
    startCountries(config.geoip, { note: report.note, authorities: systemAuthorities(process.env) }),
  )
  const sockets = parts.use(
    createSockets(queue, runner, (milliseconds) => report.note({ fact: 'ping-rtt', milliseconds })),
  )
  const roomApi = createRoomApi({
    backends,
    throttle,
    maxBodySize: talk?.maxBodySize ?? 0,
    requested: (request) => runner.input('requested', () => frontEnd.requested(request)),
    abandoned: (number) => runner.input('abandoned', () => frontEnd.abandoned(number, now())),
    note: report.note,
  })

  let farewell: Promise<void> | undefined
  return {
    paths: talkPaths({ gate, sockets, headers, events: sfu?.events, countryOf: countries.of }),
    longestMessage: sfu?.events ? longestEventsMessage : maxMessageLength,
    roomApi: talk ? roomApi : undefined,
    watched: {
      census: frontEnd.census,
      transport: () => sockets.traffic,
      backends: backends.all,
      pool: backendAnswers.connections,
      sfu: () => sfu?.watched(),
    },
    stats: () => stats(frontEnd.census(), sfu?.machine.stats()),
    serverInfo: () => serverInfo(announcedVersion, features.info, frontEnd.census(), sfu?.machine.serverInfo()),
    reload(next) {
      if (next.talk.kind === 'on') backends.replace(next.talk.backends)
      federation = next.federation
      const nextSfu = sfuOf(next)
      if (media && nextSfu) media.settings = mediaSettings(nextSfu)
      sfu?.reload(next)
      countries.configured(next.geoip.overrides)
    },
    async drained() {
      // Internal clients stay for as long as there is somebody to serve.
      const isNeeded = (): boolean => frontEnd.census().sessions.some(({ clienttype }) => clienttype === 'client')
      while (isNeeded()) await Bun.sleep(500)
    },
    closeAll() {
      sockets.closeAll(restarting, 'the server restarts')
      farewell = sfu?.stop()
    },
    async emptied() {
      await Promise.all([sockets.emptied(), farewell])
    },
    [Symbol.dispose]: () => parts.dispose(),
  }
}

/** Undefined: clients send their media to each other. */
const sfuOf = ({ sfu }: Config): Exclude<Config['sfu'], { readonly kind: 'none' }> | undefined =>
  sfu.kind === 'none' ? undefined : sfu

/** Ids are made before it is known for whom, so that they name a backend only where there is no other. */
const onlyBackend = (talk: TalkOn | undefined): string =>
  talk?.backends.length === 1 ? (talk.backends[0]?.id ?? '') : ''
