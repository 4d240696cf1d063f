/** What we say that we can do. */
import { expect, test } from 'bun:test'
import { featuresOf } from '../../../src/protocols/talk/features.ts'

const media = ['mcu', 'simulcast', 'update-sdp']

test('[R59] media through us is promised to everybody where there is an SFU, and to nobody where there is none', () => {
  for (const list of Object.values(featuresOf(true))) expect(list).toEqual(expect.arrayContaining(media))
  for (const list of Object.values(featuresOf(false))) for (const name of media) expect(list).not.toContain(name)
  for (const hasSfu of [true, false]) expect(featuresOf(hasSfu).welcome).toContain('changed-users')
})

test('[R1] virtual sessions are for the welcome and internal clients, permissions for media not for the latter', () => {
  const has = (features: readonly string[]) => [
    features.includes('virtual-sessions'),
    features.includes('audio-video-permissions'),
  ]
  for (const hasSfu of [true, false]) {
    const { info, client, welcome, internal } = featuresOf(hasSfu)
    expect([info, client, welcome, internal].map(has)).toEqual([
      [false, true],
      [false, true],
      [true, true],
      [true, false],
    ])
  }
})

test('names are sorted and stand there once', () => {
  for (const features of Object.values(featuresOf(true))) expect(features).toEqual([...new Set(features)].sort())
})
