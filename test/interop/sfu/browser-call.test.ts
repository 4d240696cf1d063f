/** Calls in Chromium through our server and a real Janus: what people send, what they get of each other, and who may. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, startSfuStage } from '../../support/sfu-stage.ts'
import { pageOfPeople } from './page/build.ts'
import { people } from './people.ts'

const suite = 'sfu: calls in Chromium'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.chromium, ...janusPrograms))(suite, () => {
  const parts = new AsyncDisposableStack()
  let stage: SfuStage
  let browser: BrowserUnderTest

  beforeAll(async () => {
    const turn = `[turn]\napikey = key\nsecret = secret-of-the-tests\nservers = turn:127.0.0.1:${await freePort()}?transport=udp\n`
    const port = /127\.0\.0\.1:(\d+)/.exec(turn)?.[1]
    const relay = `[turn-server]\nlisten = 127.0.0.1:${port}\nsecret = secret-of-the-tests\nallowedpeers = 127.0.0.0/8\n`
    stage = parts.use(await startSfuStage({ more: turn + relay }))
    browser = parts.use(await startChromium(await pageOfPeople()))
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  test('three people: everybody sees and hears everybody', async () => {
    await using all = await people(stage, browser, 'three')
    const names = ['anna', 'ben', 'cleo']
    for (const name of names) await all.enter(name)
    await stage.call('three', { anna: inCall.all, ben: inCall.all, cleo: inCall.all })
    await all.allSee(names, 5)
    for (const [one, other] of [
      ['anna', 'ben'],
      ['ben', 'cleo'],
      ['cleo', 'anna'],
    ] as const)
      expect(await all.tell(one, `hears('${other}')`)).toBeGreaterThan(0)
  }, 40_000)

  test('a screen beside the camera: for who is there, for who comes, and no more when it is not shared', async () => {
    await using all = await people(stage, browser, 'screen')
    for (const name of ['anna', 'ben', 'cleo']) await all.enter(name)
    await stage.call('screen', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    await all.tell('anna', 'share()')
    expect(await all.tell('ben', `sees('anna', 3, 'screen')`)).toEqual({ width: 200 })
    await stage.call('screen', { cleo: inCall.listening })
    expect(await all.tell('cleo', `sees('anna', 3, 'screen')`)).toEqual({ width: 200 })
    await all.tell('cleo', `sees('ben', 2)`)
    await all.tell('anna', 'unshare()')
    await Promise.all(['ben', 'cleo'].map((name) => all.tell(name, `loses('anna', 'screen')`)))
    await all.tell('ben', `sees('anna', 2)`)
  }, 40_000)

  test('out of the call and in again, out of the room and in again', async () => {
    await using all = await people(stage, browser, 'again')
    for (const name of ['anna', 'ben']) await all.enter(name)
    await stage.call('again', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    await stage.call('again', { ben: inCall.not })
    await all.tell('anna', `loses('ben')`)
    await stage.call('again', { ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    await all.tell('ben', 'leave()')
    await all.tell('anna', `loses('ben')`)
    await all.enter('ben')
    await stage.call('again', { ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
  }, 40_000)

  test('who may not send is told so, gets what others send, and sends once allowed', async () => {
    await using all = await people(stage, browser, 'listener')
    stage.talk.answerNext('room', { kind: 'fields', fields: { permissions: ['publish-audio'] } }, 'rsid-ben')
    for (const name of ['anna', 'ben']) await all.enter(name)
    await stage.call('listener', { anna: inCall.all, ben: inCall.all })
    expect(await all.tell('ben', 'isRefused()')).toBe('not_allowed')
    await all.tell('ben', `sees('anna', 2)`)
    await stage.permit('listener', 'ben', ['publish-audio', 'publish-video'])
    await all.tell('ben', 'publication().restart()')
    await all.tell('anna', `sees('ben', 2)`)
  }, 40_000)

  test('a permission that is taken away ends the pictures at once, at everybody', async () => {
    await using all = await people(stage, browser, 'revoked')
    for (const name of ['anna', 'ben', 'cleo']) await all.enter(name)
    await stage.call('revoked', { anna: inCall.all, ben: inCall.all, cleo: inCall.listening })
    await Promise.all(['anna', 'cleo'].map((name) => all.tell(name, `sees('ben', 2)`)))
    await stage.permit('revoked', 'ben', ['publish-audio'])
    expect(await all.tell('ben', 'isRefused()')).toBe('not_allowed')
    await Promise.all(['anna', 'cleo'].map((name) => all.tell(name, `seesNothing('ben', 500)`)))
    await all.tell('cleo', `sees('anna', 2)`)
  }, 40_000)

  test('what somebody tells on the channel reaches those who get the camera', async () => {
    await using all = await people(stage, browser, 'told')
    for (const name of ['anna', 'ben']) await all.enter(name)
    await stage.call('told', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 2)
    const heard = all.tell('anna', `status('ben')`)
    await all.tell('ben', `tellUntil(people.get('anna'), { type: 'audioOff' })`)
    expect(await heard).toEqual({ type: 'audioOff' })
  }, 40_000)

  test('simulcast: everybody chooses the size of the pictures', async () => {
    await using all = await people(stage, browser, 'sizes')
    await all.enter('anna', { publish: { simulcast: true }, width: 640 })
    for (const name of ['ben', 'cleo']) await all.enter(name, { send: {} })
    await stage.call('sizes', { anna: inCall.all, ben: inCall.listening, cleo: inCall.listening })
    // Chromium sends two of the three sizes when the largest is no larger than this.
    await all.tell('ben', `select('anna', { substream: 0 })`)
    await all.tell('ben', `seesWidth('anna', 320)`)
    await all.tell('cleo', `seesWidth('anna', 640)`)
    await all.tell('ben', `select('anna', { substream: 2 })`)
    await all.tell('ben', `seesWidth('anna', 640)`)
  }, 60_000)

  test('relays only, through our own TURN server, with its credentials', async () => {
    await using all = await people(stage, browser, 'relayed')
    const answer = await fetch(`${stage.server.url}/turn/credentials?service=turn&key=key`)
    const text = await answer.text()
    const credentials = parseJson(text)
    const [username = '', credential = ''] = ['username', 'password'].map((key) => textAt(credentials, key) ?? '')
    const iceServers = [{ urls: /turn:[^"]+/.exec(text)?.[0] ?? '', username, credential }]
    for (const name of ['anna', 'ben']) await all.enter(name, { relayOnly: true, iceServers })
    await stage.call('relayed', { anna: inCall.all, ben: inCall.all })
    await all.allSee(['anna', 'ben'], 3)
    expect(await all.tell('anna', `pathFrom('ben')`)).toMatchObject({ local: 'relay' })
    expect(await all.tell('anna', 'ownPath()')).toMatchObject({ local: 'relay' })
  }, 40_000)

  test('eight people', async () => {
    await using all = await people(stage, browser, 'eight')
    const names = ['anna', 'ben', 'cleo', 'dan', 'eva', 'finn', 'gus', 'hal']
    await Promise.all(names.map((name) => all.enter(name, { width: 80 })))
    await stage.call('eight', Object.fromEntries(names.map((name) => [name, inCall.all])))
    await all.allSee(names, 2)
  }, 60_000)
})
