/** The STUN/TURN server as a piece of somebody else's program, with a function that says passwords. */
import { randomBytes } from 'node:crypto'
import { type IceServer, iceServersFor } from './auth/ice-servers.ts'
import { parseListenAddress } from './config/listen-address.ts'
import { loadConfig, printFault } from './config/load.ts'
import { variableName } from './config/overrides.ts'
import type { turnServer } from './config/sections/turn-server.ts'
import { type AuthFunction, hookOf } from './front-ends/relay-handler.ts'
import { now } from './io/clock.ts'
import type { Fact } from './observe/facts.ts'
import { type RunningTurnServer, startTurnServer } from './turn-server.ts'
import { listeningPlaces } from './turn-settings.ts'

/** Those of `[turn-server]`, by the same names and with the same values. */
export type TurnServerSettings = {
  readonly [K in keyof typeof turnServer.settings]?: string | number | boolean
}

export interface EmbeddedTurnOptions {
  /** Says the password that is expected of a user: the same function as for the relay. */
  readonly auth?: AuthFunction
  readonly settings?: TurnServerSettings
  /** Where this program listens otherwise, such as `0.0.0.0:8443`: no client gets relayed to there. */
  readonly listening?: readonly string[]
  readonly log?: (fact: Fact) => void
  /** Something broke without which it serves only some of its clients. */
  readonly failed?: (error: Error) => void
}

export interface EmbeddedTurn extends AsyncDisposable {
  /** Where it listens, with the ports that it really has. */
  readonly listeners: RunningTurnServer['listeners']
  /** For an RTCPeerConnection: its urls, with credentials that are good for a day. */
  iceServers(username: string): readonly IceServer[]
  stop(): Promise<void>
}

/** Rejects if a setting cannot be used, or an address cannot be had. */
export async function startTurn(options: EmbeddedTurnOptions): Promise<EmbeddedTurn> {
  const { auth, settings = {}, listening = [], log = () => {}, failed = () => {} } = options
  const config = configOf(settings)
  const places = listeningPlaces(listening.flatMap((text) => parseListenAddress(text) ?? []))
  const server = await startTurnServer({ config, note: log, hook: auth && hookOf(auth), failed }, places)
  return {
    listeners: server.listeners,
    iceServers: (username) => iceServersFor({ servers: [] }, server.handedOut(), username, now()),
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

function configOf(settings: TurnServerSettings) {
  const environment: Record<string, string> = {
    [variableName('turn-server', 'secret')]: randomBytes(32).toString('hex'),
  }
  for (const [key, value] of Object.entries(settings)) environment[variableName('turn-server', key)] = String(value)
  const text = `[http]\nlisten = 127.0.0.1:0\n[sessions]\nhashkey = ${'0'.repeat(32)}\n`
  const { config, faults } = loadConfig({ file: 'settings', text, environment, readFile: unreadable })
  if (config?.turnServer.kind === 'on' && faults.length === 0) return config.turnServer
  throw new Error(faults.map(printFault).join('\n'))
}

function unreadable(): never {
  throw new Error('a program has its secrets at hand')
}
