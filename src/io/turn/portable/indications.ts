/** Data indications, made in one buffer that is used over and over. */
import type { TransportAddress } from '../../../lib/ip-address.ts'
import { padded } from '../../../turn/codec/octets.ts'
import { indicationHeadroom, type TurnServer } from '../../../turn/server.ts'

export interface Indications {
  /** The message is good until the next call. */
  wrap(data: Uint8Array, peer: TransportAddress): Wrapped
}

export interface Wrapped {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

const longestDatagram = 0xffff

export function createIndications({ wrapData }: Pick<TurnServer, 'wrapData'>): Indications {
  const bytes = new Uint8Array(indicationHeadroom + padded(longestDatagram))
  return {
    wrap(data, peer) {
      bytes.set(data, indicationHeadroom)
      const start = wrapData(bytes, indicationHeadroom, indicationHeadroom + data.length, peer)
      return { bytes, start, end: indicationHeadroom + padded(data.length) }
    },
  }
}
