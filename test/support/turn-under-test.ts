/** The TURN server that a suite is run against: ours, or Debian's coturn, which shows whether the suite itself is right. */
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Child } from './child.ts'
import { startCoturn } from './coturn.ts'
import { debian } from './deb.ts'
import { freePort } from './free-port.ts'
import { startOurs } from './ours.ts'
import type { SelfSigned } from './self-signed.ts'
import { tempFolder } from './temp-folder.ts'

export interface TurnUnderTest extends AsyncDisposable {
  readonly kind: TurnKind
  /** An IPv4 address; ours listens on ::1 as well, where there is one. */
  readonly host: string
  /** UDP and TCP. */
  readonly port: number
  /** Undefined unless a certificate was handed in. */
  readonly tlsPort: number | undefined
  readonly realm: string
  /** Of REST names. */
  readonly secret: string
  readonly child: Child
  /** Where the certificate and its key lie. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Of our own HTTP side; undefined for coturn. */
  readonly url: string | undefined
}

export type TurnKind = 'ours' | 'coturn'

/** TURN_UNDER_TEST=coturn runs the suites of real clients against coturn. */
export const kindUnderTest: TurnKind = process.env['TURN_UNDER_TEST'] === 'coturn' ? 'coturn' : 'ours'

/** Each suite is run over both paths of ours; coturn has one. */
export const pathsUnderTest: readonly ('auto' | 'portable')[] =
  kindUnderTest === 'coturn' ? ['auto'] : ['auto', 'portable']

/** A suite against coturn needs coturn. */
export const serverUnderTest = kindUnderTest === 'coturn' ? [debian.turnserver] : []

export interface TurnOptions {
  readonly tls?: SelfSigned
  readonly minPort?: number
  readonly maxPort?: number
  /** Static users, each `name:password`; coturn has no REST secret then. */
  readonly users?: readonly string[]
  /** Channels up to 0x7FFE. Coturn's client before 4.12 picks from them, coturn always lets them in. */
  readonly legacyChannels?: boolean
  /** RFC 6062. */
  readonly tcpRelay?: boolean
  /** How ours moves datagrams: over raw sockets where that is possible, or as any system can. */
  readonly path?: 'auto' | 'portable'
  /** Lines for our [turn-server]. */
  readonly lines?: readonly string[]
  /** Whole sections for our configuration. */
  readonly sections?: string
  /** Further words for coturn. */
  readonly words?: readonly string[]
}

const secret = 'rest-secret-of-the-tests'
const realm = 'turn.example.org'
/** Of the challenge and of Binding answers: a suite asks more often than a client would. */
const generous = 100_000

export function startTurn(options: TurnOptions = {}, kind: TurnKind = kindUnderTest): Promise<TurnUnderTest> {
  return kind === 'ours' ? startOurTurn(options) : startOtherTurn(options)
}

async function startOtherTurn(options: TurnOptions): Promise<TurnUnderTest> {
  await using parts = new AsyncDisposableStack()
  const certificate = parts.use(certificateFiles(options.tls))
  const server = parts.use(
    await startCoturn({
      realm,
      ...(options.users ? { users: options.users } : { secret }),
      ...(options.tls ? { tls: { certificate: certificate.cert, key: certificate.key } } : {}),
      ...(options.minPort === undefined ? {} : { minPort: options.minPort }),
      ...(options.maxPort === undefined ? {} : { maxPort: options.maxPort }),
      extra: [...(hasIpv6Loopback() ? ['--relay-ip=::1'] : []), ...(options.words ?? [])],
    }),
  )
  const { host, port, tlsPort, child } = server
  const kept = parts.move()
  return {
    kind: 'coturn',
    host,
    port,
    tlsPort,
    realm,
    secret,
    child,
    certificate,
    url: undefined,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function startOurTurn(options: TurnOptions): Promise<TurnUnderTest> {
  for (let attempt = 1; ; attempt++) {
    await using parts = new AsyncDisposableStack()
    const certificate = parts.use(certificateFiles(options.tls))
    const [port, tlsPort] = [await freePort(), await freePort()]
    const ipv6 = hasIpv6Loopback()
    const section = [
      `listen = 127.0.0.1:${port}${ipv6 ? ` [::1]:${port}` : ''}`,
      ...(options.tls
        ? [`tlslisten = 127.0.0.1:${tlsPort}`, `certificate = ${certificate.cert}`, `key = ${certificate.key}`]
        : []),
      `realm = ${realm}`,
      `secret = ${secret}`,
      ...(options.users ? [`users = ${options.users.join(', ')}`] : []),
      `relayaddress = ${relayAddress()}${ipv6 ? ', ::1' : ''}`,
      'allowedpeers = 127.0.0.0/8, ::1/128',
      `challengerate = ${generous}`,
      `bindingrate = ${generous}`,
      'userquota = 0',
      ...(options.minPort === undefined ? [] : [`minport = ${options.minPort}`]),
      ...(options.maxPort === undefined ? [] : [`maxport = ${options.maxPort}`]),
      `legacychannels = ${options.legacyChannels ?? false}`,
      `tcprelay = ${options.tcpRelay ?? false}`,
      `path = ${options.path ?? 'auto'}`,
      ...(options.lines ?? []),
    ]
    // A setting may stand there once only, so a line of the test takes the place of ours.
    const lines = new Map(section.map((line) => [line.slice(0, line.indexOf(' ')), line]))
    try {
      const more = `[turn-server]\n${[...lines.values()].join('\n')}\n\n${options.sections ?? ''}`
      const server = parts.use(await startOurs({ backends: [], allowAll: 'secret-of-the-backends', more }))
      const kept = parts.move()
      return {
        kind: 'ours',
        host: '127.0.0.1',
        port,
        tlsPort: options.tls ? tlsPort : undefined,
        realm,
        secret,
        child: server.child,
        certificate,
        url: server.url,
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      }
    } catch (failure) {
      if (attempt === 3 || !(failure instanceof Error) || !/in use|another program/i.test(failure.message))
        throw failure
    }
  }
}

/** An address of this machine of its own, so that the relay ports of other programs are not in the way. */
function relayAddress(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 250)
  return `127.${octet()}.${octet()}.${octet()}`
}

function certificateFiles(pair: SelfSigned | undefined): Disposable & TurnUnderTest['certificate'] {
  const folder = tempFolder()
  const [cert, key] = [folder.file('cert.pem'), folder.file('key.pem')]
  if (pair) {
    writeFileSync(cert, pair.cert)
    writeFileSync(key, pair.key)
  }
  return { cert, key, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

/** Containers often have none. */
export function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((some) => some?.some(({ address }) => address === '::1'))
}

/** A REST name that is good for an hour, and its password. */
export function restCredential(
  shared: string,
  user = 'alice',
  seconds = 3_600,
): { readonly username: string; readonly password: string } {
  const username = `${Math.floor(Date.now() / 1000) + seconds}:${user}`
  return { username, password: new Bun.CryptoHasher('sha1', shared).update(username).digest('base64') }
}
