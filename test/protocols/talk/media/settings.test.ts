/** Which limits hold. */
import { expect, test } from 'bun:test'
import { bandwidthOf, bitrateFor } from '../../../../src/protocols/talk/media/settings.ts'
import { at, parseJson } from '../../../support/json.ts'
import { clouds, talkServer, testBackends } from '../server.ts'
import { mediaSettings, mediaStage } from './stage.ts'

const backend = (id: string): ReturnType<typeof found> => found(id)
function found(id: string): NonNullable<ReturnType<ReturnType<typeof testBackends>['byId']>> {
  const one = testBackends().byId(id)
  if (!one) throw new Error(`no backend ${id}`)
  return one
}

test('[R65] the least of backend and SFU is told; without either nothing', () => {
  const media = { ...mediaSettings, maxStreamBitrate: 500_000, maxScreenBitrate: 0 }
  expect(bandwidthOf(backend('one'), undefined)).toBeUndefined()
  expect(bandwidthOf(backend('one'), media)).toEqual({ maxstreambitrate: 500_000 })
  expect(bandwidthOf(backend('small'), media)).toEqual({ maxstreambitrate: 500_000, maxscreenbitrate: 2_000_000 })
  expect(bandwidthOf(backend('small'), undefined)).toEqual({ maxstreambitrate: 1_000_000, maxscreenbitrate: 2_000_000 })
})

test('[R65] a wish counts up to what the backend allows; no wish leaves it to the backend, then to the SFU', () => {
  expect(bitrateFor(backend('one'), 'video', 0)).toBe(0)
  expect(bitrateFor(backend('one'), 'video', 9_000_000)).toBe(9_000_000)
  expect(bitrateFor(backend('small'), 'screen', 9_000_000)).toBe(2_000_000)
  expect(bitrateFor(backend('small'), 'audio', 0)).toBe(1_000_000)
})

test('[R59] welcome and hello say that there is an SFU', () => {
  const features = (server: ReturnType<typeof talkServer>, hello: boolean): unknown => {
    const id = server.world.open()
    if (hello)
      server.world.text(
        id,
        JSON.stringify({ type: 'hello', hello: { version: '1.0', auth: { url: clouds.one, params: {} } } }),
      )
    return at(
      parseJson(server.world.hear(id).at(-1) ?? ''),
      ...(hello ? ['hello', 'server', 'features'] : ['welcome', 'features']),
    )
  }
  for (const hello of [true, false]) {
    expect(features(mediaStage(), hello)).toEqual(expect.arrayContaining(['mcu', 'simulcast', 'update-sdp']))
    expect(features(talkServer(), hello)).not.toContain('mcu')
  }
})

test('[R59] limits that change while running hold at once', () => {
  let media = mediaSettings
  const server = talkServer({ media: () => media })
  media = { ...media, maxStreamBitrate: 64_000 }
  expect(at(server.user('ann').joins('den')[0], 'room', 'bandwidth', 'maxstreambitrate')).toBe(64_000)
})

test('[R65] the reply to a join tells it', () => {
  const bandwidth = (server: ReturnType<typeof talkServer>): unknown =>
    at(server.user('ann').joins('den')[0], 'room', 'bandwidth')
  expect(bandwidth(mediaStage())).toEqual({ maxstreambitrate: 1_048_576, maxscreenbitrate: 2_097_152 })
  expect(bandwidth(talkServer())).toBeUndefined()
})
