/** Settings of a TURN server on this machine alone, for one user. */
import type { TurnSettings } from '../../../src/turn/settings.ts'
import { ip, ranges } from '../../turn/ip.ts'

export const loopback = '127.0.0.1'

export const turnSettings: TurnSettings = {
  realm: 'turn.example.org',
  credentials: { users: new Map([['bob', 'password']]), secrets: [], hook: false },
  nonceKey: new Uint8Array(32).fill(7),
  peers: {
    allowed: ranges('127.0.0.0/8'),
    denied: [],
    relays: [ip(loopback)],
    relayPorts: { min: 20_000, max: 29_999 },
    sfu: [],
    closed: [],
    own: [ip(loopback)],
  },
  relays: { 4: { bound: ip(loopback), told: ip(loopback) } },
  quotas: { perUser: 0, perSource: 0, total: 0 },
  challengeRate: 0,
  bindingRate: 0,
  bytesPerSecond: 0,
  channels: 'rfc8656',
  tcpRelay: false,
  sha256: false,
}
