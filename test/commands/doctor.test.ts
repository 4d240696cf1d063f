/** The doctor as an operator runs it, before servers that are well and servers that are not. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { startFront, type WebServer, webServers } from '../interop/front/web-server.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { freePort } from '../support/free-port.ts'
import { startOriginal } from '../support/original.ts'
import { ourLauncher, oursMissing, startOurs } from '../support/ours.ts'
import type { RunningServer } from '../support/running-server.ts'
import { selfSigned } from '../support/self-signed.ts'
import { type StubTalk, startStubTalk } from '../support/stub-talk.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Ended, heliograph } from './run.ts'

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

function file(name: string, text: string): string {
  writeFileSync(folder.file(name), text)
  return folder.file(name)
}
const doctor = (...args: readonly string[]): Promise<Ended> => heliograph('doctor', ...args)

/** `ok URL`, `FAIL TCP`, …; each finding is one line, what to do stands indented below it. */
const findings = ({ stdout }: Ended): readonly string[] =>
  [...stdout.matchAll(/^(ok|warn|FAIL|-) +([^:]+): \S/gm)].map(([, verdict, check]) => `${verdict} ${check}`)
const failed = (ended: Ended): readonly string[] => findings(ended).filter((one) => one.startsWith('FAIL'))

test('wrong usage: exit code 2, nothing on standard output', async () => {
  const empty = file('empty', '\n')
  for (const args of [
    [],
    ['http://a', 'http://b'],
    ['http://a', '--nonsense'],
    ['http://a', '--timeout', 'soon'],
    ['http://a', '--timeout', '0'],
    ['http://a', '--backend', 'cloud'],
    ['http://a', '--config', folder.file('nowhere.conf')],
    ['http://a', '--secret-file', folder.file('nowhere')],
    ['http://a', '--secret-file', empty],
  ]) {
    const { code, stdout, stderr } = await doctor(...args)
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).toMatch(/^heliograph doctor: .*\nTry: heliograph doctor --help\n$/)
  }
})

