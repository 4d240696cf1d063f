/** What the settings of `[turn-server]`, and this machine, mean to the TURN server. */
import { createHash } from 'node:crypto'
import type { AddressPair, ListenAddress, TurnServerOn } from './config/config.ts'
import type { TurnListener } from './io/turn/world.ts'
import {
  formatIp,
  formatTransportAddress,
  type IpAddress,
  parseIpAddress,
  type TransportAddress,
} from './lib/ip-address.ts'
import { type IpRanges, parseIpRange } from './lib/ip-range.ts'
import type { RelayAddress, TurnSettings } from './turn/settings.ts'

/** What the settings do not say. */
export interface TurnWorld {
  /** Of the machine's interfaces. */
  readonly addresses: readonly IpAddress[]
  /** Through which the machine reaches others: where relays are bound if the settings leave it open. */
  readonly routed: AddressPair
  /** Everything this program listens on, HTTP and TURN, beside what the settings say of TURN: with the ports that were really had. */
  readonly listening: readonly TransportAddress[]
  /** What the names of the SFU's hosts stand for. */
  readonly sfu: readonly IpAddress[]
  /** 32 octets, used where the settings have no `noncekey`. */
  readonly nonceKey: Uint8Array
}

export function turnSettings(config: TurnServerOn, world: TurnWorld): TurnSettings {
  const relays = relaysOf(config, world.routed)
  const ofRelays = [relays[4], relays[6]].filter((relay) => relay !== undefined)
  const addresses = ofRelays.flatMap(({ bound, told }) => [bound, told])
  return {
    realm: config.realm,
    credentials: {
      users: new Map(config.users.map(({ name, password }) => [name, password])),
      secrets: config.secrets,
      hook: config.authUrl !== undefined,
    },
    nonceKey: config.nonceKey === undefined ? world.nonceKey : derived(config.nonceKey),
    peers: {
      allowed: config.allowedPeers,
      denied: config.deniedPeers,
      relays: addresses,
      relayPorts: config.ports,
      sfu: sfuRanges(config.sfuHosts, world.sfu),
      closed: once([...world.listening, ...config.listen.flatMap(placeOf), ...config.tlsListen.flatMap(placeOf)]),
      own: [...world.addresses, ...addresses],
    },
    relays,
    quotas: config.quotas,
    challengeRate: config.challengeRate,
    bindingRate: config.bindingRate,
    bytesPerSecond: config.bytesPerSecond,
    channels: config.legacyChannels ? 'rfc5766' : 'rfc8656',
    tcpRelay: config.tcpRelay,
    sha256: config.sha256,
  }
}

/** UDP and TCP on each address of `listen`, but only UDP where TLS has the port of TCP. */
export function turnListeners({
  listen,
  tlsListen,
  certificate = '',
  key = '',
}: TurnServerOn): readonly TurnListener[] {
  const isTls = (host: string, port: number): boolean =>
    port !== 0 && tlsListen.some((one) => one.host === host && one.port === port)
  return [
    ...listen.flatMap(({ host, port }) => [
      { transport: 'udp' as const, host, port },
      ...(isTls(host, port) ? [] : [{ transport: 'tcp' as const, host, port }]),
    ]),
    ...tlsListen.map(({ host, port }) => ({ transport: 'tls' as const, host, port, certificate, key })),
  ]
}

/** Those of HTTP and HTTPS as TURN has to know them; a host name is taken for every address, because it may be any. */
export function listeningPlaces(addresses: readonly ListenAddress[]): readonly TransportAddress[] {
  return addresses.flatMap((address) => {
    if (address.kind === 'unix') return []
    const place = placeOf(address)
    return place.length > 0 ? place : placeOf({ host: '::', port: address.port })
  })
}

function relaysOf({ relayAddress, externalAddress }: TurnServerOn, routed: AddressPair): TurnSettings['relays'] {
  const isGiven = relayAddress[4] !== undefined || relayAddress[6] !== undefined
  const bound = isGiven ? relayAddress : routed
  const pair = (family: 4 | 6): RelayAddress | undefined => {
    const ip = bound[family]
    return ip && { bound: ip, told: externalAddress[family] ?? ip }
  }
  return { 4: pair(4), 6: pair(6) }
}

function sfuRanges(hosts: readonly string[], resolved: readonly IpAddress[]): IpRanges {
  const ofHosts = hosts.flatMap((host) => parseIpAddress(host) ?? [])
  return [...ofHosts, ...resolved].flatMap((ip) => parseIpRange(formatIp(ip)) ?? [])
}

/** Port 0 is not known before it is bound. */
function placeOf({ host, port }: { readonly host: string; readonly port: number }): readonly TransportAddress[] {
  const ip = parseIpAddress(host)
  return ip && port !== 0 ? [{ ip, port }] : []
}

function once(places: readonly TransportAddress[]): readonly TransportAddress[] {
  return [...new Map(places.map((place) => [formatTransportAddress(place), place])).values()]
}

/** As long as nonces want it, whatever was typed. */
const derived = (text: string): Uint8Array => createHash('sha256').update(text).digest()
