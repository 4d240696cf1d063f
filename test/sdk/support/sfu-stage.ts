/** A client of Talk in a call through an SFU, with the test as server and SFU. */
import { SfuCall, type SfuCallOptions, type TalkClientOptions } from '../../../sdk/src/index.ts'
import { type FakeConnection, fakeRtc } from './fake-rtc.ts'
import { type ClientInRoom, inRoom } from './talk-room.ts'

export interface Said {
  readonly id: string
  readonly to: string
  readonly data: {
    readonly type: string
    readonly roomType: string
    readonly sid?: string
    readonly payload?: { readonly sdp?: string; readonly candidate?: unknown }
  }
}

export interface SfuStage extends ClientInRoom {
  readonly call: SfuCall
  readonly made: FakeConnection[]
  /** The connection of that number; fails if there is none. */
  connection(number: number): FakeConnection
  /** What was said of media since the last time, candidates left out. */
  said(): Promise<readonly Said[]>
  /** The server says it as that session: what belongs to a stream. */
  say(from: string, data: object): Promise<void>
  /** Nextcloud says who is in the call: session → flags. */
  inCall(flags: Readonly<Record<string, number>>): Promise<void>
  refuse(id: string, code: string): Promise<void>
  /** What the SFU says to the offer, or offers itself. */
  answer(offer: Said, from?: string): Promise<void>
  offer(from: string, sid: string | undefined, roomType?: string, more?: object): Promise<void>
}

/** S1 is we; A and B are in the room; nobody is in the call yet. */
export async function sfuStage(options: SfuCallOptions = {}, features = ['mcu', 'update-sdp']): Promise<SfuStage> {
  const { made, RTCPeerConnection } = fakeRtc()
  const rtc: TalkClientOptions['rtc'] = { RTCPeerConnection }
  const stage = await inRoom({ rtc }, ...features)
  const { world, room } = stage
  const call = new SfuCall(room, options)
  const finish = async () => {
    await world.settled()
    for (const connection of made) if (!connection.isClosed) await connection.finish(world.settled)
  }
  const say = async (message: object) => {
    world.socket().say(message)
    await finish()
  }
  const message = (from: string, data: object) =>
    say({ type: 'message', message: { sender: { type: 'session', sessionid: from }, data } })
  return {
    ...stage,
    call,
    made,
    connection(number) {
      const found = made[number]
      if (!found) throw new Error(`no connection ${number}`)
      return found
    },
    async said() {
      await finish()
      const all = world.socket().heard() as {
        readonly id: string
        readonly message?: { readonly recipient: { readonly sessionid?: string }; readonly data: Said['data'] }
      }[]
      return all.flatMap(({ id, message: body }) =>
        body && !/andidate/.test(body.data.type)
          ? [{ id, to: body.recipient.sessionid ?? 'room', data: body.data }]
          : [],
      )
    },
    say: message,
    inCall: (flags) => {
      const users = Object.entries(flags).map(([sessionId, inCall]) => ({ sessionId, inCall }))
      return say({ type: 'event', event: { target: 'participants', type: 'update', update: { roomid: 'den', users } } })
    },
    refuse: (id, code) => say({ id, type: 'error', error: { code, message: '' } }),
    answer: ({ data }, from = 'S1') => {
      const { ufrag }: { readonly ufrag: string } = JSON.parse(data.payload?.sdp ?? '{}')
      const sdp = JSON.stringify({ by: 'sfu', ufrag: `sfu ${ufrag}`, media: [], answers: ufrag })
      return message(from, { type: 'answer', roomType: data.roomType, sid: data.sid, payload: { type: 'answer', sdp } })
    },
    offer: (from, sid, roomType = 'video', more = {}) => {
      const sdp = JSON.stringify({ by: 'sfu', ufrag: `sfu ${sid}`, media: ['audio', 'video'] })
      return message(from, {
        type: 'offer',
        roomType,
        ...(sid ? { sid } : {}),
        payload: { type: 'offer', sdp },
        ...more,
      })
    },
  }
}

/** As much of a track as is looked at. */
export function fakeTrack(kind: 'audio' | 'video'): MediaStreamTrack & { end(): void } {
  const track = Object.assign(new EventTarget(), {
    kind,
    readyState: 'live',
    end() {
      track.readyState = 'ended'
      track.dispatchEvent(new Event('ended'))
    },
  })
  const any: unknown = track
  return any as MediaStreamTrack & { end(): void }
}

export function fakeScreen(...tracks: readonly MediaStreamTrack[]): MediaStream {
  const stream: unknown = { getTracks: () => tracks }
  return stream as MediaStream
}
