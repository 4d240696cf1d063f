import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createClientKeys } from '../../../../src/io/turn/batch/client-keys.ts'
import { mapRegion } from '../../../../src/io/turn/batch/region.ts'
import { writeName } from '../../../../src/io/turn/batch/socket-name.ts'
import { clientKey } from '../../../../src/turn/five-tuple.ts'
import { port, v4, v6 } from '../../../turn/ip.ts'
import { canRun } from './tiny-client.ts'

describe.skipIf(!canRun)('the key of a client', () => {
  test('is the one that the machine gives it, whoever was there before', () => {
    const region = mapRegion(4096)
    const keyAt = createClientKeys(region)
    const client = fc.record({
      ip: fc.oneof(v4, v6),
      port,
      listener: fc.integer({ min: 0, max: 40 }),
      both: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(client, { minLength: 1, maxLength: 20 }), (clients) => {
        for (const { ip, port, listener, both } of [...clients, ...clients]) {
          writeName(region, 64, both || ip.family === 6 ? 6 : 4, { ip, port }, 0)
          expect(keyAt(64, listener)).toBe(clientKey({ address: { ip, port }, listener }))
        }
      }),
    )
    region.free()
  })
})
