/** How we say what happened: events in Talk's words, once per form and not per receiver. */
import type { Frame } from '../../core/mailbox.ts'
import { encodeJson, RawJson, rawItems, rawSlice } from '../json-wire.ts'
import type { ServerMessage } from './messages/index.ts'
import { type ClientSession, hasPermission } from './session.ts'
import type { JoinEntry, TalkEvent } from './vocabulary.ts'

/** One message on its way out. */
export function frameOf(message: unknown, kind: Frame['kind'] = 'plain'): Frame {
  return { text: encodeJson(message), kind }
}

/** Messages that may wait in a mailbox together with others of their kind are told apart there. */
export function frameOfNews(message: ServerMessage): Frame {
  const isParticipants =
    message.type === 'event' && message.event.target === 'participants' && message.event.type === 'update'
  return frameOf(message, isParticipants ? 'participants' : 'plain')
}

/**
 * The frames for one receiver of an event, shared between all receivers that see it in the same form.
 * Made for one event and thrown away with it.
 */
export function createRenderer(event: TalkEvent): (receiver: ClientSession) => readonly Frame[] {
  switch (event.event) {
    case 'message': {
      const kind = isChatRefresh(event.data) ? 'chat-refresh' : 'plain'
      const frames: readonly Frame[] = [{ text: messageText(event), kind }]
      if (event.as === 'control') return () => frames
      const isNickname = once(() => nameOfType(event.data) === 'nickChanged')
      return (receiver) => (hasPermission(receiver, 'hide-displaynames') && isNickname() ? [] : frames)
    }
    case 'news': {
      const frames = once(() => [frameOfNews(event.message)])
      return frames
    }
    case 'joined': {
      const plain = once(() => [frameOf(joinMessage(event.entries))])
      const nameless = once(() => [frameOf(joinMessage(event.entries.map(withoutDisplayName)))])
      return (receiver) => (hasPermission(receiver, 'hide-displaynames') ? nameless() : plain())
    }
    case 'room-message':
      return roomMessageForms(event.room, event.data)
    case 'disinvited': {
      const frames = once(() => [
        frameOf({
          type: 'event',
          event: { target: 'roomlist', type: 'disinvite', disinvite: { roomid: event.room, reason: event.reason } },
        }),
      ])
      return frames
    }
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A virtual session in the words of its owner, who has made up both. */
export interface VirtualRecipient {
  readonly type: 'session'
  readonly sessionid: string
  readonly userid?: string
}

/**
 * A message with its sender, and for virtual sessions whom of its owner's it is meant for. Written by hand and not by the
 * encoder, because nearly everything that the server sends is this. Session ids are base64url: they need no escapes.
 */
export function messageText(event: TalkEvent & { readonly event: 'message' }, virtual?: VirtualRecipient): string {
  const { session, userId } = event.from
  const user = userId === '' ? '' : `,"userid":${JSON.stringify(userId)}`
  const recipient = virtual === undefined ? '' : `"recipient":${JSON.stringify(virtual)},`
  const sender = `{"type":"${event.recipientType}","sessionid":"${session}"${user}}`
  return `{"type":"${event.as}","${event.as}":{"sender":${sender},${recipient}"data":${event.data.text}}}`
}

export const joinMessage = (entries: readonly JoinEntry[]): object => ({
  type: 'event',
  event: { target: 'room', type: 'join', join: entries },
})

/** 1.11: who must not see names gets entries without them; an otherwise empty user object is left out. */
export function withoutDisplayName(entry: JoinEntry): JoinEntry {
  if (!entry.user) return entry
  const user: unknown = JSON.parse(entry.user.text)
  if (typeof user !== 'object' || user === null || !('displayname' in user)) return entry
  const { displayname: _, ...rest } = user
  const { user: __, ...others } = entry
  return Object.keys(rest).length === 0 ? others : { ...others, user: new RawJson(JSON.stringify(rest)) }
}

/** Old clients tell each other of new chat messages themselves. */
function isChatRefresh({ text }: RawJson): boolean {
  if (text.length > 200 || !text.includes('"refresh"')) return false
  const data = JSON.parse(text) as { readonly type?: unknown; readonly chat?: { readonly refresh?: unknown } } | null
  return data?.type === 'chat' && data.chat?.refresh === true
}

function nameOfType(data: RawJson): unknown {
  const value: unknown = JSON.parse(data.text)
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
}

const isFilled = (value: unknown): boolean => value !== undefined && value !== null

/**
 * Chat messages in up to four forms: with the comments themselves for clients with feature `chat-relay`, as a mere
 * hint to refresh for the others, and for both without the author's name for those who must not see names.
 */
function roomMessageForms(room: string, data: RawJson): (receiver: ClientSession) => readonly Frame[] {
  const frame = (body: unknown, kind?: Frame['kind']): Frame =>
    frameOf({ type: 'event', event: { target: 'room', type: 'message', message: { roomid: room, data: body } } }, kind)

  const value = JSON.parse(data.text) as { readonly type?: unknown; readonly chat?: Record<string, unknown> } | null
  const chat = value?.type === 'chat' && typeof value.chat === 'object' ? value.chat : undefined
  const asItCame = once(() => [frame(data, chat?.['refresh'] === true ? 'chat-refresh' : 'plain')])
  if (!chat) return asItCame

  const comments = commentsOf(data, chat)
  if (comments.length === 0) return asItCame

  const oneByOne = (shown: readonly RawJson[]): readonly Frame[] =>
    shown.map((comment) => frame({ type: 'chat', chat: { comment } }))
  const relayed = once(() => oneByOne(comments))
  const relayedNameless = once(() => oneByOne(comments.map(withoutAuthorName)))
  const refresh = once(() => [frame({ type: 'chat', chat: { refresh: true } }, 'chat-refresh')])

  return (receiver) => {
    if (chat['refresh'] === true && !receiver.features.includes('chat-relay')) return refresh()
    return hasPermission(receiver, 'hide-displaynames') ? relayedNameless() : relayed()
  }
}

/** Talk sends one `comment`, several `comments`, or both. */
function commentsOf(data: RawJson, chat: Readonly<Record<string, unknown>>): readonly RawJson[] {
  const single = isFilled(chat['comment']) ? rawSlice(data.text, ['chat', 'comment']) : undefined
  const list = isFilled(chat['comments']) ? rawSlice(data.text, ['chat', 'comments']) : undefined
  const items = list ? rawItems(list).filter((item) => item.text !== 'null') : []
  return single ? [single, ...items] : items
}

function withoutAuthorName(comment: RawJson): RawJson {
  const value: unknown = JSON.parse(comment.text)
  if (typeof value !== 'object' || value === null || !('actorDisplayName' in value)) return comment
  return new RawJson(JSON.stringify({ ...value, actorDisplayName: '' }))
}
