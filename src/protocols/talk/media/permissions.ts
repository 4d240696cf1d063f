/** 1.11: who may send what. Internal clients may send everything. */
import type { Sdp } from '../../../sfu/sdp.ts'
import { mediaTypes, type StreamType } from '../../../sfu/stream.ts'
import { type ClientSession, isPrivileged } from '../session.ts'

/** What an offer would send, as a sum of `mediaTypes`. A line that is switched off sends nothing. */
export function mediaIn(stream: StreamType, { media }: Sdp): number {
  if (stream === 'screen') return mediaTypes.screen
  const has = (name: string): boolean => media.some((line) => line.media === name && !line.isOff)
  return (has('audio') ? mediaTypes.audio : 0) + (has('video') ? mediaTypes.video : 0)
}

/** Whether the session may publish a stream that has such media. */
export function mayPublish(session: ClientSession, stream: StreamType, media: number): boolean {
  if (stream === 'screen') return isPrivileged(session, 'publish-screen')
  if (isPrivileged(session, 'publish-media')) return true
  if ((media & mediaTypes.audio) !== 0 && !isPrivileged(session, 'publish-audio')) return false
  return (media & mediaTypes.video) === 0 || isPrivileged(session, 'publish-video')
}

/** Whether the session may say anything that belongs to a stream of its own. */
export function maySend(session: ClientSession, stream: StreamType): boolean {
  if (stream === 'screen') return isPrivileged(session, 'publish-screen')
  return ['publish-media', 'publish-audio', 'publish-video'].some((permission) => isPrivileged(session, permission))
}
