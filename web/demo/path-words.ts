/** How a connection's state and path are put into a few words. */
import type { ConnectionPath } from '../../sdk/src/rtc/path.ts'
import type { LinkState } from '../../sdk/src/rtc/peer-link.ts'

export type Tone = 'good' | 'calm' | 'bad'

export interface PathWords {
  readonly text: string
  /** A sentence for whoever wants to know more. */
  readonly meaning: string
  readonly tone: Tone
  /** By which way the media goes: host, srflx or relay; empty while it goes by none. */
  readonly way: 'host' | 'srflx' | 'relay' | ''
}

/** The longer of the two ends' ways is that of the connection. */
export function wayOf({ local, remote }: ConnectionPath): Exclude<PathWords['way'], ''> {
  if (local === 'relay' || remote === 'relay') return 'relay'
  return local === 'host' && remote === 'host' ? 'host' : 'srflx'
}

const meanings = {
  host: 'Straight from one device to the other, in the same network.',
  srflx: 'Straight from one device to the other, through a router that translates addresses.',
  relay: 'Over a TURN server.',
} as const

export function pathWords(state: LinkState, path: ConnectionPath | undefined): PathWords {
  if (state === 'failed' || state === 'disconnected') {
    return { text: 'Interrupted, trying again', meaning: 'No media arrives.', tone: 'bad', way: '' }
  }
  if (state === 'closed') return { text: 'Ended', meaning: 'The connection was closed.', tone: 'bad', way: '' }
  if (state !== 'connected' || !path) {
    return { text: 'Connecting', meaning: 'A path is being sought.', tone: 'calm', way: '' }
  }
  const way = wayOf(path)
  const protocol = way === 'relay' ? (path.relayProtocol ?? path.protocol) : path.protocol
  const words = [way === 'relay' ? 'Relayed' : 'Direct', way === 'relay' ? protocol : way]
  if (path.roundTrip !== undefined) words.push(`${Math.max(1, Math.round(path.roundTrip))} ms`)
  const relay = path.local === 'relay' && path.url !== undefined ? ` Ours is ${path.url}.` : ''
  return { text: words.join(' · '), meaning: `${meanings[way]}${relay}`, tone: 'good', way }
}
