/** The original's own load client, against the original, against our server, and against a stand-in that makes its ids here. */
import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import type { IdData } from '../../support/cookie-ids.ts'
import { decodeId, encodeId } from '../../support/cookie-ids.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { startOriginal } from '../../support/original.ts'
import { clientRates, startOriginalClient } from '../../support/original-client.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer, ServerSettings } from '../../support/running-server.ts'
import { serverConf, testKeys } from '../../support/server-conf.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const clients = 20
const anyBackend: ServerSettings = { backends: [], allowAll: 'a-secret-for-every-backend' }

async function rates(server: RunningServer): Promise<void> {
  await using client = startOriginalClient(server.address, server.configFile, clients)
  const [first] = await client.said(/All connections established|Received error.*|panic.*/, 10_000)
  expect(first).toBe('All connections established')
  const measured = await clientRates(client)
  console.log(`${measured.sentPerSecond} messages sent, ${measured.receivedPerSecond} received per second`)
  client.kill('SIGINT')
  expect(await client.exited).toBe(0)
  expect(client.output()).not.toMatch(/Received (error|bye)/)
  expect(measured.received).toBeGreaterThan(clients)
  // What is under way when it counts is not lost: a second's worth at most.
  expect(measured.sent - measured.received).toBeLessThan(Math.max(1_000, measured.sentPerSecond))
}

const withOriginal = 'load client with the original'
describe.skipIf(notRunnable(withOriginal, debian.signalingServer, debian.nats))(withOriginal, () => {
  test('connects, greets, sends and receives', async () => {
    await using server = await startOriginal(anyBackend)
    await rates(server)
  }, 60_000)
})

const withOurs = 'load client with our server'
describe.skipIf(oursMissing(withOurs) || notRunnable(withOurs, debian.signalingClient))(withOurs, () => {
  test('connects, greets, sends and receives', async () => {
    await using server = await startOurs({ ...anyBackend, more: '[sessions]\nidformat = cookie\n' })
    await rates(server)
  }, 60_000)
})

const withStandIn = 'load client with ids made here'
describe.skipIf(notRunnable(withStandIn, debian.signalingClient))(withStandIn, () => {
  test('it reads our private ids, and the public ids that it makes of them lead back to the session', async () => {
    using folder = tempFolder()
    const reached = Promise.withResolvers<IdData | undefined>()
    const created = Uint8Array.from(Buffer.from('010000000ee293744b3572328c0000', 'hex'))
    let sid = 0n
    const standIn = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 404 })),
      websocket: {
        message: (socket, frame) => {
          const message = parseJson(String(frame))
          if (textAt(message, 'type') === 'hello') {
            sid += 1n
            const iv = crypto.getRandomValues(new Uint8Array(16))
            const seconds = Math.floor(Date.now() / 1000)
            const resumeid = encodeId('private-session', { sid, created, backendId: 'compat' }, testKeys, seconds, iv)
            const hello = { version: '1.0', sessionid: `any-${sid}`, resumeid, userid: 'sample-user' }
            socket.send(JSON.stringify({ type: 'hello', hello }))
          } else
            reached.resolve(
              decodeId('public-session', textAt(message, 'message', 'recipient', 'sessionid') ?? '', testKeys),
            )
        },
      },
    })
    try {
      const configFile = folder.file('server.conf')
      const address = `127.0.0.1:${standIn.port}`
      writeFileSync(configFile, serverConf({ ...anyBackend, listen: address }))
      await using client = startOriginalClient(address, configFile, 2)
      const found = await Promise.race([reached.promise, client.exited.then(() => undefined)])
      expect(client.output()).not.toContain('could not decode')
      expect(found).toMatchObject({ created, backendId: 'compat' })
      expect([1n, 2n]).toContain(found?.sid ?? 0n)
    } finally {
      await standIn.stop(true)
    }
  }, 30_000)
})
