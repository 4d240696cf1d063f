/**
 * What another server says, in words of ours: one row for each kind of message that may pass. Whoever is federated is
 * called by two session ids, his rooms by two names, people by two actor ids. Nothing passes that has no row, that is
 * about another room, or that names sessions of ours: the other server speaks for its own people only.
 */
import { rawSlice } from '../../json-wire.ts'
import { ownKeyPrefix } from '../values.ts'
import { type Fields, isFields, type RoomNames } from './clouds.ts'
import { event } from './events.ts'
import { mayLoseDigits, parseExactly } from './exactly.ts'
import { inOwnName, type Names, no, ofRoom, out, type Rewritten, type Row, yes } from './rewriting.ts'

/** Says a message of the other server's in our words. `message` is what `text` means. */
export function rewritten(text: string, message: Fields, names: Names): Rewritten {
  const { type } = message
  if (typeof type !== 'string' || !Object.hasOwn(rows, type)) return no('not allowed')
  if (!isFields(message[type])) return no('malformed')
  try {
    // The payloads of the frequent kinds are passed as text.
    const exact = isWrittenAnew(type) && mayLoseDigits(text) ? parseExactly(text) : message
    return isFields(exact) ? rows[type as keyof typeof rows](text, exact, names) : no('malformed')
  } catch (error) {
    // What is nested too deeply for a stack.
    if (error instanceof RangeError) return no('malformed')
    throw error
  }
}

const isWrittenAnew = (type: string): boolean => type === 'event' || type === 'error' || type === 'dialout'

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

const fieldsOf = (message: Fields, name: string): Fields => {
  const body = message[name]
  return isFields(body) ? body : {}
}

const idOf = (id: unknown): { readonly id?: string } => (typeof id === 'string' && id !== '' ? { id } : {})

/** A room as the client is told of it when it joins and when it changes; `body` stands at `path`. */
export function joinedRoom(text: string, body: Fields, room: RoomNames, path: readonly string[] = ['room']): object {
  const { bandwidth } = body
  const properties = isFields(body['properties']) ? rawSlice(text, [...path, 'properties']) : undefined
  return {
    roomid: room.local,
    ...(properties ? { properties } : {}),
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
