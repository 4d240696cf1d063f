/** Reading an HTTP response in whatever pieces it comes. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createResponseReader, type Progress } from '../../src/io/http-response.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Pushes the pieces; the last progress, after the end of the connection if `closes`. */
function read(pieces: readonly (string | Uint8Array)[], closes = false, longest = 1000): Progress {
  const reader = createResponseReader(longest)
  let progress: Progress = { is: 'more' }
  for (const piece of pieces) {
    progress = reader.push(typeof piece === 'string' ? bytes(piece) : piece)
    if (progress.is !== 'more') return progress
  }
  return closes ? reader.ended() : progress
}

const bodyOf = (progress: Progress): string =>
  progress.is === 'done' ? progress.response.body : `not done: ${JSON.stringify(progress)}`
const faultOf = (progress: Progress): string => (progress.is === 'broken' ? progress.fault : progress.is)
const isReusable = (progress: Progress): boolean => progress.is === 'done' && progress.reusable

const sized = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"a":"Grüße"}'.replace(
  '13',
  '15',
)
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\nA;x=y\r\n:"Grüße"}\r\n0\r\nX-T: 1\r\n\r\n'.replace(
    'A;x',
    'B;x',
  )
const untilClose = 'HTTP/1.0 200 OK\r\n\r\n{"a":"Grüße"}'

test('with a length, chunked, or until the connection ends', () => {
  expect(bodyOf(read([sized]))).toBe('{"a":"Grüße"}')
  expect(bodyOf(read([chunked]))).toBe('{"a":"Grüße"}')
  expect(bodyOf(read([untilClose], true))).toBe('{"a":"Grüße"}')
})

test('however it is split, it reads the same', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 20 })
  fc.assert(
    fc.property(fc.constantFrom(sized, chunked, untilClose), cuts, (text, places) => {
      const all = bytes(text)
      const sorted = [0, ...places.map((place) => place % all.length).sort((a, b) => a - b), all.length]
      const pieces = sorted.slice(1).map((end, index) => all.slice(sorted[index] ?? 0, end))
      expect(bodyOf(read(pieces, text === untilClose))).toBe('{"a":"Grüße"}')
    }),
  )
  for (const text of [sized, chunked, untilClose]) {
    const single = [...bytes(text)].map((byte) => new Uint8Array([byte]))
    expect(bodyOf(read(single, text === untilClose))).toBe('{"a":"Grüße"}')
  }
})

test('memory that is used again after a piece was handed over does no harm', () => {
  const reader = createResponseReader(1000)
  const memory = new Uint8Array(7)
  let progress: Progress = { is: 'more' }
  const all = bytes(chunked)
  for (let start = 0; start < all.length && progress.is === 'more'; start += 7) {
    const part = all.subarray(start, start + 7)
    memory.set(part)
    progress = reader.push(memory.subarray(0, part.length))
    memory.fill(0)
  }
  expect(bodyOf(progress)).toBe('{"a":"Grüße"}')
})

test('headers: any case, repeated ones joined', () => {
  const progress = read(['HTTP/1.1 204 No Content\r\nETag:  "x" \r\nCache-Control: a\r\ncache-control: b\r\n\r\n'])
  if (progress.is !== 'done') throw new Error('not done')
  expect(progress.response.status).toBe(204)
  expect(Object.fromEntries(progress.response.headers)).toEqual({ etag: '"x"', 'cache-control': 'a, b' })
})

test('a connection carries another request only if both sides know where the answer ended', () => {
  const head = (lines: string, version = '1.1') => `HTTP/${version} 200 OK\r\n${lines}Content-Length: 2\r\n\r\n{}`
  expect(isReusable(read([head('')]))).toBe(true)
  expect(isReusable(read([chunked]))).toBe(true)
  expect(isReusable(read([head('Connection: Close\r\n')]))).toBe(false)
  expect(isReusable(read([head('', '1.0')]))).toBe(false)
  expect(isReusable(read([head('Connection: keep-alive\r\n', '1.0')]))).toBe(true)
  expect(isReusable(read([`${head('')}HTTP/1.1 200 OK\r\n`]))).toBe(false)
  expect(isReusable(read([untilClose], true))).toBe(false)
})

test('no body where there is none: 204 and 304', () => {
  expect(bodyOf(read(['HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n']))).toBe('')
  expect(bodyOf(read(['HTTP/1.1 204 No Content\r\n\r\n']))).toBe('')
  expect(bodyOf(read(['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']))).toBe('')
})

test('interim answers are passed over, but not for ever', () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'
  expect(bodyOf(read(['HTTP/1.1 100 Continue\r\n\r\n', early + sized]))).toBe('{"a":"Grüße"}')
  expect(faultOf(read([early.repeat(6)]))).toBe('garbled')
  expect(faultOf(read(['HTTP/1.1 101 Switching Protocols\r\n\r\n']))).toBe('garbled')
})

test.each([
  ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n'],
  ['white space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
  ['both length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than it said', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'],
])('%s is garbled', (_, text) => {
  expect(faultOf(read([text]))).toBe('garbled')
})

test('what is too long is not kept', () => {
  expect(faultOf(read(['HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n']))).toBe('too large')
  expect(faultOf(read(['HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(1000), 'x']))).toBe('too large')
  expect(
    faultOf(read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n', 'x'.repeat(1000), '\r\n1\r\n'])),
  ).toBe('too large')
  expect(faultOf(read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n']))).toBe('too large')
  expect(faultOf(read([`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}`]))).toBe('too large')
  expect(faultOf(read([`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(200)}\r\n`]))).toBe('more')
})

test('a connection that ends too early', () => {
  for (const text of ['', 'HTTP/1.1 200 OK\r\n', sized.slice(0, -1), chunked.slice(0, -1)]) {
    expect(faultOf(read([text], true))).toBe('closed early')
  }
})

test('whatever comes, nothing is thrown', () => {
  const piece = fc.oneof(
    fc.uint8Array(),
    fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      '\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '2\r\nab\r\n',
      '0\r\n',
    ),
  )
  fc.assert(fc.property(fc.array(piece), fc.boolean(), (pieces, closes) => void read(pieces, closes)))
})
