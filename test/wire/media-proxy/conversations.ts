/** The conversation files of this folder, and what every stage of them has. */
import { parseJson, textAt } from '../../support/json.ts'
import { type Conversation, conversationsIn, type Stage } from '../../support/short-conversation.ts'

export const proxyConversations = (): readonly Conversation[] => conversationsIn(import.meta.dir)

export const roundTrip: Stage['roundTrip'] = {
  say: '{"id":"round trip","type":"command","command":{"type":"nonsense"}}',
  isAnswer: (text) => text.includes('"round trip"'),
}

/** It comes when it likes, and says nothing about the conversation. */
export const isLoad = (text: string): boolean => textAt(parseJson(text), 'event', 'type') === 'update-load'
