/**
 * What another server says, in words of ours: one row for each kind of message that may pass. Whoever is federated is
 * called by two session ids, his rooms by two names, people by two actor ids. Nothing passes that has no row, that is
 * about another room, or that names sessions of ours: the other server speaks for its own people only.
 */
import { encodeJson, RawJson, rawSlice } from '../../json-wire.ts'
import { ownKeyPrefix } from '../values.ts'
import { type Clouds, type Fields, isFields, localComment, localParticipant, type RoomNames } from './actors.ts'

export interface Names {
  /** The session's id here, and at the other server. */
  readonly local: string
  readonly remote: string
  readonly room: RoomNames
  readonly clouds: Clouds
  /** Whether a session id is that of one of our own people, of whom the other server has nothing to say. */
  isOurs(session: string): boolean
}

export type Kind = 'plain' | 'chat-refresh' | 'participants'

/** A message for the client, or why it is none. */
export type Rewritten =
  | { readonly ok: true; readonly text: string; readonly kind: Kind; readonly news?: RoomNews }
  | { readonly ok: false; readonly why: Refusal }

export type Refusal = 'malformed' | 'not allowed' | 'another room' | 'names a session of ours'

/** What a message means for the session's place in the room. */
export type RoomNews =
  | { readonly news: 'joined'; readonly entries: readonly { readonly id: string; readonly entry: RawJson }[] }
  | { readonly news: 'left'; readonly ids: readonly string[] }
  /** The session is not in the room any more. */
  | { readonly news: 'out' }

/** Says a message of the other server's in our words. `message` is what `text` means. */
export function rewritten(text: string, message: Fields, names: Names): Rewritten {
  const { type } = message
  if (typeof type !== 'string' || !Object.hasOwn(rows, type)) return no('not allowed')
  const body = message[type]
  if (!isFields(body)) return no('malformed')
  try {
    return rows[type as keyof typeof rows](text, message, names)
  } catch (error) {
    // What is nested too deeply for a stack.
    if (error instanceof RangeError) return no('malformed')
    throw error
  }
}

type Row = (text: string, message: Fields, names: Names) => Rewritten

const rows = {
  message: (text, message, names) => addressed('message', text, message, names),
  control: (text, message, names) => addressed('control', text, message, names),
  event: (text, message, names) => event(text, fieldsOf(message, 'event'), names),
  transient: (text, message, names) => transient(text, fieldsOf(message, 'transient'), names),
  room(text, { id, room: body }, names) {
    const room = isFields(body) ? body : {}
    if (room['roomid'] === '') return yes({ ...idOf(id), type: 'room', room: { roomid: '' } }, names, out)
    if (room['roomid'] !== names.room.remote) return no('another room')
    return yes({ ...idOf(id), type: 'room', room: joinedRoom(text, room, names.room) }, names)
  },
  error(_text, { id, error: body }, names) {
    const { code, message = '', details } = isFields(body) ? body : {}
    if (typeof code !== 'string' || typeof message !== 'string') return no('malformed')
    const error = { code: code.slice(0, longestWord), message: message.slice(0, longestWord) }
    return yes({ ...idOf(id), type: 'error', error: { ...error, ...detailsOf(details, names) } }, names)
  },
  dialout: (_text, { dialout }, names) =>
    isFields(dialout) && typeof dialout['type'] === 'string'
      ? yes({ type: 'dialout', dialout }, names)
      : no('malformed'),
} as const satisfies Readonly<Record<string, Row>>

/** Of what is shown to people and looked up in tables. */
const longestWord = 1_000

const no = (why: Refusal): Rewritten => ({ ok: false, why })

const out: RoomNews = { news: 'out' }

function yes(message: unknown, names: Names, news?: RoomNews, kind: Kind = 'plain'): Rewritten {
  return { ok: true, text: inOwnName(encodeJson(message), names), kind, ...(news ? { news } : {}) }
}

