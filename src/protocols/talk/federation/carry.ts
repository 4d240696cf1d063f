/** What a client in a federated room says, carried to the server that has the room. */
import { encodeJson, type RawJson } from '../../json-wire.ts'
import { withId } from '../errors.ts'
import type { Recipient } from '../messages/message.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'
import type { Incoming } from '../wire.ts'
import { fail, unreachable } from './failing.ts'
import type { Federated } from './federations.ts'
import { order } from './leave.ts'
import { inOwnName } from './rewriting.ts'

/** What the other server takes of a client (bytes). */
const longestMessage = 65_536

type Carried = Extract<Incoming, { readonly type: 'message' | 'control' | 'transient' }>

/** Whether the session is in a federated room: then what it says has gone there, or waits until there is a way. */
export function carryOver(state: State, session: ClientSession, incoming: Carried): boolean {
  if (state.federation.size === 0) return false
  const federated = state.federation.of(session.id)
  if (!federated) return false
  const text = textOf(incoming)
  if (federated.phase === 'joined') say(state, federated, text)
  else if (!federated.waiting.put({ text, kind: 'plain' })) {
    fail(state, federated, unreachable('More waits for the other server than may wait.'))
  }
  return true
}

/** Everything that waited for the link. */
export function sayWaiting(state: State, federated: Federated): void {
  for (const { text } of federated.waiting.takeAll()) say(state, federated, text)
}

/** The client is called there by the other server's id for it; ours is nobody's business. */
function say(state: State, { session, link, remote }: Federated, said: string): void {
  if (!remote) return
  const text = inOwnName(said, { local: remote.id, remote: session.id })
  if (text.length > longestMessage / 3 && Buffer.byteLength(text) > longestMessage) {
    return state.note({ fact: 'message-ignored', session: session.id, type: 'federation', why: 'too long' })
  }
  order(state, { do: 'send', link, text })
}

/** The payload goes as the text that came. */
function textOf(incoming: Carried): string {
  switch (incoming.type) {
    case 'message': {
      const { id, message } = incoming.message
      return addressed('message', id, message, incoming.raw)
    }
    case 'control': {
      const { id, control } = incoming.message
      return addressed('control', id, control, incoming.raw)
    }
    case 'transient': {
      const { id, transient } = incoming.message
      const { type, key, value, ttl } = transient
      return encodeJson({
        ...withId(id),
        type: 'transient',
        transient: { type, key, value: incoming.raw ?? value, ttl },
      })
    }
  }
}

/** Written by hand and not by the encoder, because nearly everything that is carried is this. */
function addressed(
  type: 'message' | 'control',
  id: string | null | undefined,
  { recipient, data }: { readonly recipient: Recipient; readonly data: unknown },
  raw: RawJson | undefined,
): string {
  const request = id ? `"id":${JSON.stringify(id)},` : ''
  const payload = raw?.text ?? JSON.stringify(data)
  return `{${request}"type":"${type}","${type}":{"recipient":${recipientText(recipient)},"data":${payload}}}`
}

function recipientText(recipient: Recipient): string {
  switch (recipient.type) {
    case 'session':
      return `{"type":"session","sessionid":${JSON.stringify(recipient.sessionid)}}`
    case 'user':
      return `{"type":"user","userid":${JSON.stringify(recipient.userid)}}`
    case 'room':
    case 'call':
      return `{"type":"${recipient.type}"}`
  }
}
