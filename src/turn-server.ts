/** The TURN server beside the signaling: what the settings and this machine make of it, and whom it asks. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { certificateName, type OwnTurn, ownTurn } from './auth/turn-urls.ts'
import type { AddressPair, TurnServerOn } from './config/config.ts'
import { systemAuthorities } from './io/system-authorities.ts'
import { createAuthUrl } from './io/turn/authurl.ts'
import { interfaceAddresses, resolvedHosts, routedAddress } from './io/turn/own-addresses.ts'
import { startTurn, type Turn } from './io/turn/start-turn.ts'
import type { TurnListener } from './io/turn/world.ts'
import { parseIpAddress, type TransportAddress } from './lib/ip-address.ts'
import type { Report } from './observe/report.ts'
import type { HookAnswer } from './turn/hook-answers.ts'
import type { TurnSettings } from './turn/settings.ts'
import { turnListeners, turnSettings } from './turn-settings.ts'

/** Asked about user names that the settings do not know; rejects when it cannot say. */
export type TurnHook = (username: string) => Promise<HookAnswer>

export interface TurnServerOptions {
  readonly config: TurnServerOn
  readonly note: Report['note']
  /** In place of `authurl`. */
  readonly hook?: TurnHook | undefined
  /** See `TurnOptions.failed`. */
  readonly failed: (error: Error) => void
}

export interface RunningTurnServer extends Pick<Turn, 'counters' | 'relayPorts' | 'path' | 'drain' | 'stop'> {
  /** Where it listens, with the ports that it really has. */
  readonly listeners: readonly TurnListener[]
  /** What clients are told of it. */
  handedOut(): OwnTurn
  /** Takes over what may change while it runs. `listening`: all other sockets of this program. */
  reload(config: TurnServerOn, listening: readonly TransportAddress[]): Promise<void>
}

const mostWorkers = 16
/** How often (ms). */
const addressesLookedAt = 60_000

/** Rejects when it cannot be had as the settings want it. */
export async function startTurnServer(
  { config: initial, note, hook, failed }: TurnServerOptions,
  listening: readonly TransportAddress[],
): Promise<RunningTurnServer> {
  const nonceKey = new Uint8Array(randomBytes(32))
  const wanted = turnListeners(initial)
  let present = initial
  let authUrl = authUrlOf(initial)
  let reloads = 0

  let routed: AddressPair = {}

  async function settingsOf(config: TurnServerOn, places: readonly TransportAddress[]): Promise<TurnSettings> {
    const [four, six, sfu] = await Promise.all([routedAddress(4), routedAddress(6), resolvedHosts(config.sfuHosts)])
    // A route that is away for a moment is no reason to relay no more.
    routed = { ...routed, ...(four && { 4: four }), ...(six && { 6: six }) }
    const world = { addresses: interfaceAddresses(), routed, listening: places, sfu, nonceKey }
    const settings = turnSettings(config, world)
    if (!settings.relays[4] && !settings.relays[6]) {
      throw new Error('this machine has no address that leads anywhere: set relayaddress in [turn-server]')
    }
    return hook ? { ...settings, credentials: { ...settings.credentials, hook: true } } : settings
  }

  async function handedOutBy(config: TurnServerOn, { relays }: TurnSettings): Promise<OwnTurn> {
    const told: AddressPair = { ...(relays[4] && { 4: relays[4].told }), ...(relays[6] && { 6: relays[6].told }) }
    const pem = config.certificate === undefined ? '' : await readFile(config.certificate, 'utf8').catch(() => '')
    return ownTurn({ config, listeners, told, certificateName: certificateName(pem) })
  }

  const settings = await settingsOf(initial, listening)
  const turn = await startTurn({
    settings,
    listeners: wanted,
    workers: initial.workers === 0 ? Math.min(availableParallelism(), mostWorkers) : initial.workers,
    path: initial.path,
    askHook: (username) => (hook ?? authUrl.ask)(username),
    note,
    failed,
  })
  const listeners = wanted.map((listener, index) => ({ ...listener, port: turn.ports[index] ?? listener.port }))
  const ownPlaces = listeners.flatMap(({ host, port }) => {
    const ip = parseIpAddress(host)
    return ip ? [{ ip, port }] : []
  })

  let handedOut = await handedOutBy(initial, settings)
  let others = listening

  async function reload(config: TurnServerOn): Promise<void> {
    // Names take time: of two reloads at once the later one counts.
    const number = ++reloads
    const next = await settingsOf(config, [...others, ...ownPlaces])
    const told = await handedOutBy(config, next)
    if (number !== reloads) return
    if (config.authUrl !== present.authUrl) {
      authUrl[Symbol.dispose]()
      authUrl = authUrlOf(config)
    }
    present = config
    handedOut = told
    turn.reload(next)
  }

  /** What fails here leaves everything as it is. */
  const reloadSafely = (config: TurnServerOn): Promise<void> =>
    reload(config).catch((error: unknown) =>
      note({
        fact: 'config-fault',
        severity: 'error',
        message: error instanceof Error ? error.message : String(error),
      }),
    )

  let addresses = JSON.stringify(interfaceAddresses())
  /** A network that comes up later is as little anybody's way to our own sockets. */
  const watching = setInterval(() => {
    try {
      const now = JSON.stringify(interfaceAddresses())
      if (now !== addresses) void reloadSafely(present)
      addresses = now
    } catch {
      // What could be read before can be read again later.
    }
  }, addressesLookedAt)
  watching.unref()

  return {
    listeners,
    handedOut: () => handedOut,
    path: turn.path,
    counters: turn.counters,
    relayPorts: turn.relayPorts,
    reload(config, places) {
      others = places
      return reloadSafely(config)
    },
    drain: turn.drain,
    async stop() {
      clearInterval(watching)
      await turn.stop()
      authUrl[Symbol.dispose]()
    },
  }
}

function authUrlOf({ authUrl }: TurnServerOn): { readonly ask: TurnHook } & Disposable {
  if (authUrl !== undefined) return createAuthUrl({ url: authUrl, authorities: systemAuthorities(process.env) })
  return { ask: () => Promise.reject(new Error('there is no authurl')), [Symbol.dispose]: () => {} }
}