/** Ids are long and random: where the session's is written, it is meant. */
export function inOwnName(text: string, { local, remote }: Pick<Names, 'local' | 'remote'>): string {
  if (!text.includes(remote)) return text
  return text
    .replaceAll(`"${remote}"`, () => `"${local}"`)
    .replaceAll(`"${ownKeyPrefix}${remote}"`, () => `"${ownKeyPrefix}${local}"`)
}

const fieldsOf = (message: Fields, name: string): Fields => {
  const body = message[name]
  return isFields(body) ? body : {}
}

const idOf = (id: unknown): { readonly id?: string } => (typeof id === 'string' && id !== '' ? { id } : {})

/** The body with our name of the room; undefined if it is about another one. */
const ofRoom = (body: Fields, { room }: Names): Fields | undefined =>
  body['roomid'] === room.remote ? { ...body, roomid: room.local } : undefined

/** A room as the client is told of it when it joins and when it changes. */
export function joinedRoom(text: string, { bandwidth }: Fields, room: RoomNames): object {
  const properties = rawSlice(text, ['room', 'properties'])
  return {
    roomid: room.local,
    ...(properties && properties.text !== 'null' ? { properties } : {}),
    ...(isFields(bandwidth) ? { bandwidth: numbersOf(bandwidth) } : {}),
  }
}

const numbersOf = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => Number.isSafeInteger(value)))

const recipientTypes: readonly unknown[] = ['session', 'user', 'room', 'call']

/** Most of what comes is this. The data pass as the text that came, unless the session is named in them. */
function addressed(type: 'message' | 'control', text: string, message: Fields, names: Names): Rewritten {
  const { sender, recipient } = fieldsOf(message, type)
  const data = rawSlice(text, [type, 'data'])
  if (!isFields(sender) || !data || data.text === 'null') return no('malformed')
  const { type: kind, sessionid, userid } = sender
  if (typeof sessionid !== 'string' || !recipientTypes.includes(kind)) return no('malformed')
  if (names.isOurs(sessionid)) return no('names a session of ours')
  const user = typeof userid === 'string' && userid !== '' ? `,"userid":${JSON.stringify(userid)}` : ''
  const from = `{"type":"${kind}","sessionid":${JSON.stringify(sessionid)}${user}}`
  const name = isFields(recipient) && recipient['type'] === 'session' ? recipient['sessionid'] : undefined
  const to = typeof name === 'string' ? `"recipient":{"type":"session","sessionid":${JSON.stringify(name)}},` : ''
  // Written by hand and not by the encoder, because nearly everything that comes is this.
  const told = `{"type":"${type}","${type}":{"sender":${from},${to}"data":${data.text}}}`
  return { ok: true, text: inOwnName(told, names), kind: 'plain' }
}

function transient(text: string, body: Fields, names: Names): Rewritten {
  const { type, key, data } = body
  const keys = type === 'initial' && isFields(data) ? Object.keys(data) : [key]
  if (!keys.every((name) => typeof name === 'string')) return no('malformed')
  if (keys.some((name) => name.startsWith(ownKeyPrefix) && names.isOurs(name.slice(ownKeyPrefix.length)))) {
    return no('names a session of ours')
  }
  if (type === 'initial' && !isFields(data)) return no('malformed')
  const isChange = type === 'set' || type === 'remove'
  if (!isChange && type !== 'initial') return no('not allowed')
  const raw = rawSlice(text, ['transient'])
  return raw ? yes({ type: 'transient', transient: raw }, names) : no('malformed')
}

function detailsOf(details: unknown, names: Names): { readonly details?: unknown } {
  if (details === undefined || details === null) return {}
  const room = isFields(details) ? details['room'] : undefined
  const named = isFields(room) ? ofRoom(room, names) : undefined
  return { details: named && isFields(details) ? { ...details, room: named } : details }
}

function event(text: string, body: Fields, names: Names): Rewritten {
  const { target, type } = body
  const name = `${String(target)} ${String(type)}`
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
      entries.push({ id, entry: new RawJson(inOwnName(JSON.stringify(joinEntry(id, entry)), names)) })
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
