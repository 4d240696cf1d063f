/** Publishers and subscribers: how they come and how they go. */
import type { CommandOf } from '../../sfu/proxy/messages.ts'
import { type LegId, legId, type PublishSettings, type StreamType } from '../../sfu/stream.ts'
import { refuse, send, sendEvent } from './deliver.ts'
import { type ErrorCode, withId } from './errors.ts'
import { forgetForwardsOf } from './forwards.ts'
import type { Client, Session } from './model.ts'
import { leavePull } from './remote/leaving.ts'
import { answered, type State } from './state.ts'

/** Countries are the signaling server's business: the one Janus behind us is where it is. */
const origin = { country: undefined }

type Wanted = Pick<Client, 'kind' | 'stream' | 'pull' | 'bitrate'>

function addClient(state: State, session: Session, request: string | undefined, id: string, wanted: Wanted): Client {
  const client: Client = {
    ...wanted,
    id,
    session,
    leg: nextLeg(state),
    opening: { request, since: state.now() },
    isAtSfu: false,
    sid: '',
    subscribers: new Set(),
    asked: new Set(),
  }
  session.clients.set(id, client)
  state.clients.set(id, client)
  state.byLeg.set(client.leg, client)
  state.deadlines.set(`opening ${client.leg}`, state.now() + state.settings.timeout, { due: 'opening', client })
  return client
}

export const nextLeg = (state: State): LegId => legId(state.serial())

export function publish(
  state: State,
  session: Session,
  request: string | undefined,
  command: CommandOf<'create-publisher'>,
): void {
  const id = state.world.newId()
  const settings = settingsOf(command)
  const stream = { publisher: id, type: command.streamType }
  const wanted = { kind: 'publisher', stream, pull: undefined, bitrate: 0 } as const
  const client = addClient(state, session, request, id, wanted)
  client.isAtSfu = true
  state.sfu({ do: 'publish', leg: client.leg, stream, sid: command.sid ?? undefined, settings, origin })
}

/** Old servers say two of the settings only, and elsewhere. */
function settingsOf({ publisherSettings, bitrate, mediatypes }: CommandOf<'create-publisher'>): PublishSettings {
  const given = publisherSettings ?? { bitrate, mediatypes }
  const { audiocodec, videocodec, vp9_profile, h264_profile } = publisherSettings ?? {}
  return {
    bitrate: given.bitrate ?? 0,
    mediaTypes: given.mediatypes ?? 0,
    audioCodec: audiocodec || undefined,
    videoCodec: videocodec || undefined,
    vp9Profile: vp9_profile || undefined,
    h264Profile: h264_profile || undefined,
  }
}

/** `publisher` is here, or the media is pulled from another proxy. */
export function subscribe(
  state: State,
  session: Session,
  request: string | undefined,
  { stream, pull, bitrate }: Pick<Wanted, 'stream' | 'pull' | 'bitrate'>,
): void {
  const id = state.world.newId()
  const client = addClient(state, session, request, id, { kind: 'subscriber', stream, pull, bitrate })
  const source = pull ?? state.clients.get(stream.publisher)
  source?.subscribers.add(client)
  if (!pull || pull.phase === 'ready') receive(state, client)
}

/** Its publisher is there: asks the SFU for it. */
export function receive(state: State, client: Client): void {
  const { leg, stream } = client
  client.isAtSfu = true
  state.sfu({ do: 'subscribe', leg, stream, origin })
}

/** What a stream may use if nobody says. */
export const usualBitrate = ({ wishes }: State, type: StreamType): number =>
  type === 'screen' ? wishes.maxScreenBitrate : wishes.maxStreamBitrate

/** The SFU has made it. */
export function opened(state: State, client: Client, sid: string, bitrate: number | undefined): void {
  const { opening, session, stream } = client
  if (!opening) return
  client.opening = undefined
  client.sid = sid
  state.deadlines.cancel(`opening ${client.leg}`)
  if (client.kind === 'publisher') client.bitrate = bitrate ?? usualBitrate(state, stream.type)
  const command = client.kind === 'publisher' ? { id: client.id, bitrate: client.bitrate } : { id: client.id, sid }
  send(state, session, { ...withId(opening.request), type: 'command', command })
  state.note({ fact: `proxy-${client.kind}-created`, session: session.number, type: stream.type })
}

/** It could not be made, or not in time. */
export function notOpened(state: State, client: Client, code: ErrorCode, why: string): void {
  const { opening, session, kind } = client
  removeClient(state, client)
  if (!opening) return
  state.note({ fact: 'proxy-request-failed', session: session.number, request: `create-${kind}`, why })
  refuse(state, session, opening.request, code)
}

/** The SFU has lost or ended it; its session is told. */
export function ended(state: State, client: Client, why: string): void {
  const { opening, session, kind, id } = client
  if (opening) {
    const isLate = state.now() - opening.since >= state.settings.timeout
    return notOpened(state, client, isLate ? 'timeout' : 'internal_error', why)
  }
  removeClient(state, client)
  sendEvent(state, session, { type: `${kind}-closed`, clientId: id })
}

/** Takes it out of everything and closes its leg; says nothing to its session. */
export function removeClient(state: State, client: Client): void {
  const { id, session, leg, pull, kind, stream, opening } = client
  if (state.clients.get(id) !== client) return
  state.clients.delete(id)
  session.clients.delete(id)
  state.byLeg.delete(leg)
  state.deadlines.cancel(`opening ${leg}`)
  refuseWaiting(state, client)
  if (client.isAtSfu) state.sfu({ do: 'close', leg })
  if (pull) leavePull(state, pull, client)
  else state.clients.get(stream.publisher)?.subscribers.delete(client)
  if (kind === 'publisher') {
    forgetForwardsOf(state, client)
    endSubscribersOf(state, client)
  }
  if (!opening) state.note({ fact: `proxy-${kind}-ended`, session: session.number, type: stream.type })
}

/** Ids of publishers are made once: no other will ever come for them, and Janus would wait for it. */
function endSubscribersOf(state: State, publisher: Client): void {
  for (const client of [...publisher.subscribers]) ended(state, client, 'its publisher is gone')
}

/** The SFU answers nothing about a leg that was closed. */
function refuseWaiting(state: State, client: Client): void {
  for (const number of client.asked) {
    const pending = answered(state, number)
    if (!pending || pending.of === 'receive') continue
    refuse(state, pending.of === 'payload' ? client.session : pending.session, pending.request, 'unknown_client')
  }
}
