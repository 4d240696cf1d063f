/** The relay as our server has it: its settings, the web application behind it, and its path. */
import { randomUUID } from 'node:crypto'
import type { Config, RelayOn } from '../config/config.ts'
import { now } from '../io/clock.ts'
import { relayPaths } from '../io/relay-routes.ts'
import { systemAuthorities } from '../io/system-authorities.ts'
import { createAuthUrl } from '../io/turn/authurl.ts'
import { createCaller } from '../io/webhooks/call.ts'
import { createOutbox, type Outbox } from '../io/webhooks/outbox.ts'
import type { Watched } from '../observe/exposition.ts'
import type { HookEvent } from '../protocols/relay/vocabulary.ts'
import { createRelayCore } from './relay-core.ts'
import { type RunningFrontEnd, restarting, type Surroundings } from './running.ts'

export interface RunningRelay extends RunningFrontEnd {
  readonly watched: Required<Pick<Watched, 'relay'>>
}

/** Throws if the outbox cannot be had. */
export function startRelay(initial: RelayOn, { report, gate, iceServers }: Surroundings): RunningRelay {
  const parts = new DisposableStack()
  const authorities = systemAuthorities(process.env)

  // whom we trust and ask
  let passwords = passwordsOf(initial)
  const authUrl =
    initial.authUrl === undefined ? undefined : parts.use(createAuthUrl({ url: initial.authUrl, authorities }))

  // whom we tell
  const { hooks, hookSecret: secret, hookTimeout: limit, outboxFolder: folder } = initial
  const urls = new Map<HookEvent, string>()
  for (const event of ['create', 'join', 'leave'] as const) {
    const url = hooks[event]
    if (url !== undefined && !(event === 'create' && initial.revision === 2)) urls.set(event, url)
  }
  const caller = parts.use(createCaller({ secret, limit, authorities, now }))
  const outbox: Outbox = createOutbox({
    caller,
    folder: urls.size > 0 ? folder : undefined,
    note: report.note,
    now,
    random: Math.random,
    newId: randomUUID,
  })
  parts.defer(() => void outbox.close())

  const core = parts.use(
    createRelayCore({
      ...initial,
      known: (username) => {
        const password = passwords.get(username)
        if (password !== undefined) return { password }
        return authUrl ? 'ask' : undefined
      },
      ask: (username) => authUrl?.ask(username) ?? Promise.resolve({ known: false }),
      hooks: new Set(urls.keys()),
      call: (happening) => outbox.call(urls.get(happening.event) ?? '', happening),
      iceServers,
      note: report.note,
    }),
  )
  const { sockets } = core

  return {
    paths: relayPaths(initial.path, gate, sockets),
    longestMessage: initial.maxMessage,
    watched: { relay: () => ({ ...core.census(), callsWaiting: outbox.size }) },
    reload({ relay }: Config) {
      if (relay.kind === 'on') passwords = passwordsOf(relay)
    },
    async drained() {
      while (core.census().members > 0) await Bun.sleep(500)
    },
    closeAll: () => sockets.closeAll(restarting, 'the server restarts'),
    async emptied() {
      await core.emptied()
      await outbox.settled()
    },
    [Symbol.dispose]: () => parts.dispose(),
  }
}

const passwordsOf = ({ users }: RelayOn): ReadonlyMap<string, string> =>
  new Map(users.map(({ name, password }) => [name, password]))
