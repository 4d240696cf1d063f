/** ICE candidates as lines of text (RFC 8839, 5.1): read strictly, and let through or dropped by their address. */
import { type IpAddress, parseIpAddress } from '../lib/ip-address.ts'
import { containsAddress, type IpRanges } from '../lib/ip-range.ts'

export interface CandidateLine {
  readonly component: number
  /** As it was written: `udp`, `tcp`, … */
  readonly transport: string
  /** An IP address, or a name (mDNS). */
  readonly address: string
  readonly port: number
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
}

/** Which addresses may be named. `allowed` goes before `blocked`; what is in neither may be named. */
export interface CandidateFilter {
  readonly allowed: IpRanges
  readonly blocked: IpRanges
}

/** More than any browser writes. */
const longestLine = 1_024
/** Without line breaks and other control characters nothing can be smuggled into an SDP by way of a candidate. */
const printable = /^[\x20-\x7e]*$/
const token = /^[A-Za-z0-9+/_.-]{1,32}$/
const types: readonly string[] = ['host', 'srflx', 'prflx', 'relay'] satisfies readonly CandidateLine['type'][]

/** `end` stands for the empty line, which ends the candidates; undefined: this is none. */
export function parseCandidate(text: string): CandidateLine | 'end' | undefined {
  if (text === '') return 'end'
  if (text.length > longestLine || !printable.test(text)) return undefined
  const line = text.startsWith('candidate:') ? text.slice(10) : text
  const [foundation, component, transport, priority, address, port, typ, type] = line.split(' ', 8)
  if (!token.test(foundation ?? '') || !token.test(transport ?? '') || !address || typ !== 'typ') return undefined
  const numbers = { component: numberIn(component, 256), port: numberIn(port, 65_535) }
  if (!isTyped(type) || transport === undefined) return undefined
  if (numbers.component === undefined || numbers.port === undefined) return undefined
  if (numberIn(priority, 0xffff_ffff) === undefined) return undefined
  return { component: numbers.component, transport, address, port: numbers.port, type }
}

/** From a client to the SFU. Names are dropped, as the original does: the SFU is not to look up what clients name. */
export function mayComeIn(filter: CandidateFilter, line: CandidateLine): boolean {
  const address = parseIpAddress(line.address)
  return address !== undefined && !isUnspecified(address) && !isBlocked(filter, address)
}

/** From the SFU to a client. */
export function mayGoOut(filter: CandidateFilter, line: CandidateLine): boolean {
  const address = parseIpAddress(line.address)
  return address === undefined || !isBlocked(filter, address)
}

const isBlocked = ({ allowed, blocked }: CandidateFilter, address: IpAddress): boolean =>
  containsAddress(blocked, address) && !containsAddress(allowed, address)

const isUnspecified = (address: IpAddress): boolean =>
  address.family === 4 ? address.value === 0 : address.words.every((word) => word === 0)

const isTyped = (type: string | undefined): type is CandidateLine['type'] => type !== undefined && types.includes(type)

function numberIn(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const number = Number(text)
  return number <= most ? number : undefined
}
