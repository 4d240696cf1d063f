/** The listening sockets: plain ones, and those with TLS, which take over a renewed certificate by themselves. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Server } from 'bun'
import type { ListenAddress } from '../config/config.ts'
import { printListenAddress } from '../config/listen-address.ts'
import { failure, type Result, success } from '../lib/result.ts'
import type { Fact } from '../observe/facts.ts'
import { maxMessageLength, type SocketData, type Sockets } from './sockets.ts'
import { watchFiles } from './watch-files.ts'

export interface ListenParts {
  readonly fetch: (request: Request, server: Server<SocketData>) => Promise<Response | undefined> | Response | undefined
  readonly handlers: Sockets['handlers']
  /** Of an idle HTTP connection, ms. */
  readonly readTimeout: number
  readonly note: (fact: Fact) => void
}

export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

/** Something that accepts connections until it is stopped; connections that are there go on. */
export interface Listening {
  readonly address: string
  readonly port: number | undefined
  stop(): void
}

interface TlsPair {
  readonly cert: string
  readonly key: string
}

function serve(address: ListenAddress, parts: ListenParts, tls?: TlsPair, reusePort = false): Server<SocketData> {
  const options = {
    fetch: parts.fetch,
    // Each route reads up to a bound of its own and says what is wrong; what it leaves unread is never kept.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    error: () => new Response('Internal server error\n', { status: 500 }),
    websocket: {
      ...parts.handlers,
      data: {} as SocketData,
      maxPayloadLength: maxMessageLength,
      // Our own pings and limits do better what these two would do.
      idleTimeout: 0,
      sendPings: false,
      backpressureLimit: 64 * 1024 * 1024,
      perMessageDeflate: { compress: 'shared', decompress: 'shared' },
    },
  } as const
  if (address.kind === 'unix') {
    return tls
      ? Bun.serve<SocketData>({ ...options, unix: address.path, tls })
      : Bun.serve<SocketData>({ ...options, unix: address.path })
  }
  const idleTimeout = Math.min(255, Math.ceil(parts.readTimeout / 1000))
  const place = { hostname: address.host, port: address.port, reusePort, idleTimeout }
  return tls ? Bun.serve<SocketData>({ ...options, ...place, tls }) : Bun.serve<SocketData>({ ...options, ...place })
}

/** Listens without TLS. Throws if the address cannot be had. */
export function listenHttp(address: ListenAddress, parts: ListenParts): Listening {
  const server = serve(address, parts)
  parts.note({ fact: 'listening', address: `http://${printListenAddress(address)}`, tls: false })
  return { address: printListenAddress(address), port: server.port, stop: () => void server.stop() }
}

/** Listens with TLS. Throws if the address cannot be had or the certificate does not fit. */
export async function listenHttps(address: ListenAddress, files: TlsFiles, parts: ListenParts): Promise<Listening> {
  const first = await readPair(files)
  if (!first.ok) throw new Error(first.error)
  let present = first.value
  // Without the shared port the bind fails if somebody else is there; with it a successor can stand beside us.
  await serve(address, parts, present).stop(true)
  let server = serve(address, parts, present, true)
  parts.note({ fact: 'listening', address: `https://${printListenAddress(address)}`, tls: true })
  parts.note({ fact: 'certificate-loaded', file: files.certificate, validTo: validTo(present) })

  async function renew(): Promise<void> {
    const next = await readPair(files)
    if (!next.ok) return parts.note({ fact: 'certificate-unusable', file: files.certificate, error: next.error })
    if (next.value.cert === present.cert && next.value.key === present.key) return
    present = next.value
    const former = server
    server = serve(address, parts, present, true)
    // Connections that are there go on under the old certificate.
    void former.stop()
    parts.note({ fact: 'certificate-loaded', file: files.certificate, validTo: validTo(present) })
  }
  const watching = watchFiles([files.certificate, files.key], () => void renew())

  return {
    address: printListenAddress(address),
    port: server.port,
    stop() {
      watching[Symbol.dispose]()
      void server.stop()
    },
  }
}

async function readPair({ certificate, key }: TlsFiles): Promise<Result<TlsPair, string>> {
  try {
    const pair = { cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
    const fits = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))
    return fits ? success(pair) : failure(`${key} is not the key of ${certificate}`)
  } catch (error) {
    return failure(`${certificate}, ${key}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const validTo = ({ cert }: TlsPair): string => new X509Certificate(cert).validToDate.toISOString()
