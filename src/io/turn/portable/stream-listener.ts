/** A listening socket for TCP or TLS clients; one for TLS takes over a renewed certificate by itself. */
import type { SocketHandler, TCPSocketListener } from 'bun'
import type { WorldFact } from '../../../observe/facts.ts'
import { type CertificatePair, isSamePair, readCertificate, validTo } from '../../certificate.ts'
import { watchFiles } from '../../watch-files.ts'
import type { TurnListener } from '../world.ts'

export interface StreamListener {
  readonly port: number
  /** Looks at once whether the certificate has changed. */
  renew(): void
  /** Accepts nobody any more; connections that are there stay. */
  stop(): void
}

export type TlsPlace = Extract<TurnListener, { readonly transport: 'tls' }>
export type StreamPlace = TlsPlace | { readonly transport: 'tcp'; readonly host: string; readonly port: number }

/** Throws if the address cannot be had or the certificate does not fit, and says why. */
export async function listenStreams<Data>(
  place: StreamPlace,
  handlers: SocketHandler<Data>,
  note: (fact: WorldFact) => void,
): Promise<StreamListener> {
  if (place.transport === 'tls') return listenTls(place, handlers, note)
  const server = listen(place, place.port, handlers)
  return { port: server.port, renew() {}, stop: () => server.stop() }
}

async function listenTls<Data>(
  place: TlsPlace,
  handlers: SocketHandler<Data>,
  note: (fact: WorldFact) => void,
): Promise<StreamListener> {
  const file = place.certificate
  const first = await readCertificate(place)
  if (!first.ok) throw new Error(first.error)
  let present = first.value
  let server = listen(place, place.port, handlers, present)
  const { port } = server
  note({ fact: 'certificate-loaded', file, validTo: validTo(present) })
  let isStopped = false
  /** One look at a time, so that an older pair never comes after a newer one. */
  let looking = Promise.resolve()

  async function renew(): Promise<void> {
    const next = await readCertificate(place)
    if (isStopped) return
    if (!next.ok) return note({ fact: 'certificate-unusable', file, error: next.error })
    if (isSamePair(next.value, present)) return
    const former = server
    try {
      server = listen(place, port, handlers, next.value)
    } catch (error) {
      // The TLS library may refuse what could be read: a key that is too short, for one.
      return note({ fact: 'certificate-unusable', file, error: String(error) })
    }
    present = next.value
    // Connections that are there go on under the old certificate.
    former.stop()
    note({ fact: 'certificate-loaded', file, validTo: validTo(present) })
  }
  const look = (): void => {
    looking = looking.then(renew).catch((error: unknown) => {
      note({ fact: 'certificate-unusable', file, error: String(error) })
    })
  }
  const watching = watchFiles([place.certificate, place.key], look)

  return {
    port,
    renew: look,
    stop() {
      isStopped = true
      watching[Symbol.dispose]()
      server.stop()
    },
  }
}

/**
 * The port is shared: with the listeners of other workers, and with a successor that has a newer certificate. TLS 1.2 is
 * the least that Bun's TLS speaks. No ALPN is chosen: RFC 7443 makes it the client's offer, and to choose would mean to
 * refuse those who offer something else.
 */
function listen<Data>(
  { host }: StreamPlace,
  port: number,
  handlers: SocketHandler<Data>,
  tls?: CertificatePair,
): TCPSocketListener<Data> {
  const options = { hostname: host, port, reusePort: true, socket: handlers, ...(tls ? { tls } : {}) }
  return Bun.listen<Data>(options)
}
