/** Under which urls (RFC 7064, RFC 7065) clients reach our own STUN/TURN server. */
import { X509Certificate } from 'node:crypto'
import type { AddressPair, TurnServerOn } from '../config/config.ts'
import { formatIp, type IpAddress, parseIpAddress } from '../lib/ip-address.ts'

/** What there is to hand out about our own TURN server. */
export interface OwnTurn {
  /** With which credentials are made; none if it knows static users and a hook only. */
  readonly secret: string | undefined
  /** The cheapest transport first. */
  readonly turn: readonly string[]
  readonly stun: readonly string[]
}

export interface OwnTurnParts {
  readonly config: Pick<TurnServerOn, 'hostname' | 'secrets' | 'externalAddress'>
  /** With the ports that were really had. */
  readonly listeners: readonly {
    readonly transport: 'udp' | 'tcp' | 'tls'
    readonly host: string
    readonly port: number
  }[]
  /** The relay addresses, as clients are told them. */
  readonly told: AddressPair
  /** See `certificateName`. */
  readonly certificateName: string | undefined
}

export function ownTurn({ config, listeners, told, certificateName }: OwnTurnParts): OwnTurn {
  /** Of an address that is one, what stands for it outside; of every address the one that clients are told. */
  const addressOf = (host: string): string => {
    const ip = parseIpAddress(host)
    const isOne = ip !== undefined && !['0.0.0.0', '::'].includes(formatIp(ip))
    const reached = isOne ? (config.externalAddress[ip.family] ?? ip) : (told[4] ?? told[6])
    return reached === undefined ? host : inUrl(reached)
  }
  const of = (wanted: 'udp' | 'tcp' | 'tls', print: (place: string) => string): readonly string[] =>
    listeners
      .filter(({ transport }) => transport === wanted)
      .map(({ host, port }) => {
        const name = config.hostname ?? (wanted === 'tls' ? certificateName : undefined)
        return print(`${name === undefined ? addressOf(host) : bracketed(name)}:${port}`)
      })
  const once = (urls: readonly string[]): readonly string[] => [...new Set(urls)]
  return {
    secret: config.secrets[0],
    turn: once([
      ...of('udp', (place) => `turn:${place}?transport=udp`),
      ...of('tcp', (place) => `turn:${place}?transport=tcp`),
      ...of('tls', (place) => `turns:${place}?transport=tcp`),
    ]),
    stun: once(of('udp', (place) => `stun:${place}`)),
  }
}

/** The first DNS name of the first certificate of a PEM text; names with a star are no place to connect to. */
export function certificateName(pem: string): string | undefined {
  try {
    const names = new X509Certificate(pem).subjectAltName?.split(', ') ?? []
    return names.map((name) => /^DNS:([a-z0-9._-]+)$/i.exec(name)?.[1]).find((name) => name !== undefined)
  } catch {
    return undefined
  }
}

const inUrl = (ip: IpAddress): string => bracketed(formatIp(ip))

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
