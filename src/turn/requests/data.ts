/** What a client is told that it did not ask for: data of peers in Data indications, and ICMP errors (RFC 8656 sections 11.4, 11.5). */
import { type TransportAddress, unmapped } from '../../lib/ip-address.ts'
import { isPermitted, type OpenAllocation } from '../allocation.ts'
import { xorAddress } from '../codec/address.ts'
import { attributes } from '../codec/attributes.ts'
import { headerLength, messageType, transactionIdLength, writeHeader } from '../codec/header.ts'
import { padded, putUint16, putUint32 } from '../codec/octets.ts'
import type { IcmpNotice } from '../codec/values.ts'
import type { Turn } from './turn.ts'

export interface Data {
  /** See `TurnServer.wrapData`. */
  wrap(bytes: Uint8Array, start: number, end: number, peer: TransportAddress): number
  reportIcmp(turn: Turn, allocation: OpenAllocation, peer: TransportAddress, icmp: IcmpNotice, now: number): void
  /** For the next indication: valid until the one after it. */
  nextTransaction(): Uint8Array
}

const attributeHeader = 4
const dataType = messageType('data', 'indication')
/** Which errors concern a client: unreachable and time exceeded, for IPv6 also packet too big. */
const icmpTypes = { 4: [3, 11], 6: [1, 2, 3] } as const satisfies Record<4 | 6, readonly number[]>

export function createData(randomOctets: (length: number) => Uint8Array): Data {
  // Nobody answers an indication, so its transaction id need not be secret, only another each time.
  const transaction = randomOctets(transactionIdLength).slice()
  const source = { source: transaction, sourceAt: 0 }
  let count = 0

  function nextTransaction(): Uint8Array {
    count = (count + 1) >>> 0
    putUint32(transaction, transactionIdLength - 4, count)
    return transaction
  }

  return {
    wrap(bytes, start, end, { ip: given, port }) {
      const ip = unmapped(given)
      const addressLength = ip.family === 4 ? 8 : 20
      const from = start - headerLength - attributeHeader - addressLength - attributeHeader
      const dataEnd = start + padded(end - start)
      nextTransaction()
      writeHeader(bytes, from, dataType, source)
      putUint16(bytes, from + 2, dataEnd - from - headerLength)
      const addressAt = from + headerLength
      putUint16(bytes, addressAt, attributes.xorPeerAddress.type)
      putUint16(bytes, addressAt + 2, addressLength)
      xorAddress.write(bytes, addressAt + attributeHeader, { ip, port }, from)
      putUint16(bytes, start - 4, attributes.data.type)
      putUint16(bytes, start - 2, end - start)
      for (let at = end; at < dataEnd; at++) bytes[at] = 0
      return from
    },

    reportIcmp(turn, allocation, { ip: given, port }, icmp, now) {
      const ip = unmapped(given)
      const types: readonly number[] = icmpTypes[ip.family]
      if (!types.includes(icmp.type) || !isPermitted(allocation.peers, ip, now)) return
      if (turn.allocations.byClient(allocation.clientKey) !== allocation) return
      turn.act(
        turn.answers.indication('data', allocation.client, (writer) =>
          writer.put('xorPeerAddress', { ip, port }).put('icmp', icmp),
        ),
      )
    },

    nextTransaction,
  }
}
