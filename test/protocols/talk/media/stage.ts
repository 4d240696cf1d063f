/** A Talk front end with an SFU that the tests play: what it is ordered to do, and what it tells. */

import { parseIpRange } from '../../../../src/lib/ip-range.ts'
import type { MediaSettings } from '../../../../src/protocols/talk/media/settings.ts'
import type { SfuCommand, SfuEvent } from '../../../../src/sfu/sfu.ts'
import type { LegId } from '../../../../src/sfu/stream.ts'
import type { Json, JsonObject } from '../../../support/json.ts'
import { type Client, type ServerOptions, type TalkServer, talkServer } from '../server.ts'

export type OrderOf<D extends SfuCommand['do']> = Extract<SfuCommand, { readonly do: D }>

export interface MediaStage extends TalkServer {
  /** What the SFU was ordered since the last time. */
  orders(): readonly SfuCommand[]
  /** The next order, which has to be of that kind. */
  order<D extends SfuCommand['do']>(kind: D): OrderOf<D>
  tells(...events: readonly SfuEvent[]): void
  /** So many users in a call. */
  call(count: number): ReturnType<TalkServer['room']>
  /** What Nextcloud says of permissions. */
  permits(client: Client, permissions: readonly string[]): void
}

export const mediaSettings: MediaSettings = {
  maxStreamBitrate: 1_048_576,
  maxScreenBitrate: 2_097_152,
  candidates: { allowed: [], blocked: [] },
  allowSubscribeAny: false,
}

export const ranges = (...texts: readonly string[]): MediaSettings['candidates']['blocked'] =>
  texts.map((text) => {
    const range = parseIpRange(text)
    if (!range) throw new Error(`no range: ${text}`)
    return range
  })

export function mediaStage(settings: Partial<MediaSettings> = {}, options: ServerOptions = {}): MediaStage {
  const server = talkServer({ media: () => ({ ...mediaSettings, ...settings }), ...options })
  let taken = 0
  const rest = (): readonly SfuCommand[] =>
    server.world.commands.slice(taken).flatMap((command) => (command.to === 'sfu' ? [command.command] : []))

  const stage: MediaStage = Object.assign(server, {
    orders() {
      const all = rest()
      taken = server.world.commands.length
      return all
    },
    order<D extends SfuCommand['do']>(kind: D): OrderOf<D> {
      const [next] = rest()
      taken++
      if (next?.do !== kind) throw new Error(`not the order ${kind}: ${JSON.stringify(next)}`)
      return next as OrderOf<D>
    },
    tells(...events: readonly SfuEvent[]) {
      for (const event of events) server.world.input((now) => server.talk.sfuTold(event, now))
    },
    call(count: number) {
      const clients = server.room(count)
      const changed = clients.slice(0, count).map(({ roomSession }) => ({ sessionId: roomSession, inCall: 7 }))
      server.request({ type: 'incall', incall: { incall: 7, changed, users: changed } })
      for (const client of clients) client.hears()
      return clients
    },
    permits(client: Client, permissions: readonly string[]) {
      server.request({
        type: 'participants',
        participants: { changed: [{ sessionId: client.roomSession, permissions: [...permissions] }] },
      })
      for (const { connection } of [client]) server.world.hear(connection)
    },
  })
  stage.tells({ event: 'available', is: true })
  return stage
}

/** A description with these kinds of media, each line with what stands in it besides. */
export function sdp(...media: readonly (string | readonly [kind: string, ...attributes: readonly string[]])[]): string {
  const head = ['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0']
  const lines = media.flatMap((line) => {
    const [kind = '', ...attributes] = typeof line === 'string' ? [line] : line
    return [`m=${kind} 9 UDP/TLS/RTP/SAVPF 96`, 'c=IN IP4 0.0.0.0', ...attributes.map((text) => `a=${text}`)]
  })
  return `${[...head, ...lines].join('\r\n')}\r\n`
}

export const candidateLine = (address: string): string => `candidate:1 1 udp 2122260223 ${address} 50000 typ host`

/** Says something about media to a session, with an id. */
export function says(client: Client, to: Client | string, data: JsonObject, id = 'm1'): readonly Json[] {
  const sessionid = typeof to === 'string' ? to : to.id
  return client.asks({ id, type: 'message', message: { recipient: { type: 'session', sessionid }, data } })
}

export const offer = (media: string = sdp('audio', 'video'), more: JsonObject = {}): JsonObject => ({
  type: 'offer',
  roomType: 'video',
  payload: { type: 'offer', sdp: media },
  ...more,
})

/** Publishes, and lets the SFU have it; its leg. */
export function publishes(stage: MediaStage, client: Client, more: JsonObject = {}): LegId {
  says(client, client, offer(sdp('audio', 'video'), more))
  const { leg } = stage.order('publish')
  const { request } = stage.order('say')
  stage.tells(
    { event: 'opened', leg, sid: 'p1' },
    { event: 'answer', leg, request, sid: 'p1', sdp: sdp('audio', 'video') },
  )
  client.hears()
  return leg
}

/** Receives a stream, offer and all; its leg. */
export function receives(stage: MediaStage, client: Client, from: Client, sid = 's1', roomType = 'video'): LegId {
  says(client, from, { type: 'requestoffer', roomType })
  const { leg } = stage.order('subscribe')
  const { request } = stage.order('say')
  stage.tells(
    { event: 'opened', leg, sid },
    { event: 'offer', leg, request, sid, update: false, sdp: sdp('audio', 'video') },
  )
  client.hears()
  return leg
}
