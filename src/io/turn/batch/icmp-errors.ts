/** What ICMP says about datagrams that were relayed: read from the error queue of a relay socket (`IP_RECVERR`). */
import type { TransportAddress } from '../../../lib/ip-address.ts'
import { putAddress } from './inbox.ts'
import {
  controlHeader,
  dontWait,
  extendedError,
  fromErrorQueue,
  level,
  messageControl,
  messageControlLength,
  messageName,
  messageNameLength,
  messageSize,
  messageVectorCount,
  messageVectors,
  nameSize,
  option,
  vectorLength,
  vectorSize,
} from './layout.ts'
import { libc } from './libc.ts'
import type { Region } from './region.ts'
import { readName } from './socket-name.ts'

export interface IcmpError {
  /** Whom the datagram was for. */
  readonly peer: TransportAddress
  readonly type: number
  readonly code: number
  /** The MTU, where ICMP tells one. */
  readonly data: number
}

/** Per look, so that a storm of errors does not keep the others waiting. */
const mostAtOnce = 32
const controlSize = 256
const dataSize = 64

export interface IcmpErrors {
  /** Empties the error queue of this socket, or the first part of it. */
  of(fd: number): readonly IcmpError[]
}

export function createIcmpErrors(region: Region): IcmpErrors {
  const { bytes, words } = region
  const { recvmsg } = libc()
  const message = region.take(messageSize)
  const vector = region.take(vectorSize)
  const name = region.take(nameSize + 4)
  const control = region.take(controlSize)
  const data = region.take(dataSize)
  putAddress(region, message + messageName, name)
  putAddress(region, message + messageVectors, vector)
  putAddress(region, message + messageControl, control)
  putAddress(region, vector, data)
  words[(message + messageVectorCount) >> 2] = 1

  function read(fd: number): boolean {
    words[(message + messageNameLength) >> 2] = nameSize
    words[(message + messageControlLength) >> 2] = controlSize
    words[(vector + vectorLength) >> 2] = dataSize
    return recvmsg(fd, region.addressOf(message), fromErrorQueue | dontWait) >= 0
  }

  function parse(): IcmpError | undefined {
    const end = control + Math.min(words[(message + messageControlLength) >> 2] ?? 0, controlSize)
    for (let at = control; at + controlHeader + 16 <= end; ) {
      const length = words[at >> 2] ?? 0
      if (length < controlHeader + 16 || at + length > end) return undefined
      const [ofLevel, type] = [words[(at + 8) >> 2], words[(at + 12) >> 2]]
      const error = at + controlHeader
      const origin = bytes[error + extendedError.origin]
      if (
        (ofLevel === level.ip && type === option.ip.receiveErrors && origin === extendedError.fromIcmp) ||
        (ofLevel === level.ipv6 && type === option.ipv6.receiveErrors && origin === extendedError.fromIcmp6)
      ) {
        return {
          peer: readName(region, name),
          type: bytes[error + extendedError.type] ?? 0,
          code: bytes[error + extendedError.code] ?? 0,
          data: words[(error + extendedError.info) >> 2] ?? 0,
        }
      }
      at += (length + 7) & ~7
    }
    return undefined
  }

  return {
    of(fd) {
      const errors: IcmpError[] = []
      for (let count = 0; count < mostAtOnce && read(fd); count++) {
        const one = parse()
        if (one !== undefined) errors.push(one)
      }
      return errors
    },
  }
}
