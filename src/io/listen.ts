/** The listening sockets: plain ones, and those with TLS, which take over a renewed certificate by themselves. */
import type { Server } from 'bun'
import type { Config, ListenAddress } from '../config/config.ts'
import { printListenAddress } from '../config/listen-address.ts'
import type { Fact } from '../observe/facts.ts'
import { type CertificateFiles, type CertificatePair, isSamePair, readCertificate, validTo } from './certificate.ts'
import { handlers, type SocketData } from './socket-data.ts'
import { watchFiles } from './watch-files.ts'

export interface ListenParts {
  readonly fetch: (request: Request, server: Server<SocketData>) => Promise<Response | undefined> | Response | undefined
  /** Of the front end that takes the longest; each looks at its own. */
  readonly longestMessage: number
  /** Of an idle HTTP connection, ms. */
  readonly readTimeout: number
  readonly note: (fact: Fact) => void
}

/** Something that accepts connections until it is stopped; connections that are there go on. */
export interface Listening {
  readonly address: string
  readonly port: number | undefined
  stop(): void
}

function serve(
  address: ListenAddress,
  parts: ListenParts,
  tls?: CertificatePair,
  reusePort = false,
): Server<SocketData> {
  const options = {
    fetch: parts.fetch,
    // Each route reads up to a bound of its own and says what is wrong; what it leaves unread is never kept.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    error: () => new Response('Internal server error\n', { status: 500 }),
    websocket: {
      ...handlers,
      data: {} as SocketData,
      maxPayloadLength: parts.longestMessage,
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

/** Listens wherever the configuration says. If one place cannot be had, none is kept, and it rejects. */
export async function listenEverywhere(
  { http, https }: Pick<Config, 'http' | 'https'>,
  common: Omit<ListenParts, 'readTimeout'>,
): Promise<readonly Listening[]> {
  const open: Listening[] = []
  const files = { certificate: https.certificate ?? '', key: https.key ?? '' }
  try {
    for (const address of https.listen) {
      open.push(await listenHttps(address, files, { ...common, readTimeout: https.readTimeout }))
    }
    // Last, because whoever gets an answer here takes the server for ready.
    for (const address of http.listen) open.push(listenHttp(address, { ...common, readTimeout: http.readTimeout }))
  } catch (error) {
    for (const listener of open) listener.stop()
    throw error
  }
  return open
}

/** Listens without TLS. Throws if the address cannot be had. */
export function listenHttp(address: ListenAddress, parts: ListenParts): Listening {
  const server = serve(address, parts)
  parts.note({ fact: 'listening', address: `http://${printListenAddress(address)}`, tls: false })
  return { address: printListenAddress(address), port: server.port, stop: () => void server.stop() }
}

/** Listens with TLS. Throws if the address cannot be had or the certificate does not fit. */
export async function listenHttps(
  address: ListenAddress,
  files: CertificateFiles,
  parts: ListenParts,
): Promise<Listening> {
  const first = await readCertificate(files)
  if (!first.ok) throw new Error(first.error)
  let present = first.value
  // Without the shared port the bind fails if somebody else is there; with it a successor can stand beside us.
  await serve(address, parts, present).stop(true)
  let server = serve(address, parts, present, true)
  parts.note({ fact: 'listening', address: `https://${printListenAddress(address)}`, tls: true })
  parts.note({ fact: 'certificate-loaded', file: files.certificate, validTo: validTo(present) })

  async function renew(): Promise<void> {
    const next = await readCertificate(files)
    if (!next.ok) return parts.note({ fact: 'certificate-unusable', file: files.certificate, error: next.error })
    if (isSamePair(next.value, present)) return
    const former = server
    try {
      server = serve(address, parts, next.value, true)
    } catch (error) {
      // The TLS library may refuse what could be read: a key that is too short, for one.
      return parts.note({ fact: 'certificate-unusable', file: files.certificate, error: String(error) })
    }
    present = next.value
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
