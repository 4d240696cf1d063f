/** Debian's turnutils: the load client of coturn against a server under test, and the echo that it sends to. */
import { createSocket } from 'node:dgram'
import { type Child, startChild } from './child.ts'
import { debian } from './deb.ts'
import type { TurnUnderTest } from './turn-under-test.ts'

export interface EchoPeer extends AsyncDisposable {
  readonly address: string
  readonly port: number
}

/** turnutils_peer: sends everything back, on a port and the one above it, which is for RTCP. */
export async function startEchoPeer(address = '127.0.0.1'): Promise<EchoPeer> {
  for (let attempt = 1; ; attempt++) {
    await using parts = new AsyncDisposableStack()
    // Below the ports that the system and relays give out, so that nobody takes the second one.
    const port = 20_000 + 2 * Math.floor(Math.random() * 6_000)
    const child = parts.use(startChild([debian.turnPeer.path, '-L', address, '-p', String(port)]))
    if ((await echoes(address, port, child)) && (await echoes(address, port + 1, child))) {
      const kept = parts.move()
      return { address, port, [Symbol.asyncDispose]: () => kept.disposeAsync() }
    }
    if (attempt === 3) throw new Error(`turnutils_peer does not answer:\n${child.output()}`)
  }
}

async function echoes(address: string, port: number, child: Child): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  // The octets tell it from somebody else who has the port.
  const question = crypto.randomUUID()
  const answered = new Promise<true>((resolve) =>
    socket.on('message', (message) => message.toString() === question && resolve(true)),
  )
  socket.on('error', () => {})
  try {
    for (let attempt = 0; attempt < 100 && !child.hasExited(); attempt++) {
      socket.send(question, port, address)
      if (await Promise.race([answered, Bun.sleep(25)])) return true
    }
    return false
  } finally {
    socket.close()
  }
}

export interface UclientRun {
  readonly exitCode: number
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly output: string
}

export interface UclientOptions {
  /** Where the server is asked, if not at its IPv4 address. */
  readonly host?: string
  readonly words: readonly string[]
  readonly peer: EchoPeer
  readonly username: string
  /** Either a password or the secret of REST names, from which it makes both itself. */
  readonly password?: string
  readonly secret?: string
}

/** Runs turnutils_uclient to its end; to the TLS port if `-S` is among the words. */
export async function runUclient(server: TurnUnderTest, options: UclientOptions): Promise<UclientRun> {
  const { words, peer, username, password, secret } = options
  const port = words.includes('-S') ? server.tlsPort : server.port
  await using child = startChild([
    ...[debian.turnClient.path, ...words, '-u', username, '-p', String(port)],
    ...(password === undefined ? [] : ['-w', password]),
    ...(secret === undefined ? [] : ['-W', secret]),
    ...['-e', peer.address, '-r', String(peer.port), '-m', '2', '-n', '10', '-l', '120', options.host ?? server.host],
  ])
  const exitCode = await child.exited
  const output = child.output()
  const last = (pattern: RegExp): number => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? Number.NaN)
  return {
    exitCode,
    sent: last(/tot_send_msgs=(\d+)/g),
    received: last(/tot_recv_msgs=(\d+)/g),
    lost: last(/Total lost packets (\d+)/g),
    output,
  }
}
