/** Packets of Socket.IO (protocol 5, main namespace): text in, a checked event out; and the packets that we send. */
import type { Frame } from '../../core/mailbox.ts'
import type { Decoded } from '../front-end.ts'
import { encodeJson, RawJson, rawSlice } from '../json-wire.ts'
import {
  type ClientEvent,
  type ClientMessageOf,
  clientMessages,
  type ServerEvent,
  type ServerMessageOf,
} from './messages.ts'

/** Members that are passed on as they came. */
export interface Passed {
  readonly payload?: RawJson | undefined
  readonly peerinfo?: RawJson | undefined
  readonly content?: RawJson | undefined
}

interface Asked {
  /** The number under which an acknowledgement is waited for. */
  readonly ack: number | undefined
}

export type Event = {
  readonly [E in ClientEvent]: Asked & {
    readonly event: E
    readonly message: ClientMessageOf<E>
    readonly passed: Passed
  }
}[ClientEvent]

export type EventOf<E extends ClientEvent> = Extract<Event, { readonly event: E }>

export type Incoming =
  | Event
  /** Known, but with attachments. */
  | (Asked & { readonly event: 'binary'; readonly name: ClientEvent })
  | (Asked & { readonly event: 'unknown' })

const isKnown = (name: string): name is ClientEvent => Object.hasOwn(clientMessages, name)

/** Where the content stands that one peer hands to another. */
const contents: { readonly [E in ClientEvent]?: string } = {
  'relay-session-description': 'session_description',
  'relay-ice-candidate': 'ice_candidate',
}

export function decode(packet: string): Decoded<Incoming> {
  const start = packet.indexOf('[')
  // Type, number of attachments, number of the acknowledgement.
  const head = /^([25])(?:\d{1,3}-)?(\d{0,15})$/.exec(start < 0 ? '' : packet.slice(0, Math.min(start, 32)))
  if (!head) return fault('not an event')
  const text = packet.slice(start)
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return fault('not JSON')
  }
  if (!Array.isArray(list)) return fault('not a list')
  const [name, argument]: readonly unknown[] = list
  if (typeof name !== 'string') return fault('no name')
  const ack = head[2] === '' ? undefined : Number(head[2])
  if (!isKnown(name)) return { ok: true, value: { event: 'unknown', ack } }
  if (head[1] === '5') return { ok: true, value: { event: 'binary', name, ack } }
  return { ok: true, value: event(name, argument, text, ack) }
}

const fault = (what: string): Decoded<Incoming> => ({ ok: false, id: undefined, fault: what })

/** `list` is the text in which the argument is the second of its items. */
function event(name: ClientEvent, argument: unknown, list: string, ack: number | undefined): Event {
  const isBare = name === 'auth-request' && typeof argument === 'string'
  const given = isBare ? { token: argument } : argument
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  const message = clientMessages[name].parse(isObject ? given : {})
  const raw = isObject && !isBare ? secondItem(list) : undefined
  const member = (key: string | undefined): RawJson | undefined =>
    raw !== undefined && isObject && key !== undefined && Object.hasOwn(given, key) ? rawSlice(raw, [key]) : undefined
  const passed = { payload: member('payload'), peerinfo: member('peerinfo'), content: member(contents[name]) }
  return { event: name, ack, message, passed } as Event
}

/** What begins with the second item of a list whose first is a text; what comes behind it does not matter here. */
function secondItem(list: string): string | undefined {
  const first = /^\[\s*"(?:[^"\\]|\\.)*"\s*,/.exec(list)
  return first ? list.slice(first[0].length) : undefined
}

/** As `encodeJson`, for our own messages: the names of their members need no escapes. */
function encoded(message: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const key in message) {
    const value = message[key]
    if (value === undefined) continue
    const json = value instanceof RawJson ? value.text : encodeJson(value)
    text += text === '' ? `"${key}":${json}` : `,"${key}":${json}`
  }
  return `{${text}}`
}

export const eventPacket = <E extends ServerEvent>(event: E, message: ServerMessageOf<E>): Frame => ({
  text: `2["${event}",${encoded(message)}]`,
  kind: 'plain',
})

/** What an acknowledgement says: whether it was done, and all that the answering event, if there is one, says. */
export interface Outcome {
  readonly ok: boolean
  readonly event?: ServerEvent
  readonly message?: string
}

export const ackPacket = (number: number, outcome: Outcome): Frame => ({
  text: `3${number}${encodeJson([outcome])}`,
  kind: 'plain',
})
