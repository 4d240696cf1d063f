/** The conversation files of this folder, and what every stage of them has. */
import { type Conversation, conversationsIn, type Stage } from '../../support/short-conversation.ts'

export const relayConversations = (): readonly Conversation[] => conversationsIn(import.meta.dir)

export const roundTrip: Stage['roundTrip'] = { say: 'ping', isAnswer: (text) => text === 'pong' }
