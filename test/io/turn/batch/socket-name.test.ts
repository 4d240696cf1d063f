import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mapRegion, type Region } from '../../../../src/io/turn/batch/region.ts'
import { isWildcard, nobody, readName, rememberPeer, writeName } from '../../../../src/io/turn/batch/socket-name.ts'
import { unmapped } from '../../../../src/lib/ip-address.ts'
import { ipKey, peerKey } from '../../../../src/turn/five-tuple.ts'
import { anyIp, ip, port, v4, v6 } from '../../../turn/ip.ts'
import { canRun } from './tiny-client.ts'

describe.skipIf(!canRun)('socket addresses of the kernel', () => {
  let region: Region
  beforeAll(() => {
    region = mapRegion(4096)
  })
  afterAll(() => region.free())

  test('are read as they were written, on sockets of one family and of both', () => {
    fc.assert(
      fc.property(fc.oneof(anyIp, v4), port, (address, number) => {
        writeName(region, 64, 6, { ip: address, port: number }, 0)
        expect(readName(region, 64)).toEqual({ ip: unmapped(address), port: number })
        if (address.family === 6) return
        writeName(region, 64, 4, { ip: address, port: number }, 0)
        expect(readName(region, 64)).toEqual({ ip: address, port: number })
      }),
    )
  })

  test('have the keys that the machine gives them', () => {
    const memory = nobody()
    fc.assert(
      fc.property(fc.oneof(v4, v6), port, fc.boolean(), (address, number, both) => {
        const place = { ip: address, port: number }
        writeName(region, 128, both || address.family === 6 ? 6 : 4, place, 0)
        for (let again = 0; again < 2; again++) {
          rememberPeer(memory, region, 128)
          expect([memory.ip, memory.peer]).toEqual([ipKey(address), peerKey(address, number)])
        }
      }),
    )
  })

  test('tell every address from one', () => {
    expect(['0.0.0.0', '::', '127.0.0.1', '::1'].map((text) => isWildcard(ip(text)))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
