/** What we say that we can do. */
import { expect, test } from 'bun:test'
import {
  clientFeatures,
  infoFeatures,
  internalFeatures,
  welcomeFeatures,
} from '../../../src/protocols/talk/features.ts'

test('[R1] what does not work is not promised', () => {
  for (const missing of ['mcu', 'simulcast', 'update-sdp']) expect(welcomeFeatures).not.toContain(missing)
  expect(welcomeFeatures).toContain('changed-users')
})

test('[R1] virtual sessions are for the welcome and internal clients, permissions for media not for the latter', () => {
  const has = (features: readonly string[]) => [
    features.includes('virtual-sessions'),
    features.includes('audio-video-permissions'),
  ]
  expect([infoFeatures, clientFeatures, welcomeFeatures, internalFeatures].map(has)).toEqual([
    [false, true],
    [false, true],
    [true, true],
    [true, false],
  ])
})

test('names are sorted and stand there once', () => {
  for (const features of [infoFeatures, welcomeFeatures, internalFeatures]) {
    expect(features).toEqual([...new Set(features)].sort())
  }
})
