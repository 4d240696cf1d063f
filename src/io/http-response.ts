/** Reads one HTTP/1.1 response (RFC 9112) from the pieces in which it arrives; bounded, and strict where lengths could be read in two ways. */

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated ones joined with a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export type Progress =
  | { readonly is: 'more' }
  /** `reusable`: the connection may carry another request. */
  | { readonly is: 'done'; readonly response: HttpResponse; readonly reusable: boolean }
  | { readonly is: 'broken'; readonly fault: 'garbled' | 'too large' | 'closed early'; readonly why: string }

export interface ResponseReader {
  push(bytes: Uint8Array): Progress
  /** The connection was closed. */
  ended(): Progress
}

const longestHead = 16_384
const longestChunkLine = 256
const mostHeaders = 100
const mostInterim = 5

export interface Head {
  readonly status: number
  readonly headers: Map<string, string>
  readonly keepAlive: boolean
}

type Phase =
  | { readonly reading: 'head' }
  | { readonly reading: 'length'; readonly head: Head; readonly left: number }
  | { readonly reading: 'chunk size' | 'chunk end' | 'trailer'; readonly head: Head }
  | { readonly reading: 'chunk'; readonly head: Head; readonly left: number }
  | { readonly reading: 'until close'; readonly head: Head }

const more: Progress = { is: 'more' }
const utf8 = new TextDecoder()
const none = new Uint8Array(0)

/** `longestBody` in bytes. */
export function createResponseReader(longestBody: number): ResponseReader {
  let phase: Phase = { reading: 'head' }
  /** What has arrived and is not understood yet. */
  let rest: Uint8Array = none
  /** The body so far; grows by doubling, so that a dribbled body costs no more than one in large pieces. */
  let body: Uint8Array = none
  let bodyLength = 0
  let interim = 0
  let trailers = 0

  const step = (): Progress | undefined => {
    switch (phase.reading) {
      case 'head':
        return head()
      case 'length':
      case 'chunk':
        return some(phase)
      case 'until close':
        return keep(rest.length) ?? more
      default:
        return line(phase)
    }
  }

  const head = (): Progress | undefined => {
    const end = indexOfHeadEnd(rest)
    if (end < 0) return rest.length > longestHead ? broken('too large', 'the head is too long') : more
    if (end > longestHead) return broken('too large', 'the head is too long')
    const read = readHead(latin1(rest, 0, end))
    if (typeof read === 'string') return broken('garbled', read)
    rest = rest.subarray(end + 4)
    if (read.status < 200) {
      // 101 would be the end of HTTP on this connection; nobody asked for that.
      return read.status === 101 || ++interim > mostInterim ? broken('garbled', `status ${read.status}`) : undefined
    }
    const framing = framingOf(read)
    if (typeof framing === 'string') return broken('garbled', framing)
    if (framing.reading === 'length' && framing.left > longestBody) return tooLong()
    phase = framing
    return framing.reading === 'length' && framing.left === 0 ? done(read) : undefined
  }

  /** A part whose length is known. */
  const some = (at: Extract<Phase, { readonly left: number }>): Progress | undefined => {
    const take = Math.min(at.left, rest.length)
    const fault = keep(take)
    if (fault) return fault
    if (take < at.left) {
      phase = { ...at, left: at.left - take }
      return more
    }
    if (at.reading === 'length') return done(at.head)
    phase = { reading: 'chunk end', head: at.head }
    return undefined
  }

  /** A line of the chunked coding (RFC 9112, section 7.1). */
  const line = (
    at: Extract<Phase, { readonly reading: 'chunk size' | 'chunk end' | 'trailer' }>,
  ): Progress | undefined => {
    const end = indexOfLineEnd(rest)
    if (end > longestChunkLine || (end < 0 && rest.length > longestChunkLine + 1))
      return broken('garbled', 'a chunk line is too long')
    if (end < 0) return more
    const text = latin1(rest, 0, end)
    rest = rest.subarray(end + 2)
    if (at.reading === 'chunk end') {
      if (text !== '') return broken('garbled', 'a chunk is longer than it said')
      phase = { reading: 'chunk size', head: at.head }
    } else if (at.reading === 'trailer') {
      if (text === '') return done(at.head)
      if (++trailers > mostHeaders) return broken('too large', 'too many trailers')
    } else {
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(text)?.[1]
      if (size === undefined) return broken('garbled', 'not a chunk size')
      const left = Number.parseInt(size, 16)
      if (bodyLength + left > longestBody) return tooLong()
      phase = left === 0 ? { reading: 'trailer', head: at.head } : { reading: 'chunk', head: at.head, left }
    }
    return undefined
  }

  const keep = (length: number): Progress | undefined => {
    if (bodyLength + length > longestBody) return tooLong()
    if (bodyLength + length > body.length) {
      const larger = new Uint8Array(Math.max(bodyLength + length, Math.min(body.length * 2, longestBody), 4096))
      larger.set(body.subarray(0, bodyLength))
      body = larger
    }
    body.set(rest.subarray(0, length), bodyLength)
    bodyLength += length
    rest = rest.subarray(length)
    return undefined
  }

  const tooLong = (): Progress => broken('too large', `the body is longer than ${longestBody} bytes`)

  const done = (head: Head): Progress => {
    const text = utf8.decode(body.subarray(0, bodyLength))
    // Bytes behind the end answer nothing that was asked: the two sides no longer agree where they are.
    const reusable = head.keepAlive && rest.length === 0 && phase.reading !== 'until close'
    return { is: 'done', response: { status: head.status, headers: head.headers, body: text }, reusable }
  }

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      for (;;) {
        const progress = step()
        if (!progress) continue
        // What stays here beyond this call is copied: the socket may use its memory again.
        if (progress.is === 'more') rest = rest.length === 0 ? none : new Uint8Array(rest)
        return progress
      }
    },
    ended() {
      if (phase.reading === 'until close') return done(phase.head)
      return broken('closed early', phase.reading === 'head' ? 'closed before an answer' : 'closed within the answer')
    },
  }
}

