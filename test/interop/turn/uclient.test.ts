/** Coturn's own clients in their modes: over UDP, TCP and TLS, with channels and indications, among themselves, over IPv6 and RFC 6062. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import {
  hasIpv6Loopback,
  pathsUnderTest,
  serverUnderTest,
  startTurn,
  type TurnUnderTest,
} from '../../support/turn-under-test.ts'
import { type EchoPeer, runUclient, startEchoPeer } from '../../support/uclient.ts'

const suite = "TURN with coturn's clients"
const needed = [debian.turnClient, debian.turnPeer, debian.stunClient, debian.openssl, ...serverUnderTest]

// Left out: -y over TLS, where the client loses its own first messages, and -R, which hangs at times against any server.
interface Mode {
  readonly name: string
  readonly words: readonly string[]
  /** Peers are IPv6, too. */
  readonly ipv6?: true
  readonly host?: '::1'
  /** What the portable path cannot do, and says so. */
  readonly rawOnly?: true
}

const modes: readonly Mode[] = [
  { name: 'channels over UDP', words: [] },
  { name: 'without RTCP', words: ['-c'] },
  { name: 'Send indications over UDP', words: ['-s'] },
  { name: "don't fragment", words: ['-g'], rawOnly: true },
  { name: "Send indications, don't fragment", words: ['-s', '-g'], rawOnly: true },
  { name: 'clients among themselves', words: ['-y', '-c'] },
  { name: 'clients among themselves with Send indications', words: ['-y', '-c', '-s'] },
  { name: 'ChannelData padded though over UDP', words: ['-D'] },
  { name: 'more requests than needed', words: ['-G'] },
  { name: 'channels over TCP', words: ['-t'] },
  { name: 'Send indications over TCP', words: ['-t', '-s'] },
  { name: 'clients among themselves over TCP', words: ['-t', '-y', '-c'] },
  { name: 'channels over TLS', words: ['-t', '-S'] },
  { name: 'Send indications over TLS', words: ['-t', '-S', '-s'] },
  { name: 'TCP relay (RFC 6062)', words: ['-T'] },
  { name: 'TCP relay, over TLS', words: ['-T', '-S'] },
  { name: 'IPv4 asked for', words: ['-X'] },
  { name: 'IPv6 peers', words: ['-x'], ipv6: true },
  { name: 'IPv6 peers over TCP', words: ['-x', '-t'], ipv6: true },
  { name: 'IPv6 clients of IPv6 peers', words: ['-x'], ipv6: true, host: '::1' },
  { name: 'IPv6 clients of IPv6 peers over TCP', words: ['-x', '-t'], ipv6: true, host: '::1' },
  { name: 'IPv6 clients of IPv4 peers', words: [], host: '::1' },
]

/** Over streams only so many at once: each opens several connections, and an address may have 32 without an allocation. */
const mostOverStreams = 5
const isOverStream = (words: readonly string[]): boolean => ['-t', '-T', '-S'].some((word) => words.includes(word))

/** Lets `most` callers in at once, the others as soon as one has left. */
function createGate(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let inside = 0
  return async (work) => {
    if (inside === most) await new Promise<void>((resolve) => waiting.push(resolve))
    else inside++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else inside--
    }
  }
}

for (const path of pathsUnderTest) {
  const gate = createGate(mostOverStreams)
  describe.skipIf(oursMissing(suite) || notRunnable(suite, ...needed))(`${suite}, path = ${path}`, () => {
    const parts = new AsyncDisposableStack()
    let server: TurnUnderTest
    let statically: TurnUnderTest
    let peer: EchoPeer
    let peer6: EchoPeer | undefined
    const ipv6 = hasIpv6Loopback()
    if (!ipv6) console.log(`NOT RUN: ${suite}, IPv6: needs ::1`)

    beforeAll(async () => {
      // Coturn lets in all channels and has the TCP relay unless it is told otherwise.
      const options = {
        tls: selfSigned(),
        legacyChannels: true,
        tcpRelay: true,
        path,
        words: ipv6 ? ['--listening-ip=::1'] : [],
      }
      const started = await Promise.all([
        startTurn(options),
        startTurn({ ...options, users: ['bob:a password of his'] }),
        startEchoPeer(),
        ipv6 ? startEchoPeer('::1') : undefined,
      ])
      for (const one of started) if (one) parts.use(one)
      ;[server, statically, peer, peer6] = started
    }, 30_000)
    afterAll(() => parts.disposeAsync())

    // Each takes seconds of waiting and next to no work, so they wait together.
    describe('relays everything', () => {
      for (const { name, words, ipv6: six, host, rawOnly } of modes) {
        if (rawOnly && path === 'portable') continue

        test.concurrent.skipIf((six === true || host !== undefined) && !ipv6)(
          name,
          async () => {
            const work = () =>
              runUclient(server, {
                words,
                ...(host ? { host } : {}),
                peer: (six && peer6) || peer,
                username: 'alice',
                secret: server.secret,
              })
            const run = await (isOverStream(words) ? gate(work) : work())
            expect({ exitCode: run.exitCode, lost: run.lost, output: run.output }).toEqual({
              exitCode: 0,
              lost: 0,
              output: expect.any(String),
            })
            expect(run.received).toBe(run.sent)
            expect(run.sent).toBeGreaterThanOrEqual(20)
          },
          40_000,
        )
      }

      for (const words of [[], ['-t'], ['-t', '-S']]) {
        test.concurrent(`a static user ${words.join(' ')}`, async () => {
          const run = await runUclient(statically, { words, peer, username: 'bob', password: 'a password of his' })
          expect([run.exitCode, run.lost]).toEqual([0, 0])
        }, 40_000)
      }

      for (const [name, credentials] of [
        ['a wrong secret', { secret: 'another secret' }],
        ['a wrong password', { password: 'not his' }],
      ] as const) {
        test.concurrent(`nothing with ${name}`, async () => {
          const run = await runUclient(server, { words: [], peer, username: 'alice', ...credentials })
          expect(run.exitCode).not.toBe(0)
          expect(run.output).toContain('Cannot complete Allocation')
        }, 40_000)
      }

      test.concurrent('tells its address to turnutils_stunclient', async () => {
        const asked = Bun.spawn([debian.stunClient.path, '-p', String(server.port), server.host], { stdout: 'pipe' })
        expect(await new Response(asked.stdout).text()).toMatch(/reflexive addr: 127\.0\.0\.1:\d+/)
        expect(await asked.exited).toBe(0)
      })
    })
  })
}
