/**
 * Who is who between two Nextclouds: each calls its own people by their user id and those of the other by user id and
 * host. What the other one says of people is put into the words of ours here.
 */
import { RawJson } from '../../json-wire.ts'

export interface Clouds {
  /** As behind the `@` of a federated user: host and path. */
  readonly local: string
  readonly remote: string
  /** With scheme, as mentions name a server. */
  readonly localUrl: string
  readonly remoteUrl: string
}

export type Fields = Readonly<Record<string, unknown>>

/** A number that is kept as text is none. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawJson)

/** The URL of a Nextcloud as it names itself to others: without Talk's own path and without a slash at the end. */
export function cloudUrl(url: string): string {
  const end = url.indexOf('/ocs/v')
  return end < 0 ? url.replace(/\/$/, '') : url.slice(0, end)
}

export const cloudsOf = (local: string, remote: string): Clouds => {
  const [localUrl, remoteUrl] = [cloudUrl(local), cloudUrl(remote)]
  return { local: withoutScheme(localUrl), remote: withoutScheme(remoteUrl), localUrl, remoteUrl }
}

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//, '')

/** An object that names an actor by these two fields, in our Nextcloud's words. */
export function localActor(named: Fields, idField: string, typeField: string, clouds: Clouds): Fields {
  const { [idField]: id, [typeField]: type } = named
  if (typeof id !== 'string') return named
  if (type === 'users') return { ...named, [idField]: `${id}@${clouds.remote}`, [typeField]: 'federated_users' }
  const host = `@${clouds.local}`
  if (type !== 'federated_users' || !id.endsWith(host)) return named
  return { ...named, [idField]: id.slice(0, -host.length), [typeField]: 'users' }
}

/** A participant of a list. */
export const localParticipant = (entry: Fields, clouds: Clouds): Fields =>
  localActor(entry, 'actorId', 'actorType', clouds)

/** A room by its two names. */
export interface RoomNames {
  readonly local: string
  readonly remote: string
}

/** A chat message with the one that it answers: authors, mentions and the token of the room. */
export function localComment(comment: Fields, room: RoomNames, clouds: Clouds): Fields {
  const { parent } = comment
  const words = localWords(comment, room, clouds)
  return isFields(parent) ? { ...words, parent: localWords(parent, room, clouds) } : words
}

function localWords(comment: Fields, room: RoomNames, clouds: Clouds): Fields {
  const author = localActor(comment, 'actorId', 'actorType', clouds)
  const editor = localActor(author, 'lastEditActorId', 'lastEditActorType', clouds)
  const { token, messageParameters } = editor
  return {
    ...editor,
    ...(token === room.remote ? { token: room.local } : {}),
    ...(isFields(messageParameters) ? { messageParameters: localParameters(messageParameters, room, clouds) } : {}),
  }
}

function localParameters(parameters: Fields, room: RoomNames, clouds: Clouds): Fields {
  const named = Object.entries(parameters).map(([name, parameter]): readonly [string, unknown] =>
    name.startsWith('mention-') && isFields(parameter)
      ? [name, localMention(parameter, room, clouds)]
      : [name, parameter],
  )
  return Object.fromEntries(named)
}

/** People of our Nextcloud are mentioned there with their server, people of that one without. */
function localMention(mention: Fields, room: RoomNames, clouds: Clouds): Fields {
  const { type, id, server } = mention
  if (type === 'call') return id === room.remote ? { ...mention, id: room.local } : mention
  if (type !== 'user') return mention
  if (server === clouds.localUrl) {
    const { server: _, ...ours } = mention
    return ours
  }
  return typeof mention['mention-id'] === 'string'
    ? mention
    : { ...mention, 'mention-id': id, server: clouds.remoteUrl }
}