describe.skipIf(notRunnable('doctor', debian.openssl) || oursMissing('doctor'))('a real server', () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let ours: RunningServer
  const output: string[] = []
  const visit = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await doctor(...args)
    output.push(ended.stdout, ended.stderr)
    return ended
  }

  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    const backends = [{ id: 'one', url: talk.url(), secret: talk.secret() }]
    // Nobody may see the statistics but one whom a proxy would have to name.
    const more = '[stats]\nallowed_ips = 127.0.0.1\n[app]\ntrustedproxies = 127.0.0.9\n'
    ours = parts.use(await startOurs({ backends, more }))
  })
  afterAll(() => parts.disposeAsync())

  test('a good one: nothing fails', async () => {
    const ended = await visit(ours.url, '--config', ours.configFile)
    expect(findings(ended)).toEqual([
      'ok configuration',
      'ok URL',
      'ok TCP',
      'ok welcome',
      'ok features',
      'ok clock',
      'ok WebSocket',
      'ok SFU',
      'ok secret',
      'ok large body',
      'ok client address',
      'ok Nextcloud',
      'ok Nextcloud clock',
    ])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/\n\nNothing failed/)
    expect(ended.stderr).toBe('')
  })

  test('with url and secret in place of a configuration', async () => {
    const secret = file('right', `${talk.secret()}\n`)
    const ended = await visit(ours.url, '--backend', talk.url(), '--secret-file', secret)
    expect([ended.code, failed(ended)]).toEqual([0, []])
    expect(ended.stdout).toContain('\nok    secret: ')
  })

  test('a wrong secret, and the right one for a url that the server does not know', async () => {
    const wrong = file('wrong', 'not-the-secret')
    const ended = await visit(ours.url, '--backend', talk.url(), '--secret-file', wrong)
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL secret']])
    expect(ended.stdout).toContain('it has another secret\n      -> ')

    const right = file('right', talk.secret())
    const elsewhere = await visit(ours.url, '--backend', talk.url('two'), '--secret-file', right)
    expect([elsewhere.code, failed(elsewhere)]).toEqual([1, ['FAIL secret']])
    expect(elsewhere.stdout).toContain(
      `the secret is right, but the server knows no backend with the url ${talk.url('two')}`,
    )
  })

  test('a url that the configuration does not know; a configuration that cannot be used', async () => {
    const ended = await visit(ours.url, '--config', ours.configFile, '--backend', talk.url('two'))
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL configuration']])
    expect(ended.stdout).toContain(`only for ${talk.url()}`)
    const bad = await visit(ours.url, '--config', file('bad.conf', '[http]\nlisten = nonsense\n'))
    expect([bad.code, failed(bad)]).toEqual([1, ['FAIL configuration']])
  })

  test('an SFU that is configured and cannot be reached', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`
    await using server = await startOurs({ backends: [], more: `[mcu]\ntype = janus\nurl = ${url}\n` })
    const ended = await visit(server.url)
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL SFU']])
    expect(ended.stdout).toContain(`does not reach it: "${url}". Calls have no sound`)
  })

  test('a prefix too many', async () => {
    const ended = await visit(`${ours.url}/standalone-signaling`)
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL welcome']])
    expect(ended.stdout).toContain(`Enter ${ours.url} in Talk`)
  })

  test('a web server that is no signaling server', async () => {
    const ended = await visit(talk.url())
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL welcome']])
    expect(findings(ended)).toContain('- WebSocket, SFU, secret, client address')
  })

  test('a port at which nobody listens', async () => {
    const ended = await visit(`http://127.0.0.1:${await freePort()}/standalone-signaling`)
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL TCP']])
    expect(ended.stdout).toContain('nothing listens there')
  })

  test('something that never answers: the time limit counts', async () => {
    using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const ended = await visit(`http://127.0.0.1:${silent.port}`, '--timeout', '0.3')
    expect([ended.code, failed(ended)]).toEqual([1, ['FAIL welcome']])
    expect(ended.stdout).toContain('not answered in time')
  })

  test('something that hangs up, and something that talks nonsense', async () => {
    for (const say of ['', '220 mail.example.org ESMTP\r\n', '\u001b]0;owned\u0007\r\n\r\n']) {
      using rude = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        socket: {
          data(socket) {
            socket.end(say)
          },
        },
      })
      const ended = await visit(`http://127.0.0.1:${rude.port}`)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL welcome']])
      expect(ended.stdout).not.toContain('\u001b')
    }
  })

  describe('TLS', () => {
    let port = 0
    let authority = ''
    beforeAll(async () => {
      const pair = selfSigned()
      authority = file('authority.pem', pair.cert)
      const key = file('key.pem', pair.key)
      port = await freePort()
      const more = `[https]\nlisten = 127.0.0.1:${port}\ncertificate = ${authority}\nkey = ${key}\n`
      parts.use(await startOurs({ backends: [], allowAll: 'the-secret-of-all', more }))
    })

    test('self-signed', async () => {
      const ended = await visit(`https://127.0.0.1:${port}`)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL TLS']])
      expect(ended.stdout).toContain('self-signed')
    })

    test('trusted: everything goes through it', async () => {
      const child = Bun.spawn(
        [ourLauncher, 'doctor', `https://localhost:${port}`, '--secret-file', file('all', 'the-secret-of-all')],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority }, stdout: 'pipe', timeout: 10_000 },
      )
      const stdout = await new Response(child.stdout).text()
      expect(failed({ code: await child.exited, stdout, stderr: '' })).toEqual([])
      for (const check of ['TLS', 'welcome', 'WebSocket', 'secret', 'large body']) {
        expect(stdout).toContain(`\nok    ${check}: `)
      }
    })

    test('a port without TLS', async () => {
      const ended = await visit(ours.url.replace('http:', 'https:'))
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL TLS']])
      expect(ended.stdout).toContain('does not speak TLS')
    })
  })

  describe.skipIf(notRunnable('doctor behind nginx', debian.nginx))('behind nginx', () => {
    test('as documented', async () => {
      const [documented = bare('')] = webServers
      await using front = await startFront(documented, ours.address)
      const ended = await visit(front.url, '--config', ours.configFile)
      expect([ended.code, failed(ended)]).toEqual([0, []])
      expect(ended.stdout).toContain('answered by "nginx')
    })

    test('without upgrade headers, with its own limit of bodies, and with whatever address the client claims', async () => {
      await using front = await startFront(bare('proxy_bind 127.0.0.9;'), ours.address)
      const ended = await visit(front.url, '--config', ours.configFile)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL WebSocket', 'FAIL client address']])
      expect(ended.stdout).toContain('the headers Upgrade and Connection do not reach the server (status 400)')
      expect(ended.stdout).toContain('proxy_set_header Upgrade $http_upgrade')
      expect(findings(ended)).toContain('warn large body')
    })

    test('in front of nothing for WebSockets', async () => {
      const nowhere = await freePort()
      const more = `} location /standalone-signaling/spreed { proxy_pass http://127.0.0.1:${nowhere}/spreed;`
      await using front = await startFront(bare(more), ours.address)
      const ended = await visit(front.url)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL WebSocket']])
      expect(ended.stdout).toContain('cannot reach the signaling server for /spreed (status 502)')
    })

    /** Leaves the prefix on where the welcome is not asked for. */
    test('with the prefix left on WebSockets', async () => {
      const more = `} location /standalone-signaling/spreed { proxy_pass http://${ours.address};`
      await using front = await startFront(bare(more), ours.address)
      const ended = await visit(front.url)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL WebSocket']])
      expect(ended.stdout).toContain('with a wrong path (status 404)')
    })
  })

  const original = [debian.signalingServer, debian.nats]
  test.skipIf(notRunnable('doctor and the original', ...original))(
    'nextcloud-spreed-signaling 0.4.1: too old',
    async () => {
      const backends = [{ id: 'one', url: talk.url(), secret: talk.secret() }]
      await using old = await startOriginal({ backends })
      const ended = await visit(old.url, '--config', old.configFile)
      expect([ended.code, failed(ended)]).toEqual([1, ['FAIL features']])
      expect(ended.stdout).toContain('does not use the server: hello-v2, incall-all, switchto')
      expect(findings(ended)).toEqual(expect.arrayContaining(['warn WebSocket', 'ok secret']))
    },
  )

  test('no secret was shown in any of this', () => {
    expect(output.join('')).not.toBe('')
    for (const secret of [talk.secret(), talk.secret('two'), 'not-the-secret', 'the-secret-of-all']) {
      expect(output.join('')).not.toContain(secret)
    }
  })
})

/** nginx as somebody sets it up who has never heard of WebSockets. */
function bare(more: string): WebServer {
  return {
    name: 'nginx',
    program: debian.nginx,
    command: ({ folder: place, port, documented }) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      const upstream = /server ([^;]+);/.exec(documented('nginx/upstream.conf'))?.[1] ?? ''
      writeFileSync(
        place.file('nginx.conf'),
        `daemon off;
        master_process off;
        pid ${place.file('nginx.pid')};
        error_log stderr;
        events {}
        http {
          access_log off;
          ${temporary.map((kind) => `${kind}_temp_path ${place.file(kind)};`).join('\n')}
          server {
            listen 127.0.0.1:${port};
            location /standalone-signaling/ { proxy_pass http://${upstream}/; ${more} }
          }
        }`,
      )
      return [debian.nginx.path, '-p', place.path, '-e', 'stderr', '-c', place.file('nginx.conf')]
    },
  }
}
