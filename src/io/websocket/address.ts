/** To which addresses a URL leads, decided before anything is connected: what was asked about is what is connected to. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { failure, type Result, success } from '../../lib/result.ts'

export interface Place {
  readonly secure: boolean
  /** As in the URL, an IPv6 address without its brackets. */
  readonly hostname: string
  readonly port: number
  /** As the header has it. */
  readonly host: string
  readonly path: string
}

/** Undefined unless it is a URL of a WebSocket; http and https count as ws and wss. */
export function placeOf(url: string): Place | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, hostname, port, host, pathname, search } = new URL(url)
  const secure = protocol === 'wss:' || protocol === 'https:'
  if (!secure && protocol !== 'ws:' && protocol !== 'http:') return undefined
  return {
    secure,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    host,
    path: pathname + search,
  }
}

export interface Unreachable {
  readonly why: 'network' | 'forbidden'
  readonly detail: string
}

/** A name with more addresses than this is tried no further. */
const mostAddresses = 8

/** Those of the addresses that may be connected to, in the order of the resolver. */
export async function addressesOf(
  hostname: string,
  address: string | undefined,
  mayReach: (address: string) => boolean,
): Promise<Result<readonly string[], Unreachable>> {
  let found: readonly string[]
  try {
    found = await resolve(address ?? hostname)
  } catch (error) {
    return failure({ why: 'network', detail: `${hostname} has no address: ${codeOf(error)}` })
  }
  const allowed = found.filter(mayReach).slice(0, mostAddresses)
  if (allowed.length > 0) return success(allowed)
  if (found.length === 0) return failure({ why: 'network', detail: `${hostname} has no address` })
  return failure({ why: 'forbidden', detail: `${hostname} leads to ${found[0]}, where we do not connect` })
}

async function resolve(name: string): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name]
  return (await lookup(name, { all: true })).map(({ address }) => address)
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
