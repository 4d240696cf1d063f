/** How a client asks for a WebSocket (RFC 6455, section 4.1), and whether the server's answer is one. */
import { createHash } from 'node:crypto'
import { failure, type Result, success } from '../../lib/result.ts'
import { readHead } from '../http-response.ts'

export interface Upgrade {
  readonly host: string
  /** With its query. */
  readonly path: string
  /** 16 random bytes as base64. */
  readonly key: string
  readonly subprotocol?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Throws where a header could not be sent as it is. */
export function encodeUpgrade({ host, path, key, subprotocol, headers = {} }: Upgrade): Uint8Array {
  const all = {
    Host: host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
    ...(subprotocol === undefined ? {} : { 'Sec-WebSocket-Protocol': subprotocol }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => {
    // A line break would begin a header of somebody else's making.
    if (/[^\t\x20-\x7e]/.test(value)) throw new TypeError(`the header ${name} has an unusable value`)
    return `${name}: ${value}\r\n`
  })
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

const longestHead = 16_384
const headEnd = Buffer.from('\r\n\r\n')
/** Section 1.3. */
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Undefined: more is to come. `rest` is what follows the head; it belongs to the frames. */
export function readUpgrade(
  bytes: Uint8Array,
  { key, subprotocol }: Pick<Upgrade, 'key' | 'subprotocol'>,
): Result<{ readonly rest: Uint8Array }, string> | undefined {
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(headEnd)
  if (end > longestHead || (end < 0 && bytes.length > longestHead)) return failure('the head of the answer is too long')
  if (end < 0) return undefined
  const head = readHead(Buffer.from(bytes.subarray(0, end)).toString('latin1'))
  if (typeof head === 'string') return failure(head)
  const { status, headers } = head
  if (status !== 101) return failure(`answered with status ${status}`)
  const says = (name: string): string => headers.get(name) ?? ''
  if (says('upgrade').toLowerCase() !== 'websocket') return failure('the answer upgrades to something else')
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(says('connection'))) return failure('the answer does not upgrade')
  if (says('sec-websocket-accept') !== acceptOf(key)) return failure('the answer is not to this question')
  if (says('sec-websocket-extensions') !== '') return failure('the answer wants an extension that nobody asked for')
  const chosen = headers.get('sec-websocket-protocol')
  if (chosen !== undefined && chosen !== subprotocol) return failure('the answer chose another subprotocol')
  return success({ rest: bytes.subarray(end + headEnd.length) })
}

const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + magic)
    .digest('base64')
