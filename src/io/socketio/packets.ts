/**
 * The packets of Socket.IO as its server is to see them (its `parser`): those that begin and end a connection. Events go
 * past it, as the text that they are, because the admission protocol reads that itself.
 */
import { EventEmitter } from 'node:events'

const connect = 0
const disconnect = 1

interface Packet {
  readonly type: number
  readonly nsp: string
  readonly data?: unknown
}

const main = '/'
const longestNamespace = 64

/** Whether it is an event, with attachments or without. */
export const isEvent = (packet: unknown): packet is string =>
  typeof packet === 'string' && (packet[0] === '2' || packet[0] === '5')

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
      case '5':
        this.#attachments = Math.min(10, Number.parseInt(packet.slice(1, 4), 10) || 0)
        return
      case '2':
      case '3':
        // Somebody else reads events, and we never ask for an acknowledgement.
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
