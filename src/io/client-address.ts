/** Who a request really comes from, when trusted proxies stand in between. */
import { contains, type IpRanges } from '../lib/ip-range.ts'

/**
 * The address of the client (1.1): a trusted peer's `X-Real-IP`, else the right-most address of its `X-Forwarded-For`
 * that is no trusted proxy itself. From anyone else these headers mean nothing. A Unix socket's peer counts as loopback.
 */
export function clientAddress(peer: string | undefined, headers: Headers, trusted: IpRanges): string {
  const direct = peer || '127.0.0.1'
  if (!contains(trusted, direct)) return direct

  const real = bareAddress(headers.get('x-real-ip') ?? '')
  if (real) return real
  const forwarded = (headers.get('x-forwarded-for') ?? '').split(',').map(bareAddress)
  for (const address of forwarded.reverse()) {
    // Something unreadable: what stands to the left of it may be made up.
    if (!address) break
    if (!contains(trusted, address)) return address
  }
  return direct
}

const addressPattern = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]+(?::\d{1,3}(?:\.\d{1,3}){3})?)$/i

/** An address as headers spell it: with spaces around, in brackets, with a port behind. */
function bareAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1]
  const address = bracketed ?? (/^[\d.]+:\d+$/.test(trimmed) ? trimmed.slice(0, trimmed.indexOf(':')) : trimmed)
  return addressPattern.test(address) ? address : undefined
}
