/** The presence front end as a part of the whole server: beside the others, measured, and stopped. */
import { expect, test } from 'bun:test'
import { startStubOidc } from '../../support/oidc-stub.ts'
import { openPresence, presenceSection, startPresenceServer } from '../../support/presence-client.ts'

const everybody = '[stats]\nallowed_ips = 127.0.0.1\n'

test('who is online is told as metrics, and the other routes are where they were', async () => {
  await using oidc = startStubOidc()
  await using server = await startPresenceServer(`${everybody}${presenceSection(oidc.issuer, 'path = /presence')}`)
  const get = (path: string) => fetch(`http://${server.address}${path}`)
  await using ann = await openPresence(server.address, await oidc.token(), { path: '/presence' })
  await using two = await openPresence(server.address, await oidc.token(), { path: '/presence' })
  await ann.next()
  await two.next()
  await get('/presence')
  const metrics = await (await get('/metrics')).text()
  expect(metrics).toContain('heliograph_presence_users 1\n')
  expect(metrics).toContain('heliograph_presence_connections 2\n')
  expect(metrics).toContain('heliograph_presence_tokens_refused_total{why="missing"} 1\n')
  expect((await get('/api/v1/welcome')).status).toBe(200)
  expect((await get('/')).status).toBe(404)
})

test('a server that stops says so to everybody, and takes nobody new', async () => {
  await using oidc = startStubOidc()
  await using server = await startPresenceServer(presenceSection(oidc.issuer))
  await using ann = await openPresence(server.address, await oidc.token())
  await ann.next()
  const stopping = server[Symbol.asyncDispose]()
  expect(await ann.closed()).toEqual({ code: 1012, reason: 'the server restarts' })
  await stopping
  await expect(openPresence(server.address, await oidc.token())).rejects.toThrow()
})

test('[S33, S34] a burst of candidates arrives whole and in order over a socket, whoever sends meanwhile', async () => {
  await using oidc = startStubOidc()
  await using server = await startPresenceServer(presenceSection(oidc.issuer))
  const client = async (sub: string) => openPresence(server.address, await oidc.token({ sub }))
  await using ann = await client('ann')
  await using ben = await client('ben')
  await using cas = await client('cas')
  const target = { issuer: oidc.issuer, subject: 'cas' }
  for (let number = 0; number < 60; number++) {
    for (const sender of [ann, ben]) sender.send({ type: 'new-icecandidate', target, body: { number } })
  }
  const heard = new Map<unknown, unknown[]>([
    ['ann', []],
    ['ben', []],
  ])
  for (let count = 0; count < 120; ) {
    const frame = (await cas.next()) as {
      readonly type: string
      readonly origin: { readonly subject: string }
      readonly body: { readonly number: number }
    }
    if (frame.type !== 'new-icecandidate') continue
    count++
    heard.get(frame.origin.subject)?.push(frame.body.number)
  }
  const all = Array.from({ length: 60 }, (_, number) => number)
  expect([heard.get('ann'), heard.get('ben')]).toEqual([all, all])
})
