/** The relay without its settings: the machine, whom it asks, and its sockets; for our server, and for those who have us in theirs. */
import type { IceServer } from '../auth/ice-servers.ts'
import { createAlarm, now } from '../io/clock.ts'
import { createRandom } from '../io/random.ts'
import { runFrontEnd } from '../io/run-front-end.ts'
import { createSockets, type Pulse, type Sockets } from '../io/sockets.ts'
import type { Report } from '../observe/report.ts'
import { createRelay, type Known, type PeerEntry, toMembers, toPeer } from '../protocols/relay/connection.ts'
import { closes } from '../protocols/relay/errors.ts'
import { ownEvent, type Revision } from '../protocols/relay/render.ts'
import type { RoomName } from '../protocols/relay/room-name.ts'
import type { Happening, HookEvent, RelayAnswer, RelayArrival, RelayAsk } from '../protocols/relay/vocabulary.ts'
import type { HookAnswer } from '../turn/hook-answers.ts'
import { describeError } from './running.ts'

export interface RelayCoreOptions {
  readonly revision: Revision
  /** ms; 0 as `idleTimeout` is no limit. */
  readonly authTimeout: number
  readonly idleTimeout: number
  /** Bytes. */
  readonly maxMessage: number
  readonly known: (username: string) => Known
  /** Rejects when it cannot say. */
  readonly ask: (username: string) => Promise<HookAnswer>
  readonly hooks: ReadonlySet<HookEvent>
  /** Resolves when what follows may be told; never rejects. */
  readonly call: (happening: Happening) => Promise<void>
  readonly iceServers: (username: string) => readonly IceServer[]
  readonly note: Report['note']
}

export interface RelayCore extends Disposable {
  readonly sockets: Sockets<RelayArrival>
  peers(room: RoomName): readonly PeerEntry[]
  /** To all members; how many there are. */
  publish(room: RoomName, event: string, data?: unknown): number
  send(peerId: string, event: string, data?: unknown): void
  /** Resolves when the last socket is gone and the hooks of all who left have been tried. */
  emptied(): Promise<void>
  census(): { readonly connections: number; readonly rooms: number; readonly members: number }
}

/** What may wait for one connection, and on it. */
const queue = { bytes: 1_048_576, messages: 1_000 }

export function createRelayCore(options: RelayCoreOptions): RelayCore {
  const { note } = options
  const parts = new DisposableStack()
  const frontEnd = createRelay(
    { revision: options.revision, authTimeout: options.authTimeout, hooks: options.hooks, waiting: queue },
    { known: options.known, random: createRandom(), iceServers: options.iceServers },
  )
  const alarm = parts.use(createAlarm())
  const runner = runFrontEnd(frontEnd, {
    now,
    send: (to, frame) => sockets.send(to, frame),
    close: (to, code, reason) => sockets.close(to, code, reason),
    publish: () => {},
    ask,
    failed: (): RelayAnswer => ({ answer: 'failed' }),
    command: () => {},
    reply: () => {},
    note,
    broke: (where, error) => note({ fact: 'machine-broke', where, error: describeError(error) }),
    wakeAt: alarm.wakeAt,
  })
  const sockets: Sockets<RelayArrival> = parts.use(
    createSockets(queue, runner, (milliseconds) => note({ fact: 'ping-rtt', milliseconds }), {
      pulse: pulseOf(options.idleTimeout),
      longestMessage: options.maxMessage,
      batches: true,
      silence: closes.late,
    }),
  )

  async function ask(question: RelayAsk): Promise<RelayAnswer> {
    if (question.ask === 'hook') {
      await options.call(question.happening)
      return { answer: 'done' }
    }
    try {
      const said = await options.ask(question.username)
      return said.known ? { answer: 'password', password: said.password } : { answer: 'unknown' }
    } catch (error) {
      note({ fact: 'relay-auth-failed', why: error instanceof Error ? error.message : String(error) })
      return { answer: 'failed' }
    }
  }

  return {
    sockets,
    peers: frontEnd.peers,
    publish(room, event, data) {
      runner.told(toMembers(room), { event: 'text', text: ownEvent(event, data) })
      return frontEnd.peers(room).length
    },
    send(peerId, event, data) {
      runner.told(toPeer(peerId), { event: 'text', text: ownEvent(event, data) })
    },
    async emptied() {
      await sockets.emptied()
      // Each room calls its hooks one after the other, so that there is no single moment to wait for.
      while (frontEnd.census().rooms > 0) await Bun.sleep(1)
    },
    census: frontEnd.census,
    [Symbol.dispose]: () => parts.dispose(),
  }
}

/** Pings come so often that a peer who answers them is never idle. */
function pulseOf(idleTimeout: number): Pulse {
  const silenceLimit = idleTimeout === 0 ? Number.POSITIVE_INFINITY : idleTimeout
  return {
    silenceLimit,
    pingEvery: Math.min(25_000, silenceLimit / 2.4),
    sweepEvery: Math.min(1_000, Math.max(20, silenceLimit / 10)),
  }
}
