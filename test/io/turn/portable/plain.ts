/** A TCP or TLS connection to the server that says and reads only what and when it is told to. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Method } from '../../../../src/turn/codec/header.ts'
import { longTermKey } from '../../../../src/turn/codec/keys.ts'
import { decodeMessage, type StunMessage } from '../../../../src/turn/codec/message.ts'
import { createStreamFraming } from '../../../../src/turn/codec/stream-framing.ts'
import type { alice } from '../../../contract/turn-world.ts'
import { type Attributes, message, randomTransaction } from '../../../support/turn-client.ts'

export interface Plain extends Disposable {
  readonly socket: Socket
  /** Frames that came, oldest first. */
  readonly frames: Uint8Array[]
  /** Whether something came that is no frame. */
  readonly isGarbled: () => boolean
  /** Resolves when so many frames have come. */
  got(frames: number): Promise<void>
  readonly closed: Promise<void>
  /** Asks with credentials and resolves with the next message. `behind` is sent in the same piece. */
  ask(method: Method, attributes: Attributes, behind?: Uint8Array): Promise<StunMessage>
  /** What came behind a ConnectionBind, when so many octets have come. */
  raw(octets: number): Promise<Buffer>
}

const usual: typeof alice = { username: 'alice', password: 'wonder' }

export function openPlain(port: number, who = usual, transport: 'tcp' | 'tls' = 'tcp'): Promise<Plain> {
  const frames: Uint8Array[] = []
  const waiting = new Set<() => void>()
  const gone = Promise.withResolvers<void>()
  const framing = createStreamFraming()
  let raw: Buffer | undefined
  let isGarbled = false
  let nonce: string | undefined
  const place = { port, host: '127.0.0.1' }
  const socket: Socket =
    transport === 'tls' ? connectTls({ ...place, rejectUnauthorized: false }) : connect({ ...place, noDelay: true })
  socket.on('error', () => {})
  socket.on('close', () => gone.resolve())
  socket.on('data', (chunk: Buffer) => {
    if (raw) raw = Buffer.concat([raw, chunk])
    else {
      const rest = framing.push(chunk, (bytes, start, end) => {
        frames.push(bytes.slice(start, end))
        // The success of a ConnectionBind.
        return bytes[start] === 0x01 && bytes[start + 1] === 0x0b ? 'leave' : undefined
      })
      if (typeof rest === 'number') raw = chunk.subarray(rest)
      isGarbled ||= typeof rest === 'string'
    }
    for (const look of waiting) look()
  })

  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const got = (count: number): Promise<void> => until(() => frames.length >= count)

  async function said(bytes: Uint8Array): Promise<StunMessage> {
    const count = frames.length
    socket.write(bytes)
    await got(count + 1)
    const decoded = decodeMessage(frames[count] ?? new Uint8Array(0))
    if (!decoded.ok) throw new Error(decoded.error)
    return decoded.value
  }

  const plain: Plain = {
    ...{ socket, frames, got },
    isGarbled: () => isGarbled,
    closed: gone.promise,
    async raw(octets) {
      await until(() => (raw?.length ?? 0) >= octets)
      return raw ?? Buffer.alloc(0)
    },
    async ask(method, attributes, behind = new Uint8Array(0)) {
      if (nonce === undefined) {
        const put: Attributes = (writer) => writer.put('requestedTransport', 17)
        nonce = (await said(message('allocate', 'request', randomTransaction(), put))).get('nonce') ?? ''
      }
      const [realm, value] = ['example.org', nonce]
      const signed: Attributes = (writer) => {
        attributes(writer)
        writer.put('username', who.username).put('realm', realm).put('nonce', value)
        writer.sign(longTermKey({ ...who, realm }))
      }
      return said(Buffer.concat([message(method, 'request', randomTransaction(), signed), behind]))
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
  return new Promise((resolve) => socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => resolve(plain)))
}

export const binding = (): Uint8Array => message('binding', 'request', randomTransaction(), () => {})
