/**
 * A small HTTP/1.1 client: keep-alive connections, a limit of requests at once per host with a queue before it, and a
 * time limit over everything. A request costs a quarter to two thirds of the CPU that `fetch` takes for it.
 */
import type { Socket } from 'bun'
import { failure, type Result, success } from '../lib/result.ts'
import { createLocator, encodeRequest, type HttpRequest, type Target } from './http-request.ts'
import { createResponseReader, type HttpResponse, type Progress, type ResponseReader } from './http-response.ts'

export interface HttpFailure {
  readonly fault: 'timeout' | 'overloaded' | 'connection' | 'tls' | 'closed early' | 'garbled' | 'too large' | 'stopped'
  readonly why: string
}

export interface HttpClientOptions {
  readonly connectionsPerHost: number
  /** How many requests may wait for a connection to one host. */
  readonly waitingPerHost: number
  /** Bytes of a response body. */
  readonly longestBody: number
  /** Accepts any certificate. */
  readonly skipVerify: boolean
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string
  /** ms that an unused connection is kept. */
  readonly keepIdle: number
}

export interface HttpClient extends Disposable {
  send(request: HttpRequest): Promise<Result<HttpResponse, HttpFailure>>
  /** For gauges: open connections by host. */
  connections(): readonly { readonly host: string; readonly connections: number }[]
}

interface Host {
  readonly target: Target
  readonly idle: Connection[]
  /** In the order in which they came. */
  readonly waiting: Set<Job>
  busy: number
}

interface Job {
  readonly host: Host
  readonly bytes: Uint8Array
  readonly settle: (result: Result<HttpResponse, HttpFailure>) => void
  timer: ReturnType<typeof setTimeout> | undefined
  connection: Connection | undefined
  isRetried: boolean
}

interface Connection {
  readonly host: Host
  socket: Socket<Connection> | undefined
  job: Job | undefined
  reader: ResponseReader | undefined
  unsent: Uint8Array | undefined
  /** Whether anything of the present answer has arrived. */
  isAnswering: boolean
  /** Whether it has carried a request before: then the other side may have given it up meanwhile. */
  isReused: boolean
  idleSince: number
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const hosts = new Map<string, Host>()
  const locate = createLocator()
  let sweep: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  const handlers = {
    open(socket: Socket<Connection>) {
      const connection = socket.data
      connection.socket = socket
      // Its request may have run out of time meanwhile.
      if (!connection.job) socket.terminate()
      else if (!connection.host.target.secure) begin(connection)
    },
    handshake(socket: Socket<Connection>, isGood: boolean, error: Error | null) {
      const connection = socket.data
      if (options.skipVerify ? !isProtocolError(error) : isGood && !error) return begin(connection)
      lose(connection, { fault: 'tls', why: error?.message ?? 'the TLS handshake failed' })
    },
    data(socket: Socket<Connection>, bytes: Uint8Array) {
      const connection = socket.data
      // Whatever comes unasked makes the connection useless.
      if (!connection.job) return drop(connection)
      connection.isAnswering = true
      connection.reader ??= createResponseReader(options.longestBody)
      take(connection, connection.reader.push(bytes))
    },
    drain(socket: Socket<Connection>) {
      flush(socket.data)
    },
    close(socket: Socket<Connection>) {
      const connection = socket.data
      connection.socket = undefined
      if (connection.job && connection.reader) take(connection, connection.reader.ended())
      lose(connection, { fault: 'closed early', why: 'the connection was closed before an answer' })
    },
    error(socket: Socket<Connection>, error: Error) {
      lose(socket.data, { fault: 'connection', why: error.message })
    },
    connectError(socket: Socket<Connection>, error: Error) {
      lose(socket.data, { fault: 'connection', why: error.message })
    },
  }

  function run(job: Job): void {
    job.host.busy++
    assign(job, job.isRetried ? undefined : takeIdle(job.host))
  }

  function assign(job: Job, idle: Connection | undefined): void {
    const connection = idle ?? connect(job)
    connection.job = job
    job.connection = connection
    if (idle) begin(connection)
  }

  function takeIdle(host: Host): Connection | undefined {
    for (;;) {
      const connection = host.idle.pop()
      if (!connection || performance.now() - connection.idleSince < options.keepIdle) return connection
      drop(connection)
    }
  }

  function connect({ host }: Job): Connection {
    const { hostname, port, secure } = host.target
    const connection: Connection = {
      host,
      socket: undefined,
      job: undefined,
      reader: undefined,
      unsent: undefined,
      isAnswering: false,
      isReused: false,
      idleSince: 0,
    }
    const tls = secure ? { tls: tlsOptions(hostname, options) } : {}
    Bun.connect<Connection>({ hostname, port, ...tls, data: connection, socket: handlers }).catch((error: unknown) => {
      lose(connection, { fault: 'connection', why: error instanceof Error ? error.message : 'could not connect' })
    })
    return connection
  }

  /** Sends the request over a connection that is ready. */
  function begin(connection: Connection): void {
    if (!connection.job) return drop(connection)
    connection.isAnswering = false
    connection.unsent = connection.job.bytes
    flush(connection)
  }

