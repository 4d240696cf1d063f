/**
 * The packets of Socket.IO as its server is to see them (its `parser`): those that begin and end a connection are read
 * here, and an event stays the text that it is, because the admission protocol reads that itself.
 */
import { EventEmitter } from 'node:events'

const connect = 0
const disconnect = 1
const event = 2

interface Packet {
  readonly type: number
  readonly nsp: string
  readonly data?: unknown
}

const main = '/'
const longestNamespace = 64

/** The name under which each event arrives at its socket. */
export const anyEvent = 'event'

/** What we send by way of Socket.IO itself: the beginning, its refusal, and the end. Events go past it. */
export class PacketEncoder {
  encode({ type, nsp, data }: Packet): readonly string[] {
    const where = nsp === main ? '' : `${nsp},`
    return [`${type}${where}${data === undefined ? '' : JSON.stringify(data)}`]
  }
}

/** Throws on what no client sends; the connection is closed then. */
export class PacketDecoder extends EventEmitter {
  /** Attachments of the last event: nobody reads them. */
  #attachments = 0

  add(packet: unknown): void {
    if (typeof packet === 'string') this.#text(packet)
    else if (this.#attachments-- <= 0) throw new Error('binary data that belongs to nothing')
  }

  #text(packet: string): void {
    this.#attachments = 0
    switch (packet[0]) {
      case '0':
        return this.#begin(packet)
      case '1':
        return this.#decoded({ type: disconnect, nsp: namespaced(packet.slice(1)).nsp })
      case '2':
        return this.#decoded({ type: event, nsp: main, data: [anyEvent, packet] })
      case '5':
        this.#attachments = Math.min(10, Number.parseInt(packet.slice(1, 4), 10) || 0)
        return this.#decoded({ type: event, nsp: main, data: [anyEvent, packet] })
      case '3':
        // We never ask for an acknowledgement.
        return
      default:
        throw new Error('a packet of an unknown type')
    }
  }

  #begin(packet: string): void {
    const { nsp, rest } = namespaced(packet.slice(1))
    const data: unknown = rest === '' ? undefined : JSON.parse(rest)
    if (data !== undefined && (typeof data !== 'object' || data === null)) throw new Error('not an object')
    this.#decoded(data === undefined ? { type: connect, nsp } : { type: connect, nsp, data })
  }

  #decoded(packet: Packet): void {
    this.emit('decoded', packet)
  }

  destroy(): void {
    this.#attachments = 0
  }
}

function namespaced(text: string): { readonly nsp: string; readonly rest: string } {
  if (!text.startsWith('/')) return { nsp: main, rest: text }
  const comma = text.indexOf(',')
  const nsp = comma < 0 ? text : text.slice(0, comma)
  if (nsp.length > longestNamespace) throw new Error('a namespace of no sensible length')
  return { nsp, rest: comma < 0 ? '' : text.slice(comma + 1) }
}
