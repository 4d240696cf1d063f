/** The conversation files of this folder. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Conversation, parseConversation } from '../../support/relay-conversation.ts'

export function relayConversations(): readonly Conversation[] {
  return readdirSync(import.meta.dir)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => parseConversation(file, readFileSync(resolve(import.meta.dir, file), 'utf8')))
}