  function flush(connection: Connection): void {
    const { socket, unsent } = connection
    if (!socket || !unsent) return
    const written = socket.write(unsent)
    if (written >= unsent.length) connection.unsent = undefined
    else if (written > 0) connection.unsent = unsent.subarray(written)
  }

  function take(connection: Connection, progress: Progress): void {
    if (progress.is === 'more') return
    const { job } = connection
    connection.job = undefined
    connection.reader = undefined
    if (progress.is === 'broken') {
      drop(connection)
      if (job) finish(job, failure({ fault: progress.fault, why: progress.why }))
      return
    }
    if (progress.reusable && !connection.unsent && connection.socket && !isStopped) park(connection)
    else drop(connection)
    if (job) finish(job, success(progress.response))
  }

  function park(connection: Connection): void {
    connection.isReused = true
    connection.idleSince = performance.now()
    connection.host.idle.push(connection)
    sweep ??= sweepLater()
  }

  /** The connection cannot be used any more; its request goes over another one if the other side cannot have seen it. */
  function lose(connection: Connection, why: HttpFailure): void {
    const { job, isReused, isAnswering } = connection
    connection.job = undefined
    drop(connection)
    if (!job) return
    if (isReused && !isAnswering && !job.isRetried && !isStopped) {
      job.isRetried = true
      assign(job, undefined)
    } else finish(job, failure(why))
  }

  function drop(connection: Connection): void {
    const { socket, host } = connection
    connection.socket = undefined
    const place = host.idle.indexOf(connection)
    if (place >= 0) host.idle.splice(place, 1)
    socket?.terminate()
    forget(host)
  }

  function finish(job: Job, result: Result<HttpResponse, HttpFailure>): void {
    clearTimeout(job.timer)
    const { host } = job
    host.busy--
    job.settle(result)
    const [next] = host.waiting
    if (next) {
      host.waiting.delete(next)
      run(next)
    } else forget(host)
  }

  function forget(host: Host): void {
    const { key } = host.target
    const isUnused = host.busy === 0 && host.idle.length === 0 && host.waiting.size === 0
    // A connection that comes too late may belong to a host that was forgotten and made anew.
    if (isUnused && hosts.get(key) === host) hosts.delete(key)
  }

  function expire(job: Job): void {
    const why: HttpFailure = {
      fault: 'timeout',
      why: job.connection ? 'no answer in time' : 'no connection became free in time',
    }
    if (job.host.waiting.delete(job)) {
      job.settle(failure(why))
      return
    }
    const { connection } = job
    if (connection) {
      connection.job = undefined
      drop(connection)
    }
    finish(job, failure(why))
  }

  function sweepLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      sweep = undefined
      const oldest = performance.now() - options.keepIdle
      for (const { idle } of [...hosts.values()]) {
        for (const connection of idle.filter(({ idleSince }) => idleSince <= oldest)) drop(connection)
      }
      if ([...hosts.values()].some(({ idle }) => idle.length > 0)) sweep = sweepLater()
    }, options.keepIdle)
    timer.unref()
    return timer
  }

  return {
    send(request) {
      const { target, path } = locate(request.url)
      let host = hosts.get(target.key)
      if (!host) {
        host = { target, idle: [], waiting: new Set(), busy: 0 }
        hosts.set(target.key, host)
      }
      const isFull = host.busy >= options.connectionsPerHost
      if (isStopped) return Promise.resolve(failure({ fault: 'stopped', why: 'the server is stopping' }))
      if (isFull && host.waiting.size >= options.waitingPerHost) {
        return Promise.resolve(failure({ fault: 'overloaded', why: `${host.waiting.size} requests wait already` }))
      }
      const { promise, resolve } = Promise.withResolvers<Result<HttpResponse, HttpFailure>>()
      const bytes = encodeRequest(request, target, path)
      const job: Job = { host, bytes, settle: resolve, timer: undefined, connection: undefined, isRetried: false }
      job.timer = setTimeout(expire, request.limit, job)
      if (isFull) host.waiting.add(job)
      else run(job)
      return promise
    },
    connections: () =>
      [...hosts.values()].map(({ target, busy, idle }) => ({
        host: target.hostHeader,
        connections: busy + idle.length,
      })),
    [Symbol.dispose]() {
      isStopped = true
      clearTimeout(sweep)
      for (const host of [...hosts.values()]) {
        for (const job of host.waiting) {
          clearTimeout(job.timer)
          job.settle(failure({ fault: 'stopped', why: 'the server is stopping' }))
        }
        host.waiting.clear()
        for (const connection of [...host.idle]) drop(connection)
      }
      hosts.clear()
    },
  }
}

/** Whether there is no TLS connection at all, as against one to a server that could not be verified. */
const isProtocolError = (error: Error | null): boolean => error !== null && 'code' in error && error.code === 'EPROTO'

function tlsOptions(hostname: string, { skipVerify, authorities }: HttpClientOptions) {
  const isAddress = hostname.includes(':') || /^[\d.]+$/.test(hostname)
  return {
    rejectUnauthorized: !skipVerify,
    // Addresses are no names for SNI (RFC 6066, section 3), but the certificate is checked against them all the same.
    ...(isAddress ? {} : { serverName: hostname }),
    ...(authorities === undefined ? {} : { ca: authorities }),
  }
}
