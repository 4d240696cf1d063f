/** Starts that are refused with a reason, and certificates that are replaced while clients are connected. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { ourLauncher, oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { serverConf } from '../../support/server-conf.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { startTurnClient } from '../../support/turn-client.ts'
import { restCredential, startTurn, type TurnUnderTest } from '../../support/turn-under-test.ts'
import { words } from './asking.ts'

const suite = 'TURN: starting, and certificates'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  describe('refuses to start', () => {
    const { cert } = selfSigned()
    const other = selfSigned()
    const tls = 'secret = s\ntlslisten = 127.0.0.1:0\ncertificate = CERT\nkey = KEY'

    for (const { name, lines, files = {}, says } of [
      { name: 'if nobody could use it', lines: '', says: /secret.*users.*authurl/s },
      {
        name: 'with a certificate that is none',
        lines: tls,
        files: { cert: 'nonsense', key: other.key },
        says: /cert\.pem.*PEM/,
      },
      {
        name: 'with a key that belongs to another certificate',
        lines: tls,
        files: { cert, key: other.key },
        says: /key/,
      },
      { name: 'with a certificate that is not there', lines: tls, says: /certificate|cert\.pem/ },
      {
        name: 'with no port to relay from',
        lines: 'secret = s\nminport = 60000\nmaxport = 50000',
        says: /minport|maxport/,
      },
      {
        name: 'with a peer range that is none',
        lines: 'secret = s\nallowedpeers = 10.0.0.0/99',
        says: /allowedpeers.*10\.0\.0\.0\/99/,
      },
    ] as const satisfies readonly {
      readonly name: string
      readonly lines: string
      readonly files?: { readonly cert?: string; readonly key?: string }
      readonly says: RegExp
    }[]) {
      test.concurrent(name, async () => {
        using folder = tempFolder()
        const [certFile, keyFile] = [folder.file('cert.pem'), folder.file('key.pem')]
        for (const [file, text] of [
          [certFile, 'cert' in files ? files.cert : undefined],
          [keyFile, 'key' in files ? files.key : undefined],
        ] as const) {
          if (text !== undefined) writeFileSync(file, text)
        }
        const more = `[turn-server]\nlisten = 127.0.0.1:${await freePort()}\n${lines.replace('CERT', certFile).replace('KEY', keyFile)}\n`
        const file = folder.file('server.conf')
        writeFileSync(file, serverConf({ listen: `127.0.0.1:${await freePort()}`, backends: [], allowAll: 'x', more }))
        await using child = startChild([ourLauncher, 'serve', '--config', file])
        expect(await child.exited).toBe(1)
        expect(child.output()).toMatch(says)
        expect(child.output()).toContain('cannot start')
      }, 20_000)
    }
  })

  describe('a certificate that is replaced', () => {
    let server: TurnUnderTest
    const [first, second] = [selfSigned('first.example.org'), selfSigned('second.example.org')]
    beforeAll(async () => {
      server = await startTurn({ tls: first, lines: ['workers = 1'] }, 'ours')
    }, 20_000)
    afterAll(() => server[Symbol.asyncDispose]())

    /** The name in the certificate that a new connection is shown. */
    const shownName = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: server.host, port: server.tlsPort, rejectUnauthorized: false }, () => {
          const { raw } = socket.getPeerCertificate()
          socket.destroy()
          resolve(new X509Certificate(raw).subject)
        })
        socket.once('error', reject)
      })

    /** As certbot does: new files beside the old ones, then renamed over them. */
    const replace = (name: 'cert' | 'key', text: string): void => {
      const path = server.certificate[name]
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    }

    test('is shown to who comes next; who is connected goes on; a broken one changes nothing', async () => {
      const place = { host: server.host, port: server.tlsPort ?? 0 }
      using client = await startTurnClient('tls', place, restCredential(server.secret))
      await client.allocate()
      expect(await shownName()).toContain('first.example.org')

      replace('cert', second.cert)
      replace('key', second.key)
      for (let attempt = 0; attempt < 200 && !(await shownName()).includes('second'); attempt++) await Bun.sleep(50)
      expect(await shownName()).toContain('second.example.org')
      expect(words(await client.ask('refresh'))).toBe('ok 600s')

      replace('cert', 'nonsense')
      await server.child.said(/"fact":"certificate-unusable"/, 10_000)
      expect(await shownName()).toContain('second.example.org')
      expect(words(await client.ask('refresh'))).toBe('ok 600s')
    }, 30_000)
  })
})