const broken = (fault: 'garbled' | 'too large' | 'closed early', why: string): Progress => ({
  is: 'broken',
  fault,
  why,
})

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')
const indexOfHeadEnd = (bytes: Uint8Array): number => asBuffer(bytes).indexOf(headEnd)
const indexOfLineEnd = (bytes: Uint8Array): number => asBuffer(bytes).indexOf(lineEnd)
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** The head, or what is wrong with it. */
export function readHead(text: string): Head | string {
  const status = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |\r|$)/.exec(text)
  if (!status) return 'no HTTP/1.1 answer'
  const headers = new Map<string, string>()
  for (let start = text.indexOf('\r\n'), end: number; start >= 0 && start < text.length; start = end) {
    const nextEnd = text.indexOf('\r\n', start + 2)
    end = nextEnd < 0 ? text.length : nextEnd
    const colon = text.indexOf(':', start + 2)
    // No name holds white space; a line that begins with some would continue the one before (RFC 9112, section 5.2).
    if (colon <= start + 2 || colon >= end) return 'a header has no name'
    const name = text.slice(start + 2, colon)
    if (/\s/.test(name)) return 'a header has white space in its name'
    if (headers.size >= mostHeaders) return 'too many headers'
    add(headers, name.toLowerCase(), text.slice(colon + 1, end).trim())
  }
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  const keepAlive = status[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  return { status: Number(status[2]), headers, keepAlive }
}

function add(headers: Map<string, string>, name: string, value: string): void {
  const former = headers.get(name)
  headers.set(name, former === undefined ? value : `${former}, ${value}`)
}

/** How the end of the body is found (RFC 9112, section 6.3), or what is wrong. */
function framingOf(head: Head): Phase | string {
  const coding = head.headers.get('transfer-encoding')
  const length = head.headers.get('content-length')
  if (head.status === 204 || head.status === 304) return { reading: 'length', head, left: 0 }
  if (coding !== undefined) {
    if (length !== undefined) return 'both Transfer-Encoding and Content-Length'
    return coding.toLowerCase() === 'chunked' ? { reading: 'chunk size', head } : 'an unknown transfer coding'
  }
  if (length === undefined) return { reading: 'until close', head }
  return /^\d{1,12}$/.test(length) ? { reading: 'length', head, left: Number(length) } : 'an unusable Content-Length'
}
