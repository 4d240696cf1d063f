/** Events of another server in words of ours: a row for each kind that may pass. */
import { encodeJson, RawJson, rawSlice } from '../../json-wire.ts'
import { type Fields, isFields, localComment, localParticipant } from './clouds.ts'
import {
  inOwnName,
  type Kind,
  type Names,
  no,
  ofRoom,
  out,
  type Rewritten,
  type RoomNews,
  type Row,
  yes,
} from './rewriting.ts'

/** An event of the other server's in our words. */
export function event(text: string, body: Fields, names: Names): Rewritten {
  const { target, type } = body
  if (typeof target !== 'string' || typeof type !== 'string') return no('malformed')
  const name = `${target} ${type}`
  return Object.hasOwn(events, name) ? events[name as keyof typeof events](text, body, names) : no('not allowed')
}

/** By target and type. */
const events = {
  'room join'(_text, { join }, names) {
    if (!Array.isArray(join) || join.length === 0) return no('malformed')
    const entries: { readonly id: string; readonly entry: RawJson }[] = []
    for (const entry of join) {
      const id = isFields(entry) ? entry['sessionid'] : undefined
      if (!isFields(entry) || typeof id !== 'string') return no('malformed')
      if (names.isOurs(id)) return no('names a session of ours')
      entries.push({ id, entry: new RawJson(inOwnName(encodeJson(joinEntry(id, entry)), names)) })
    }
    const list = entries.map(({ entry }) => entry)
    return yes(eventOf('room', 'join', list), names, { news: 'joined', entries })
  },
  'room leave'(_text, { leave }, names) {
    if (!Array.isArray(leave) || leave.length === 0 || !leave.every((id) => typeof id === 'string'))
      return no('malformed')
    if (leave.some((id) => names.isOurs(id))) return no('names a session of ours')
    return yes(eventOf('room', 'leave', leave), names, { news: 'left', ids: leave })
  },
  'room message'(text, { message }, names) {
    const named = isFields(message) ? ofRoom(message, names) : undefined
    if (!named) return no('another room')
    const [data, kind] = roomData(rawSlice(text, ['event', 'message', 'data']), named['data'], names)
    return yes(eventOf('room', 'message', { roomid: names.room.local, data }), names, undefined, kind)
  },
  'room switchto'(_text, { switchto }, names) {
    if (!isFields(switchto) || typeof switchto['roomid'] !== 'string') return no('malformed')
    const { roomid, details } = ofRoom(switchto, names) ?? switchto
    return yes(eventOf('room', 'switchto', { roomid, ...(details === undefined ? {} : { details }) }), names)
  },
  'roomlist invite': (_text, body, names) => ofList('invite', body, names),
  'roomlist update': (_text, body, names) => ofList('update', body, names),
  'roomlist disinvite': (_text, body, names) => ofList('disinvite', body, names, out),
  'participants update'(_text, { update }, names) {
    const named = isFields(update) ? ofRoom(update, names) : undefined
    if (!named) return no('another room')
    const [users, changed] = [people(named['users'], names), people(named['changed'], names)]
    if (!users || !changed) return no('malformed')
    if ([...users, ...changed].some((entry) => namesOurs(entry, names))) return no('names a session of ours')
    const { incall, all } = named
    const flags = typeof incall === 'boolean' ? Number(incall) : incall
    const told = {
      roomid: names.room.local,
      ...(named['users'] ? { users } : {}),
      ...(named['changed'] ? { changed } : {}),
      ...(Number.isSafeInteger(flags) ? { incall: flags } : {}),
      ...(all === true ? { all } : {}),
    }
    return yes(eventOf('participants', 'update', told), names, undefined, 'participants')
  },
  'participants flags'(_text, { flags }, names) {
    const named = isFields(flags) ? ofRoom(flags, names) : undefined
    if (!named) return no('another room')
    const { roomid, sessionid, flags: value } = named
    if (typeof sessionid !== 'string' || !Number.isSafeInteger(value)) return no('malformed')
    if (names.isOurs(sessionid)) return no('names a session of ours')
    return yes(eventOf('participants', 'flags', { roomid, sessionid, flags: value }), names)
  },
} as const satisfies Readonly<Record<string, Row>>

const eventOf = (target: string, type: string, body: unknown): object => ({
  type: 'event',
  event: { target, type, [type]: body },
})

/** Rooms that the client knows by another name, or not at all, are none of the other server's business. */
function ofList(type: 'invite' | 'update' | 'disinvite', body: Fields, names: Names, news?: RoomNews): Rewritten {
  const given = body[type]
  const named = isFields(given) ? ofRoom(given, names) : undefined
  if (!named) return no('another room')
  const { roomid, properties, reason } = named
  const told =
    type === 'disinvite'
      ? { roomid, reason: reason === 'deleted' ? 'deleted' : 'disinvited' }
      : // Clients look up keys in it without asking whether it is there.
        { roomid, properties: isFields(properties) ? properties : {} }
  return yes(eventOf('roomlist', type, told), names, news)
}

/** What a room is told of somebody who comes. */
function joinEntry(sessionid: string, { userid, user, roomsessionid, features, federated }: Fields): object {
  const isList = Array.isArray(features) && features.every((feature) => typeof feature === 'string')
  return {
    sessionid,
    userid: typeof userid === 'string' ? userid : '',
    ...(isFields(user) ? { user } : {}),
    ...(typeof roomsessionid === 'string' ? { roomsessionid } : {}),
    ...(isList && features.length > 0 ? { features } : {}),
    ...(federated === true ? { federated } : {}),
  }
}

/** A list of participants in our Nextcloud's words; undefined if it is none. */
function people(list: unknown, { clouds }: Names): readonly Fields[] | undefined {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list) || !list.every(isFields) || !list.every(isNamed)) return undefined
  return list.map((entry) => localParticipant(entry, clouds))
}

const isNamed = ({ sessionId, sessionid }: Fields): boolean =>
  typeof sessionId === 'string' || typeof sessionid === 'string'

/** Nextcloud writes `sessionId`, others `sessionid`. */
function namesOurs({ sessionId, sessionid }: Fields, names: Names): boolean {
  return [sessionId, sessionid].some((id) => typeof id === 'string' && names.isOurs(id))
}

/** What a room is told: chat messages in our Nextcloud's words, all else as it came. */
function roomData(raw: RawJson | undefined, data: unknown, { room, clouds }: Names): readonly [unknown, Kind] {
  const chat = isFields(data) && data['type'] === 'chat' ? data['chat'] : undefined
  if (!isFields(chat)) return [raw, 'plain']
  const kind = chat['refresh'] === true ? 'chat-refresh' : 'plain'
  const { comment, comments } = chat
  if (!isFields(comment) && !Array.isArray(comments)) return [raw, kind]
  const local = (one: unknown): unknown => (isFields(one) ? localComment(one, room, clouds) : one)
  const told = {
    ...chat,
    ...(isFields(comment) ? { comment: local(comment) } : {}),
    ...(Array.isArray(comments) ? { comments: comments.map(local) } : {}),
  }
  return [{ ...(data as Fields), chat: told }, 'plain']
}
