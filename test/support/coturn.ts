/** Debian's coturn on free loopback ports: started with the options of a test, waited for, ended with its scope. */
import { createSocket } from 'node:dgram'
import { type Child, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { tempFolder } from './temp-folder.ts'

export const coturnProgram = '/usr/bin/turnserver'

export interface CoturnOptions {
  /** `heliograph.test` unless told. */
  readonly realm?: string
  /** Static long-term users, each `name:password`. */
  readonly users?: readonly string[]
  /** For REST names. Static users are not asked then: coturn knows either the one or the other. */
  readonly secret?: string
  /** Opens a TLS port with this pair of PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Relaying to 127.0.0.0/8, without which a test on loopback has no peers; yes unless told. */
  readonly loopbackPeers?: boolean
  readonly minPort?: number
  readonly maxPort?: number
  /** How many threads relay; 1 unless told. */
  readonly relayThreads?: number
  /** Without its log, for measuring. */
  readonly silent?: boolean
  /** Any further options, as on its command line. */
  readonly extra?: readonly string[]
  /** Words in front of the program: `['taskset', '-c', '0']`. */
  readonly before?: readonly string[]
}

export interface Coturn extends AsyncDisposable {
  readonly host: '127.0.0.1'
  /** UDP and TCP. */
  readonly port: number
  /** Undefined without `tls`. */
  readonly tlsPort: number | undefined
  readonly realm: string
  readonly child: Child
}

/** Starts it and waits for its answer to a Binding request; a lost race for a port is tried again. */
export async function startCoturn(options: CoturnOptions = {}): Promise<Coturn> {
  for (let attempt = 1; ; attempt++) {
    const parts = new AsyncDisposableStack()
    try {
      const folder = parts.use(tempFolder())
      const [port, tlsPort] = [await freePort(), await freePort()]
      const realm = options.realm ?? 'heliograph.test'
      const words = commandLine(options, realm, port, tlsPort, folder.path)
      const child = parts.use(startChild([...(options.before ?? []), coturnProgram, ...words], { cwd: folder.path }))
      await answersBinding(port, child, 10_000)
      return {
        host: '127.0.0.1',
        port,
        tlsPort: options.tls ? tlsPort : undefined,
        realm,
        child,
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      }
    } catch (failure) {
      await parts.disposeAsync()
      if (attempt === 3) throw failure
    }
  }
}

function commandLine(
  options: CoturnOptions,
  realm: string,
  port: number,
  tlsPort: number,
  folder: string,
): readonly string[] {
  const { users = [], secret, tls, loopbackPeers = true, minPort, maxPort, relayThreads = 1, silent = false } = options
  return [
    // No configuration file, no console, and nothing written outside the folder.
    ...['-n', '--no-cli', '--no-dtls', `--pidfile=${folder}/pid`, `--userdb=${folder}/db`],
    ...['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', `--realm=${realm}`],
    ...[`--relay-threads=${relayThreads}`, '--lt-cred-mech'],
    ...users.map((user) => `--user=${user}`),
    ...(secret === undefined ? [] : ['--use-auth-secret', `--static-auth-secret=${secret}`]),
    ...(tls ? [`--tls-listening-port=${tlsPort}`, `--cert=${tls.certificate}`, `--pkey=${tls.key}`] : ['--no-tls']),
    ...(loopbackPeers ? ['--allow-loopback-peers'] : []),
    ...(minPort === undefined ? [] : [`--min-port=${minPort}`]),
    ...(maxPort === undefined ? [] : [`--max-port=${maxPort}`]),
    ...(silent ? ['--log-file=/dev/null', '--no-stdout-log'] : ['--log-file=stdout']),
    ...(options.extra ?? []),
  ]
}

/** Method Binding, no attributes, the magic cookie, any transaction id. */
const bindingRequest = Buffer.from('000100002112a442686c696f67726170682e2e2e', 'hex')

/** Resolves when a STUN server answers at this UDP port; fails when the child ends or the limit passes before. */
export async function answersBinding(port: number, child: Child, limitMs: number): Promise<void> {
  const socket = createSocket('udp4')
  const answered = new Promise<'answered'>((resolve) => {
    socket.on('message', (message) => {
      if (message[0] === 0x01 && message[1] === 0x01) resolve('answered')
    })
  })
  // Until the server listens, a connection refused comes back.
  socket.on('error', () => {})
  try {
    const end = performance.now() + limitMs
    while (performance.now() < end) {
      if (child.hasExited()) throw new Error(`it ended before it answered:\n${child.output()}`)
      socket.send(bindingRequest, port, '127.0.0.1')
      if ((await Promise.race([answered, Bun.sleep(25)])) === 'answered') return
    }
    throw new Error(`no answer to a Binding request within ${limitMs} ms:\n${child.output()}`)
  } finally {
    socket.close()
  }
}
