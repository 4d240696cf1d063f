/** All conversation files, held on one stage: the quick ones in turn, those that let time go by beside them. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Conversation } from './parse.ts'
import { parseConversation } from './parse.ts'
import { concerns, hold } from './run.ts'
import type { Side, Stage } from './stage.ts'

/** Under test/wire. */
type Folder = 'talk' | 'media'

/** Real time (ms) that a conversation may let go by on sockets, unless SLOW_TESTS is set. */
const longestWait = process.env['SLOW_TESTS'] ? Number.POSITIVE_INFINITY : 15_000

export function talkConversations(name: Folder = 'talk'): readonly Conversation[] {
  const folder = resolve(import.meta.dir, '../../wire', name)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => parseConversation(file, readFileSync(resolve(folder, file), 'utf8')))
}

/** Those that have something to say on a socket of this side; what is left out for its length is reported. */
export function heldOnSockets(side: Side, folder: Folder = 'talk'): readonly Conversation[] {
  const concerned = talkConversations(folder).filter((conversation) => concerns(conversation, side))
  for (const { name, waits } of concerned.filter(({ waits }) => waits > longestWait))
    console.log(`NOT RUN: ${name} on a socket (${side}): waits ${waits / 1000} s, needs SLOW_TESTS=1`)
  return concerned.filter(({ waits }) => waits <= longestWait)
}

/** How a conversation went; `outcome` never rejects. */
export interface Held {
  readonly outcome: (name: string) => Promise<Error | undefined>
}

export function holdAll(conversations: readonly Conversation[], stage: Stage): Held {
  const outcomes = new Map<string, Promise<Error | undefined>>()
  let turn: Promise<unknown> = Promise.resolve()
  for (const conversation of conversations) {
    const start = () => hold(conversation, stage).then(() => undefined, asError)
    const outcome = conversation.waits >= 1_000 ? start() : turn.then(start)
    if (conversation.waits < 1_000) turn = outcome
    outcomes.set(conversation.name, outcome)
  }
  return { outcome: async (name) => outcomes.get(name) }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure))
}
