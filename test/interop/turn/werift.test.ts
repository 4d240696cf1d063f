/** A WebRTC stack of npm, with nothing but the relay. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import {
  pathsUnderTest,
  restCredential,
  serverUnderTest,
  startTurn,
  type TurnUnderTest,
} from '../../support/turn-under-test.ts'

const suite = 'TURN with werift'

for (const path of pathsUnderTest) {
  describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl, ...serverUnderTest))(
    `${suite}, path = ${path}`,
    () => {
      let server: TurnUnderTest
      beforeAll(async () => {
        server = await startTurn({ tls: selfSigned(), path })
      }, 30_000)
      afterAll(() => server[Symbol.asyncDispose]())

      for (const [transport, url] of [
        ['udp', () => `turn:127.0.0.1:${server.port}?transport=udp`],
        ['tcp', () => `turn:127.0.0.1:${server.port}?transport=tcp`],
        ['tls', () => `turns:127.0.0.1:${server.tlsPort}?transport=tcp`],
      ] as const) {
        test.concurrent(`a data channel over ${transport}`, async () => {
          const { username, password } = restCredential(server.secret)
          const script = new URL('werift-call.ts', import.meta.url).pathname
          await using child = startChild([process.execPath, script, url(), username, password], {
            env: { NODE_EXTRA_CA_CERTS: server.certificate.cert },
          })
          const exitCode = await child.exited
          expect({ exitCode, output: child.output() }).toEqual({
            exitCode: 0,
            output: `${JSON.stringify({ kinds: ['relay', 'relay'], outcome: ['hello', 'hello back'] })}\n`,
          })
        }, 30_000)
      }
    },
  )
}
