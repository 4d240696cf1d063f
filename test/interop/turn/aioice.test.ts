/** An independent ICE agent of another language, with nothing but the relay. */
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

const suite = 'TURN with aioice'
const needed = [debian.python, debian.aioice, debian.openssl, ...serverUnderTest]

for (const path of pathsUnderTest) {
  describe.skipIf(oursMissing(suite) || notRunnable(suite, ...needed))(`${suite}, path = ${path}`, () => {
    let server: TurnUnderTest
    beforeAll(async () => {
      server = await startTurn({ tls: selfSigned(), path })
    }, 30_000)
    afterAll(() => server[Symbol.asyncDispose]())

    for (const transport of ['udp', 'tcp', 'tls']) {
      test.concurrent(`data both ways over ${transport}`, async () => {
        const { username, password } = restCredential(server.secret)
        const port = String(transport === 'tls' ? server.tlsPort : server.port)
        const script = new URL('aioice_call.py', import.meta.url).pathname
        await using child = startChild([debian.python.path, script, server.host, port, transport, username, password], {
          env: { SSL_CERT_FILE: server.certificate.cert },
        })
        const exitCode = await child.exited
        expect({ exitCode, output: child.output() }).toEqual({
          exitCode: 0,
          output: `${JSON.stringify({ kinds: ['relay', 'relay'], heard: [5, 5, 160, 160, 1200, 1200] }).replaceAll(/([:,])/g, '$1 ')}\n`,
        })
      }, 30_000)
    }
  })
}
