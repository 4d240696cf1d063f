/** A server with a private address behind 1:1 address translation, as on rented machines, and clients outside. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { type Child, startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { type Namespace, namespaces, namespacesMissing, natTable } from '../../support/netns.ts'
import { ourLauncher, oursMissing } from '../../support/ours.ts'
import { serverConf } from '../../support/server-conf.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { restCredential } from '../../support/turn-under-test.ts'

const suite = 'TURN behind address translation'
const secret = 'rest-secret-of-the-tests'

// Public addresses, since others would be refused; no packet leaves the namespaces.
const external = '11.77.0.7'
const outsideAddress = '11.77.0.100'
const privateAddress = '10.77.0.2'

describe.skipIf(oursMissing(suite) || namespacesMissing(suite))(suite, () => {
  const parts = new AsyncDisposableStack()
  let outside: Namespace

  beforeAll(async () => {
    const all = parts.use(namespaces())
    const [inside, router] = [all.add('inside'), all.add('router')]
    outside = all.add('outside')
    all.join(inside, `${privateAddress}/24`, router, '10.77.0.1/24')
    all.join(router, '11.77.0.1/24', outside, `${outsideAddress}/24`)
    router.run(debian.ip.path, 'addr', 'add', `${external}/32`, 'dev', 'a1')
    router.run('/bin/sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    inside.run(debian.ip.path, 'route', 'add', 'default', 'via', '10.77.0.1')
    all.filter(router, natTable(external, privateAddress))
    parts.use(await startServer(inside))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  async function startServer(inside: Namespace): Promise<Child> {
    const folder = parts.use(tempFolder())
    const file = folder.file('server.conf')
    const more = [
      '[turn-server]',
      `listen = ${privateAddress}:3478`,
      `relayaddress = ${privateAddress}`,
      `externaladdress = ${external}`,
      `secret = ${secret}`,
      'userquota = 0',
      // All clients of the test have one address and come at once.
      'challengerate = 1000',
      // For coturn's client.
      'legacychannels = true',
    ]
    writeFileSync(file, serverConf({ listen: '127.0.0.1:8080', backends: [], allowAll: 'x', more: more.join('\n') }))
    const child = startChild([...inside.inside, ourLauncher, 'serve', '--config', file])
    await child.said(/"fact":"listening"/, 15_000)
    return child
  }

  test('clients are told the external address, reach peers and each other by it, and nothing inside', async () => {
    const { username, password } = restCredential(secret)
    const script = new URL('nat-client.ts', import.meta.url).pathname
    await using client = startChild([
      ...[...outside.inside, process.execPath, script],
      ...[external, '3478', username, password, outsideAddress],
    ])
    const exitCode = await client.exited
    expect({ exitCode, said: client.output().trim() }).toEqual({
      exitCode: 0,
      said: JSON.stringify({
        relayed: `${external}:0`,
        mapped: `${outsideAddress}:0`,
        heard: 'hello',
        heardFromRelay: true,
        back: 'hello back',
        between: ['ok', 'ok'],
        across: 'across',
        ownListener: '403',
        insideTheNetwork: '403',
      }),
    })
  }, 30_000)

  describe.skipIf(notRunnable(suite, debian.turnClient, debian.turnPeer))("coturn's client outside", () => {
    for (const words of [[], ['-s'], ['-y', '-c'], ['-t']]) {
      test.concurrent(`loses nothing ${words.join(' ')}`, async () => {
        const port = String(20_000 + 2 * Math.floor(Math.random() * 6_000))
        await using _peer = startChild([...outside.inside, debian.turnPeer.path, '-L', outsideAddress, '-p', port])
        await using client = startChild([
          ...[...outside.inside, debian.turnClient.path, ...words, '-u', 'alice', '-W', secret, '-p', '3478'],
          ...['-e', outsideAddress, '-r', port, '-m', '2', '-n', '10', '-l', '120', external],
        ])
        const exitCode = await client.exited
        const output = client.output()
        const lost = /Total lost packets (\d+)/.exec(output)?.[1]
        expect({ exitCode, lost, output }).toEqual({ exitCode: 0, lost: '0', output: expect.any(String) })
      }, 40_000)
    }
  })
})
