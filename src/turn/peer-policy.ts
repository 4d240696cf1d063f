/** Which peers a client may reach through us. This is where a TURN server is attacked, so all of it stands here (SPEC P1–P8). */

import { type IpAddress, type TransportAddress, unmapped } from '../lib/ip-address.ts'
import { containsAddress, type IpRange, type IpRanges, liesWithin, parseIpRange } from '../lib/ip-range.ts'
import { type IpKey, ipKey, type PeerKey, peerKey } from './five-tuple.ts'

export interface PeerPolicySettings {
  /** `allowedpeers` and `deniedpeers`. */
  readonly allowed: IpRanges
  readonly denied: IpRanges
  /** The relay addresses, as we bind them and as clients are told. */
  readonly relays: readonly IpAddress[]
  readonly relayPorts: { readonly min: number; readonly max: number }
  /** The SFU's addresses. */
  readonly sfu: IpRanges
  /**
   * Sockets that are nobody's peer: our own listeners of every kind, the broker, what administration listens on.
   * `0.0.0.0` and `::` stand for every address of this machine.
   */
  readonly closed: readonly TransportAddress[]
  /** Every address under which this machine can be reached, external ones too; loopback goes without saying. */
  readonly own: readonly IpAddress[]
}

export type PeerRefusal =
  /** No setting opens it. */
  | 'never'
  | 'own socket'
  | 'denied by setting'
  | 'own address outside the relay ports'
  /** Refused unless a setting allows it. */
  | 'denied by default'

export type PeerVerdict = 'allowed' | PeerRefusal

/**
 * Judges one address. Without a port, for a permission, it answers whether any port of that address may be reached:
 * a permission does not open ports, so whatever is sent has to be judged again with its port.
 */
export type PeerPolicy = (ip: IpAddress, port?: number) => PeerVerdict

export function createPeerPolicy(settings: PeerPolicySettings): PeerPolicy {
  const { denied, sfu, relayPorts } = settings
  const isClosed = closedSockets(settings)
  const relays = new Set<IpKey>(settings.relays.map(ipKey))
  const named = settings.allowed.filter((range) => opensByName.some((outer) => liesWithin(range, outer)))

  const isAllowed = (ip: IpAddress): boolean =>
    containsAddress(containsAddress(opensByName, ip) ? named : settings.allowed, ip)

  function judgeReading(ip: IpAddress, port: number | undefined): PeerVerdict {
    if (containsAddress(never, ip)) return 'never'
    if (port !== undefined && isClosed(ip, port)) return 'own socket'
    if (containsAddress(denied, ip)) return 'denied by setting'
    if (isAllowed(ip) || containsAddress(sfu, ip)) return 'allowed'
    if (relays.has(ipKey(ip))) {
      const isRelayPort = port === undefined || (port >= relayPorts.min && port <= relayPorts.max)
      return isRelayPort ? 'allowed' : 'own address outside the relay ports'
    }
    return containsAddress(byDefault, ip) ? 'denied by default' : 'allowed'
  }

  return (given, port) => {
    // No socket has it; sending there fails.
    if (port === 0) return 'never'
    const ip = unmapped(given)
    const verdict = judgeReading(ip, port)
    const within = verdict === 'allowed' ? embedded(ip) : undefined
    return within ? judgeReading(within, port) : verdict
  }
}

/** The IPv4 address that somebody on the way may take out of an IPv6 address: IPv4-compatible ones (RFC 4291) and NAT64 (RFC 6052). */
function embedded(ip: IpAddress): IpAddress | undefined {
  if (ip.family === 4) return undefined
  const [first, second, third, fourth] = ip.words
  if (second !== 0 || third !== 0) return undefined
  const isCompatible = first === 0 && fourth > 1
  return isCompatible || first === 0x0064ff9b ? { family: 4, value: fourth } : undefined
}

function closedSockets({ closed, own }: PeerPolicySettings): (ip: IpAddress, port: number) => boolean {
  const sockets = new Set<PeerKey>()
  const everywhere = new Set<number>()
  for (const { ip, port } of closed) {
    if (containsAddress(unspecified, unmapped(ip))) everywhere.add(port)
    else sockets.add(peerKey(ip, port))
  }
  const ours = new Set<IpKey>(own.map(ipKey))
  const isOurs = (ip: IpAddress): boolean => ours.has(ipKey(ip)) || containsAddress(loopback, ip)
  return (ip, port) => sockets.has(peerKey(ip, port)) || (everywhere.has(port) && isOurs(ip))
}

const unspecified = ranges('0.0.0.0', '::')
const loopback = ranges('127.0.0.0/8', '::1')

/**
 * "This network", multicast and broadcast are nobody's address. Teredo and 6to4 hide one of IPv4 (RFC 6156 section 9.1:
 * must not be accepted), and so does a local NAT64 prefix, of which nobody but its owner knows where.
 */
const never = ranges(
  '0.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255',
  '::',
  'ff00::/8',
  '2001::/32',
  '2002::/16',
  '64:ff9b:1::/48',
)

/** Link-local, and where clouds keep a machine's credentials: a wide range that happens to hold these does not open them. */
const opensByName = ranges('169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254', '100.100.100.200')

const byDefault = ranges(
  '127.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '::1',
  '64:ff9b::/96',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
)

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text)
    if (!range) throw new Error(`${text} is no range`)
    return range
  })
}
