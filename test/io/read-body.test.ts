/** Reading a body up to a bound, announced or not, whole or broken off. */
import { expect, test } from 'bun:test'
import { type BodyFault, readBody } from '../../src/io/read-body.ts'

/** A request whose body comes in these pieces; `breaks` ends it with an error instead of an end. */
function inPieces(pieces: readonly string[], announced?: number, breaks = false): Request & { readonly taken: number } {
  let taken = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[taken++]
        if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece))
        else if (breaks) controller.error(new Error('gone'))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const headers: Record<string, string> = announced === undefined ? {} : { 'content-length': String(announced) }
  const request = new Request('http://x/', { method: 'POST', headers, body })
  return Object.defineProperty(Object.assign(request, { taken: 0 }), 'taken', { get: () => taken })
}

async function outcome(request: Request, limit: number): Promise<string | BodyFault> {
  const read = await readBody(request, limit)
  return read.ok ? `read ${Buffer.from(read.value)}` : read.error
}

test('no body, an empty one, one piece, several', async () => {
  expect(await outcome(new Request('http://x/'), 10)).toBe('read ')
  expect(await outcome(inPieces([]), 10)).toBe('read ')
  expect(await outcome(inPieces(['Grüße']), 10)).toBe('read Grüße')
  expect(await outcome(inPieces(['Gr', 'üß', 'e']), 10)).toBe('read Grüße')
})

test('the bound is in bytes and belongs to what is allowed', async () => {
  expect(await outcome(inPieces(['12345', '67890']), 10)).toBe('read 1234567890')
  expect(await outcome(inPieces(['12345', '678901']), 10)).toBe('too large')
  expect(await outcome(inPieces(['ü'.repeat(6)]), 10)).toBe('too large')
})

test('what is announced too large is not read at all; what lies about its length is not read on', async () => {
  const announced = inPieces(['x'.repeat(20)], 11)
  expect(await outcome(announced, 10)).toBe('too large')
  expect(announced.taken).toBe(0)
  const endless = inPieces(Array.from({ length: 1_000 }, () => 'x'.repeat(100)))
  expect(await outcome(endless, 1_000)).toBe('too large')
  expect(endless.taken).toBeLessThan(20)
})

test('what breaks off is not the whole', async () => {
  expect(await outcome(inPieces(['12345'], undefined, true), 10)).toBe('broken off')
  expect(await outcome(inPieces(['12345'], 6), 10)).toBe('broken off')
})
