/** Where others reach this machine, if that can be seen from here. */
import { formatIp, type IpAddress } from '../lib/ip-address.ts'
import { containsAddress, parseIpRange } from '../lib/ip-range.ts'

/** Addresses that mean something else, or nothing, on other machines. */
const notPublic = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['224.0.0.0/3'],
]
  .map(parseIpRange)
  .filter((range) => range !== undefined)

/** The first public IPv4 address among them. */
export function publicAddress(addresses: readonly IpAddress[]): string | undefined {
  const found = addresses.find((ip) => ip.family === 4 && !containsAddress(notPublic, ip))
  return found && formatIp(found)
}
