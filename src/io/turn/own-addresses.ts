/** The addresses of this machine, and those of hosts by name. */
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type IpAddress, parseIp, parseIpAddress } from '../../lib/ip-address.ts'

/** Of all interfaces, loopback included. Throws where they are hidden from us. */
export function interfaceAddresses(): readonly IpAddress[] {
  return Object.values(interfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address }) => parseIp(address) ?? []),
  )
}

function interfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch (cause) {
    throw new Error('the addresses of this machine cannot be read; under systemd, allow AF_NETLINK', { cause })
  }
}

/** Addresses for documentation: everybody's default route leads there, and nothing is sent. */
const farAway = { 4: { any: '0.0.0.0', host: '192.0.2.1' }, 6: { any: '::', host: '2001:db8::1' } } as const

/** From which address this machine would reach others; undefined where a family leads nowhere. */
export async function routedAddress(family: 4 | 6): Promise<IpAddress | undefined> {
  const { any, host } = farAway[family]
  try {
    const socket = await Bun.udpSocket({ hostname: any, connect: { hostname: host, port: 9 } })
    const address = parseIp(socket.address.address)
    socket.close()
    return address?.family === family && isUsable(address) ? address : undefined
  } catch {
    return undefined
  }
}

/** What the names stand for now; of a name that stands for nothing, nothing. */
export async function resolvedHosts(hosts: readonly string[]): Promise<readonly IpAddress[]> {
  const names = hosts.filter((host) => parseIpAddress(host) === undefined)
  const found = await Promise.all(names.map((name) => lookup(name, { all: true }).catch(() => [])))
  return found.flat().flatMap(({ address }) => parseIpAddress(address) ?? [])
}

/** Unspecified, loopback and link-local addresses (RFC 4291, RFC 3927) are nothing that others could reach. */
function isUsable(ip: IpAddress): boolean {
  if (ip.family === 4) return ip.value !== 0 && ip.value >>> 24 !== 127 && ip.value >>> 16 !== 0xa9fe
  const [first, second, third, fourth] = ip.words
  return (first !== 0 || second !== 0 || third !== 0 || fourth > 1) && first >>> 22 !== 0xfe80 >>> 6
}
