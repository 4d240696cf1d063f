/** Debian's turnutils: the load client of coturn against a server under test, and the echo that it sends to. */
import { createSocket } from 'node:dgram'
import { type Child, startChild } from './child.ts'
import { debian } from './deb.ts'
import type { TurnUnderTest } from './turn-under-test.ts'

export interface EchoPeer extends AsyncDisposable {
  readonly address: string
  readonly port: number
}

/** turnutils_peer: sends everything back, on a port and the one above it. */
export async function startEchoPeer(address = '127.0.0.1'): Promise<EchoPeer> {
  for (let attempt = 1; ; attempt++) {
    await using parts = new AsyncDisposableStack()
    const port = await freeUdpPort(address)
    const child = parts.use(startChild([debian.turnPeer.path, '-L', address, '-p', String(port)]))
    if (await echoes(address, port, child)) {
      const kept = parts.move()
      return { address, port, [Symbol.asyncDispose]: () => kept.disposeAsync() }
    }
    if (attempt === 3) throw new Error(`turnutils_peer does not answer:\n${child.output()}`)
  }
}

/** A UDP port that nobody has at the moment. */
function freeUdpPort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', reject)
    socket.bind(0, address, () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

async function echoes(address: string, port: number, child: Child): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const answered = new Promise<true>((resolve) => socket.once('message', () => resolve(true)))
  socket.on('error', () => {})
  try {
    for (let attempt = 0; attempt < 200 && !child.hasExited(); attempt++) {
      socket.send('there?', port, address)
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
    ...['-e', peer.address, '-r', String(peer.port), '-m', '2', '-n', '10', '-l', '120', server.host],
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
