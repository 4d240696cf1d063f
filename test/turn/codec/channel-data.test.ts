import { describe, expect, test } from 'bun:test'
import {
  channelDataLength,
  channelOf,
  isChannelNumber,
  padChannelData,
  writeChannelHeader,
} from '../../../src/turn/codec/channel-data.ts'
import { fromHex } from './vectors.ts'

describe('ChannelData', () => {
  test('[C18] is a channel, a length and the data', () => {
    const bytes = fromHex('ff ff 40 01 00 03 0a 0b 0c')
    expect(channelOf(bytes, 2)).toBe(0x4001)
    expect(channelDataLength(bytes, 2, bytes.length)).toBe(3)
    expect(channelDataLength(fromHex('40 00 00 00'), 0, 4)).toBe(0)
  })

  test('[C18] in a datagram may be padded with up to three octets and not be cut off', () => {
    const bytes = fromHex('40 01 00 03 0a 0b 0c 00 00 00 00')
    expect([4, 6, 7, 8, 10, 11].map((end) => channelDataLength(bytes, 0, end))).toEqual([-1, -1, 3, 3, 3, -1])
    expect([0, 1, 3].map((end) => channelDataLength(bytes, 0, end))).toEqual([-1, -1, -1])
  })

  test('[C18] is written in front of data that is there already', () => {
    const target = new Uint8Array(12).fill(0xee)
    writeChannelHeader(target, 1, 0x4fff, 5)
    expect(target.slice(0, 6)).toEqual(fromHex('ee 4f ff 00 05 ee'))
  })

  test('[C21] is padded with zeros for a stream', () => {
    const target = new Uint8Array(14).fill(0xee)
    writeChannelHeader(target, 1, 0x4000, 5)
    expect(padChannelData(target, 1, 5)).toBe(12)
    expect(target).toEqual(fromHex('ee 40 00 00 05 ee ee ee ee ee 00 00 00 ee'))
    expect(padChannelData(target, 0, 4)).toBe(8)
  })

  test('[C19] has a number of 0x4000 to 0x4FFF, or to 0x7FFE where older clients are let in', () => {
    const numbers = [0x3fff, 0x4000, 0x4fff, 0x5000, 0x7ffe, 0x7fff, 0x8000]
    expect(numbers.filter((number) => isChannelNumber(number))).toEqual([0x4000, 0x4fff])
    expect(numbers.filter((number) => isChannelNumber(number, 'rfc5766'))).toEqual([0x4000, 0x4fff, 0x5000, 0x7ffe])
  })
})
