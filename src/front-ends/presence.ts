/** The presence front end: the machine, whose tokens it accepts, its sockets and its path. */
import type { PresenceOn } from '../config/config.ts'
import { createAlarm, now } from '../io/clock.ts'
import { createOidc } from '../io/oidc/providers.ts'
import { presencePaths, tokenOf } from '../io/presence-routes.ts'
import { runFrontEnd } from '../io/run-front-end.ts'
import { createSockets } from '../io/sockets.ts'
import { systemAuthorities } from '../io/system-authorities.ts'
import type { Watched } from '../observe/exposition.ts'
import { createPresence } from '../protocols/presence/connection.ts'
import { nameOf, turnName } from '../protocols/presence/names.ts'
import type { Presence, PresenceArrival } from '../protocols/presence/vocabulary.ts'
import { longestMessage } from '../protocols/presence/wire.ts'
import { describeError, type RunningFrontEnd, restarting, type Surroundings } from './running.ts'

/** What may wait for a connection whose peer reads too slowly: a list of many users has to fit. */
const queue = { bytes: 4_194_304, messages: 1_000 }

export interface RunningPresence extends RunningFrontEnd {
  readonly watched: Pick<Watched, 'presence'>
  /** By whose presence token a request comes, as TURN quotas count it; undefined if it has none that is good. */
  userOf(request: Request): Promise<string | undefined>
}

export function startPresence(config: PresenceOn, { report, gate, iceServers }: Surroundings): RunningPresence {
  const parts = new DisposableStack()

  // whom we trust
  const { providers, clockSkew, refresh, revision } = config
  const authorities = systemAuthorities(process.env)
  const oidc = parts.use(
    createOidc({ providers, clockSkew, refresh, authorities, now, today: Date.now, note: report.note }),
  )

  // what we speak
  const frontEnd = createPresence(config)

  // where machine and world meet
  const alarm = parts.use(createAlarm())
  const runner = runFrontEnd<Presence>(frontEnd, {
    now,
    send: (to, frame) => sockets.send(to, frame),
    close: (to, code, reason) => sockets.close(to, code, reason),
    publish: () => {},
    ask: async ({ user }) => ({ answer: 'ice-servers', iceServers: iceServers(user) }),
    failed: () => ({ answer: 'ice-servers', iceServers: [] }),
    command: () => {},
    reply: () => {},
    note: report.note,
    broke: (where, error) => report.note({ fact: 'machine-broke', where, error: describeError(error) }),
    wakeAt: alarm.wakeAt,
  })
  const sockets = parts.use(
    createSockets<PresenceArrival>(queue, runner, (milliseconds) => report.note({ fact: 'ping-rtt', milliseconds }), {
      longestMessage,
      readsBinary: true,
    }),
  )

  return {
    paths: presencePaths({ path: config.path, gate, sockets, oidc, note: report.note }),
    longestMessage,
    watched: { presence: frontEnd.census },
    async userOf(request) {
      const token = tokenOf(request)
      const checked = token === undefined ? undefined : await oidc.verify(token)
      const name = checked?.ok ? nameOf(checked.value, revision) : undefined
      return name && turnName(name.key)
    },
    // What is fixed at the start is said in the list of what needs a restart.
    reload() {},
    drained: sockets.emptied,
    closeAll: () => sockets.closeAll(restarting, 'the server restarts'),
    emptied: sockets.emptied,
    [Symbol.dispose]: () => parts.dispose(),
  }
}
