/** Where a listener waits: an address and port, or a unix socket. */

import { parseIpRange } from '../lib/ip-range.ts'

export type ListenAddress =
  /** `host` without brackets; `::` is every address of the machine, IPv4 too. Port 0 is any free one. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` (every address), `/path/of/a.sock`. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('/')) return text.length > 1 && !text.includes('\0') ? { kind: 'unix', path: text } : undefined
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]*)):(\d{1,5})$/i.exec(text)
  if (!parts) return undefined
  const [, v6, name, digits] = parts
  const port = Number(digits)
  if (port > 65_535) return undefined
  if (v6 !== undefined) return isAddress(v6) && v6.includes(':') ? { kind: 'tcp', host: v6, port } : undefined
  if (!name) return { kind: 'tcp', host: '::', port }
  const looksLikeV4 = /^[\d.]+$/.test(name)
  return looksLikeV4 && !isAddress(name) ? undefined : { kind: 'tcp', host: name, port }
}

export function printListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return address.path
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

function isAddress(text: string): boolean {
  return parseIpRange(text) !== undefined
}
