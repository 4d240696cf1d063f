/** The conversation files of this folder, and what every stage of them has. */
import { type Conversation, conversationsIn, type Stage } from '../../support/short-conversation.ts'

export const presenceConversations = (): readonly Conversation[] => conversationsIn(import.meta.dir)

export const roundTrip: Stage['roundTrip'] = {
  say: '{"type":"userList"}',
  isAnswer: (text) => text.startsWith('{"type":"userList"'),
}

/** A is a connection of the user a, A2 another one of the same user. */
export const userOf = (who: string): string => who.replace(/\d+$/, '').toLowerCase()
