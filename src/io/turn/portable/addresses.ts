/** Addresses as sockets want them, text, and as the machine wants them: each translated once, as far as memory for that is bounded. */
import { formatIp, type IpAddress, parseIpAddress } from '../../../lib/ip-address.ts'
import { type IpKey, ipKey } from '../../../turn/five-tuple.ts'

export interface KnownAddress {
  readonly ip: IpAddress
  readonly key: IpKey
}

export interface Addresses {
  /** What a socket told; IPv4 in IPv6 clothes is IPv4. Undefined if it is no address. */
  known(text: string): KnownAddress | undefined
  /** As `known`; an address that is the same is the same text. */
  text(ip: IpAddress): string
}

const mostKnown = 4096

export function createAddresses(): Addresses {
  const byText = new Map<string, KnownAddress>()
  const texts = new WeakMap<IpAddress, string>()

  return {
    known(text) {
      const found = byText.get(text)
      if (found) return found
      const ip = parseIpAddress(text)
      if (!ip) return undefined
      const known = { ip, key: ipKey(ip) }
      // Whoever sends from ever new addresses costs us some translations, not memory.
      if (byText.size >= mostKnown) byText.clear()
      byText.set(text, known)
      return known
    },
    text(ip) {
      const found = texts.get(ip)
      if (found !== undefined) return found
      const text = formatIp(ip)
      texts.set(ip, text)
      return text
    },
  }
}
