/** Our media proxy beside that of the original (2.0.2): the same words, and streams from the one to the other. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { nextRelease, notRunnable } from '../../support/deb.ts'
import { janusPrograms, leavesNothingBehind, startJanus } from '../../support/janus.ts'
import { isObject, type Json, type JsonObject } from '../../support/json.ts'
import {
  helloWith,
  openProxyClient,
  startMediaProxy,
  startNewerOriginalProxy,
  tokenOf,
} from '../../support/media-proxy.ts'
import { codeOf, createPublisher, idOf, published, subscribed } from '../../support/proxy-media.ts'
import { openTalkClient } from '../../support/talk-client.ts'

setDefaultTimeout(60_000)

const cannotRun = notRunnable('our media proxy beside the original', nextRelease.signalingProxy, ...janusPrograms)
const start = { ours: startMediaProxy, original: startNewerOriginalProxy } as const

/** Which fields there are, and of what kind. */
function shape(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(shape)
  if (!isObject(value)) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shape(field)]))
}

/** What a proxy answers to the same questions. */
async function conversation(whose: keyof typeof start): Promise<Json> {
  await using janus = await startJanus()
  await using proxy = await start[whose]({ janus: janus.url, tokens: ['one'] })
  await using stranger = await openTalkClient(proxy.socketUrl)
  const said = async (message: JsonObject | string): Promise<Json> => {
    stranger.send(message)
    const { id, error } = await stranger.until(({ type }) => type === 'error')
    return { id: id ?? '', error: error ?? '' }
  }
  const refusals = [
    await said({ id: '1', type: 'bye' }),
    await said('{'),
    await said({ id: '2', type: 'hello', hello: { version: '3.0', token: 'x' } }),
    await said({ id: '3', ...helloWith({ resumeid: 'nobody' }) }),
    await said({ id: '4', ...helloWith({ token: 'nonsense' }) }),
    await said({ id: '5', ...helloWith({ token: tokenOf('two') }) }),
    await said({ id: '6', ...helloWith({ token: tokenOf('one', { age: 3_600 }) }) }),
    await said({ id: '7', ...helloWith({ token: tokenOf('one', { age: -3_600 }) }) }),
  ]
  await using client = await openProxyClient(proxy.socketUrl)
  const hello = client.socket.heard[0]
  const created = await client.command(createPublisher)
  const clientId = idOf(created)
  const answers: Json[] = [hello ?? null, created]
  for (const ask of [
    () => client.payload({ type: 'endOfCandidates', clientId }),
    () => client.payload({ type: 'hangup', clientId, payload: {} }),
    () => client.payload({ type: 'offer', clientId: 'nobody', payload: { sdp: 'x' } }),
    () => client.payload({ type: 'offer', clientId, payload: {} }),
    () => client.command({ type: 'delete-subscriber', clientId }),
    () => client.command({ type: 'publish-remote', clientId: 'nobody', hostname: 'x', port: 1, rtcpPort: 2 }),
    () => client.command({ type: 'nonsense' }),
    () => client.command({ type: 'create-subscriber', streamType: 'video' }),
    () => client.command({ type: 'delete-publisher', clientId }),
    () => client.command({ type: 'delete-publisher', clientId }),
  ]) {
    const answer = await ask()
    answers.push(codeOf(answer) === undefined ? shape(answer) : { code: codeOf(answer) ?? '' })
  }
  client.socket.send({ type: 'bye' })
  const bye = await client.socket.until(({ type }) => type === 'bye')
  return { refusals, hello: shape(answers[0]), created: shape(answers[1]), answers: answers.slice(2), bye }
}

describe.skipIf(cannotRun)('beside the original', () => {
  test('the same questions, the same answers', async () => {
    expect(await conversation('ours')).toEqual(await conversation('original'))
  })

  test.each([
    ['ours', 'original'],
    ['original', 'ours'],
  ] as const)('%s has a stream from the %s one, and it ends', async (here, there) => {
    await using near = await startJanus()
    await using far = await startJanus()
    await using other = await start[there]({ janus: far.url, tokens: ['one', 'here'] })
    await using own = await start[here]({ janus: near.url, tokens: ['one'], tokenId: 'here' })
    await using one = await openProxyClient(other.socketUrl)
    await using two = await openProxyClient(own.socketUrl)
    const publisher = await published(one)
    const remoteToken = tokenOf('one', { subject: publisher.id })
    const subscriber = await subscribed(two, { publisherId: publisher.id, remoteUrl: `${other.url}/`, remoteToken })
    await two.command({ type: 'delete-subscriber', clientId: subscriber.id })
    await one.command({ type: 'delete-publisher', clientId: publisher.id })
    if (here === 'ours') await leavesNothingBehind(near, true)
    if (there === 'ours') await leavesNothingBehind(far, true)
    await Promise.all([publisher.peer.close(), subscriber.peer.close()])
  })
})
