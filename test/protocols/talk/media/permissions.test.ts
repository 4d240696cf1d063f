/** What an offer would send, and who may. */
import { expect, test } from 'bun:test'
import { mayPublish, maySend, mediaIn } from '../../../../src/protocols/talk/media/permissions.ts'
import { parseSdp } from '../../../../src/sfu/sdp.ts'
import { sessionNamed } from '../server.ts'
import { sdp } from './stage.ts'

const mediaOf = (text: string, stream: 'video' | 'screen' = 'video'): number => {
  const read = parseSdp(text)
  if (!read) throw new Error(`no description: ${text}`)
  return mediaIn(stream, read)
}

test('[R66] what counts are the lines that are on, each kind once; a screen is a screen', () => {
  expect(mediaOf(sdp('application'))).toBe(0)
  expect(mediaOf(sdp('audio', 'audio'))).toBe(1)
  expect(mediaOf(sdp('video', 'audio', 'application'))).toBe(3)
  expect(mediaOf(sdp('video', 'audio'), 'screen')).toBe(4)
})

test('[R66] without a list from Nextcloud everything may be published; an internal client may in any case', () => {
  const nobody = new Set<string>()
  for (const session of [sessionNamed('a'), sessionNamed('b', { kind: 'internal', permissions: nobody })]) {
    expect([mayPublish(session, 'video', 3), mayPublish(session, 'screen', 4), maySend(session, 'screen')]).toEqual([
      true,
      true,
      true,
    ])
  }
})

test('[R72] any permission for media is enough to say something about it, but not about a screen', () => {
  const allowed = (permission: string): readonly boolean[] => {
    const session = sessionNamed('a', { permissions: new Set([permission]) })
    return [maySend(session, 'audio'), maySend(session, 'video'), maySend(session, 'screen')]
  }
  for (const permission of ['publish-audio', 'publish-video', 'publish-media']) {
    expect(allowed(permission)).toEqual([true, true, false])
  }
  expect(allowed('publish-screen')).toEqual([false, false, true])
  expect(allowed('control')).toEqual([false, false, false])
})
