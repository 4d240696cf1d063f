/** /ice with a presence token: whoever may connect needs no API key of the operator. */
import { expect, test } from 'bun:test'
import { userKey } from '../../../src/core/ids.ts'
import { turnName } from '../../../src/protocols/presence/names.ts'
import { startStubOidc } from '../../support/oidc-stub.ts'
import { presenceSection, startPresenceServer } from '../../support/presence-client.ts'

interface Answer {
  readonly iceServers: readonly { readonly urls: readonly string[]; readonly username: string }[]
}

const turn = '[turn]\napikey = the-key\nsecret = s\nservers = turn:turn.example:3478\n'

test('[S27] a good token is answered with ICE servers of its user, a bad one as if there were none', async () => {
  await using oidc = startStubOidc()
  await using server = await startPresenceServer(`${turn}${presenceSection(oidc.issuer)}`)
  const ask = (token: string) =>
    fetch(`http://${server.address}/ice?username=somebody-else`, { headers: { authorization: `Bearer ${token}` } })

  const good = await ask(await oidc.token())
  const { iceServers } = (await good.json()) as Answer
  expect(iceServers[0]?.urls).toEqual(['turn:turn.example:3478'])
  expect(iceServers[0]?.username.split(':')[1]).toBe(turnName(userKey(oidc.issuer, 'alice')))

  expect((await ask(await oidc.token({ exp: 1 }))).status).toBe(403)
  expect((await ask(await oidc.token({ aud: 'x' }))).status).toBe(403)
  expect((await ask('the-key')).status).toBe(200)
  expect((await fetch(`http://${server.address}/ice`)).status).toBe(401)
})

test('[S27] without an API key the page is there for those who have a token, and for nobody else', async () => {
  await using oidc = startStubOidc()
  await using server = await startPresenceServer(
    `[turn-server]\nlisten = 127.0.0.1:0\nsecret = s\nhostname = turn.example\n${presenceSection(oidc.issuer)}`,
  )
  const url = `http://${server.address}/ice`
  expect((await fetch(url)).status).toBe(404)
  const answer = await fetch(`${url}?oidc=${await oidc.token()}`)
  expect(answer.status).toBe(200)
  const { iceServers } = (await answer.json()) as Answer
  expect(JSON.stringify(iceServers)).toContain('turn:')
})
