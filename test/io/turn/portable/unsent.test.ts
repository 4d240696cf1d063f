import { expect, test } from 'bun:test'
import { canUseBatch } from '../../../../src/io/turn/batch/libc.ts'
import { createUnsentBound } from '../../../../src/io/turn/portable/unsent.ts'

const usable = canUseBatch()
if (!usable.ok) console.log(`the bound of unsent octets is not tested: ${usable.error}`)

/** How many octets a connection takes while nobody reads. */
async function taken(prepare: (socket: object) => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        prepare(socket)
        const chunk = new Uint8Array(16_384)
        let sum = 0
        let last = chunk.length
        while (last === chunk.length) sum += last = socket.write(chunk)
        resolve(sum)
      },
      data() {},
    },
  })
  const reader = await Bun.connect({
    hostname: '127.0.0.1',
    port: listener.port,
    socket: { open: (socket) => void socket.pause(), data() {} },
  })
  const sum = await promise
  reader.terminate()
  listener.stop(true)
  return sum
}

test.skipIf(!usable.ok)('a stream takes far less than the kernel would', async () => {
  const [free, bounded] = [await taken(() => {}), await taken(createUnsentBound())]
  expect(bounded).toBeLessThan(free / 3)
})

test('what is no socket is let pass', () => {
  const bound = createUnsentBound()
  for (const nothing of [{}, { fd: -1 }, { fd: 'none' }]) expect(() => bound(nothing)).not.toThrow()
})
