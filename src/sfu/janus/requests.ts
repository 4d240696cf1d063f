/** What the VideoRoom is told: one function for each request that we make. Rooms are ids, see ids.ts. */
import type {
  Candidate,
  PublisherStream,
  PublishSettings,
  RemoteReceiver,
  Selection,
  Stream,
  StreamType,
} from '../stream.ts'
import { streamKey } from '../stream.ts'

/** A request to the plugin as JSON text. */
export type Body = string

/** Publishers have the same number in each room of theirs. */
const feeds = { audio: 1, video: 1, screen: 2 } as const satisfies Record<StreamType, number>

/** From this version on one subscription has any number of streams, and names each. */
const multistream = 1000
/** From this version on a publisher's media can be copied to another Janus. */
const remoteStreams = 1100
/** Up to this version a profile could not be told: its type was declared wrongly. */
const remoteProfiles = 1204

export const isMultistream = (version: number): boolean => version >= multistream
export const hasRemoteStreams = (version: number): boolean => version >= remoteStreams

/** Writes a room, which is digits, as the number that it is. */
const withRoom = (room: string, fields: object): Body => `{"room":${room},${JSON.stringify(fields).slice(1)}`

export function createRoom(room: string, stream: Stream, bitrate: number, settings: PublishSettings | undefined): Body {
  return withRoom(room, {
    request: 'create',
    description: streamKey(stream),
    // Each stream has a room of its own.
    publishers: 1,
    // With this extension Firefox does not follow a device that is turned.
    videoorient_ext: false,
    bitrate,
    audiocodec: settings?.audioCodec,
    videocodec: settings?.videoCodec,
    vp9_profile: settings?.vp9Profile,
    h264_profile: settings?.h264Profile,
  })
}

export const destroyRoom = (room: string): Body => withRoom(room, { request: 'destroy' })

/** All rooms, whoever made them. */
export const listRooms: Body = JSON.stringify({ request: 'list' })

export const joinAsPublisher = (room: string, { type }: Stream): Body =>
  withRoom(room, { request: 'join', ptype: 'publisher', id: feeds[type] })

/** Goes with the client's offer. */
export const configurePublisher: Body = JSON.stringify({ request: 'configure', audio: true, video: true, data: true })

export function joinAsSubscriber(room: string, { type }: Stream, selection: Selection, version: number): Body {
  const feed = feeds[type]
  return isMultistream(version)
    ? withRoom(room, {
        request: 'join',
        ptype: 'subscriber',
        streams: [{ feed, substream: selection.substream, temporal: selection.temporal }],
        audio: selection.audio,
        video: selection.video,
      })
    : withRoom(room, { request: 'join', ptype: 'subscriber', feed, ...selection })
}

/** Goes with the client's answer. */
export const startSubscriber = (room: string): Body => withRoom(room, { request: 'start' })

export const configureSubscriber = (selection: Selection): Body =>
  JSON.stringify({ request: 'configure', ...selection })

/** Asks for an offer that fits the publisher as it is now, on the same connection. */
export const updateSubscriber = (selection: Selection): Body =>
  JSON.stringify({ request: 'configure', update: true, ...selection })

const remoteId = ({ publisher }: Stream, to: RemoteReceiver): string =>
  `${publisher}-${to.id}@${to.host}:${to.port}:${to.rtcpPort}`

export const publishRemotely = (room: string, stream: Stream, to: RemoteReceiver): Body =>
  withRoom(room, {
    request: 'publish_remotely',
    publisher_id: feeds[stream.type],
    remote_id: remoteId(stream, to),
    host: to.host,
    port: to.port,
    rtcp_port: to.rtcpPort,
  })

export const unpublishRemotely = (room: string, stream: Stream, to: RemoteReceiver): Body =>
  withRoom(room, {
    request: 'unpublish_remotely',
    publisher_id: feeds[stream.type],
    remote_id: remoteId(stream, to),
  })

export const addRemotePublisher = (
  room: string,
  { type }: Stream,
  streams: readonly PublisherStream[],
  version: number,
): Body =>
  withRoom(room, {
    request: 'add_remote_publisher',
    id: feeds[type],
    streams:
      version >= remoteProfiles
        ? streams
        : streams.map((stream) => ({ ...stream, vp9_profile: undefined, h264_profile: undefined })),
  })

export const removeRemotePublisher = (room: string, { type }: Stream): Body =>
  withRoom(room, { request: 'remove_remote_publisher', id: feeds[type] })

/** An empty candidate ends them. */
export const isLast = ({ candidate }: Candidate): boolean => candidate === ''

/** As JSON; the end of candidates is said in another way. */
export const candidateText = (candidate: Candidate): string =>
  JSON.stringify(isLast(candidate) ? { completed: true } : candidate)
