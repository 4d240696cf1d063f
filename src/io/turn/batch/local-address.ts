/** On a socket for every address of this machine: to which of them a datagram came, so that what is answered leaves from there. */

import type { Inbox } from './inbox.ts'
import { controlHeader, controlLevel, controlType, level, option } from './layout.ts'
import type { Region } from './region.ts'
import type { Family } from './socket-name.ts'

/** A whole control message for `sendmmsg`. The same address is the same object as long as it is remembered. */
export type LocalAddress = Uint8Array

/** Few machines have more addresses. */
const mostRemembered = 64

const infoLength = { 4: 12, 6: 20 } as const

export interface LocalAddresses {
  /** Of a datagram that came to a socket of this family, made with `askForLocalAddress`. */
  of(slot: number, family: Family): LocalAddress | undefined
}

export function createLocalAddresses(region: Region, inbox: Inbox): LocalAddresses {
  const known = new Map<string, LocalAddress>()
  return {
    of(slot, family) {
      const at =
        family === 4
          ? inbox.controlOf(slot, level.ip, option.ip.packetInfo)
          : inbox.controlOf(slot, level.ipv6, option.ipv6.packetInfo)
      if (at === -1) return undefined
      const info = region.bytes.subarray(at, at + infoLength[family])
      const key = `${family}${info}`
      const old = known.get(key)
      if (old !== undefined) return old
      const made = family === 4 ? controlFor4(info) : controlFor6(info)
      if (known.size >= mostRemembered) known.clear()
      known.set(key, made)
      return made
    },
  }
}

/** `struct in_pktinfo`: interface, our address, the address in the header. The interface is left to the routes. */
function controlFor4(info: Uint8Array): LocalAddress {
  const control = header(level.ip, option.ip.packetInfo, infoLength[4])
  control.set(info.subarray(4, 8), controlHeader + 4)
  return control
}

/** `struct in6_pktinfo`: our address, interface, which only link-local addresses need. */
function controlFor6(info: Uint8Array): LocalAddress {
  const control = header(level.ipv6, option.ipv6.packetInfo, infoLength[6])
  const linkLocal = info[0] === 0xfe && ((info[1] ?? 0) & 0xc0) === 0x80
  control.set(linkLocal ? info : info.subarray(0, 16), controlHeader)
  return control
}

function header(atLevel: number, type: number, length: number): Uint8Array {
  const control = new Uint8Array((controlHeader + length + 7) & ~7)
  const view = new DataView(control.buffer)
  view.setUint32(0, controlHeader + length, true)
  view.setUint32(controlLevel, atLevel, true)
  view.setUint32(controlType, type, true)
  return control
}
