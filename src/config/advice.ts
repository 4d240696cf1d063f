/** What is no fault of a configuration, but often not what was meant: told by `check-config` only. */

import { formatIp, type IpAddress } from '../lib/ip-address.ts'
import { containsAddress, parseIpRange } from '../lib/ip-range.ts'
import type { Config, TurnServerOn } from './config.ts'
import type { Fault } from './fault.ts'

const lastPrivileged = 1023

/** Warnings without a line; `file` is the name to tell. */
export function advice({ turnServer }: Config, file: string): readonly Fault[] {
  if (turnServer.kind === 'off') return []
  const warning = { severity: 'warning', file, section: 'turn-server' } as const
  return [
    ...privilegedPorts(turnServer).map(({ key, port }) => ({
      ...warning,
      key,
      message: `has port ${port}: below ${lastPrivileged + 1} the service needs CAP_NET_BIND_SERVICE (see docs/turn.md)`,
    })),
    ...unreachable(turnServer).map((ip) => ({
      ...warning,
      key: 'relayaddress',
      message: `is ${formatIp(ip)}, a private address, and there is no externaladdress for it: clients from outside cannot reach it`,
    })),
  ]
}

function privilegedPorts({
  listen,
  tlsListen,
}: TurnServerOn): readonly { readonly key: string; readonly port: number }[] {
  const of = (key: string, addresses: TurnServerOn['listen']) => {
    const ports = addresses.map(({ port }) => port).filter((port) => port > 0 && port <= lastPrivileged)
    return [...new Set(ports)].map((port) => ({ key, port }))
  }
  return [...of('listen', listen), ...of('tlslisten', tlsListen)]
}

function unreachable({ relayAddress, externalAddress }: TurnServerOn): readonly IpAddress[] {
  return ([4, 6] as const).flatMap((family) => {
    const ip = relayAddress[family]
    return ip && !externalAddress[family] && containsAddress(privateRanges, ip) ? [ip] : []
  })
}

const privateRanges = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
  .map(parseIpRange)
  .filter((range) => range !== undefined)
