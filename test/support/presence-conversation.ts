/**
 * Conversations with the presence front end, one file each, held with the machine and over sockets. A is a connection of
 * the user a, A2 another one of the same user; what no line expects fails the file.
 */
import type { ConnectionId } from '../../src/core/ids.ts'
import type { PresenceStage } from '../protocols/presence/server.ts'
import { createNames, type Names } from './conversation/names.ts'
import { mismatch, parsePattern } from './conversation/pattern.ts'
import { parseJson } from './json.ts'

export interface Talker {
  send(message: string | Uint8Array): void
  /** The next frame, or how it was closed. */
  next(): Promise<string | { readonly code: number; readonly reason: string }>
  close(): Promise<void>
}

export interface Stage {
  open(user: string): Promise<Talker>
  pass(ms: number): Promise<void>
}

export interface Conversation {
  readonly name: string
  readonly title: string
  /** As in `[presence]`. */
  readonly settings: Readonly<Record<string, string>>
  readonly lines: readonly { readonly number: number; readonly text: string }[]
}

export function parseConversation(name: string, text: string): Conversation {
  const lines = text.split('\n').map((line, index) => ({ number: index + 1, text: line.trim() }))
  const title =
    lines
      .find((line) => line.text.startsWith('#'))
      ?.text.slice(1)
      .trim() ?? ''
  const pairs = lines
    .filter((line) => line.text.startsWith('with '))
    .flatMap((line) => line.text.slice('with '.length).split(' '))
  return {
    name,
    title,
    settings: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])),
    lines: lines.filter(({ text: line }) => line !== '' && !line.startsWith('#') && !line.startsWith('with ')),
  }
}

const userOf = (who: string): string => who.replace(/\d+$/, '').toLowerCase()

export async function hold({ name, lines }: Conversation, stage: Stage): Promise<void> {
  const talkers = new Map<string, Talker>()
  const names = createNames('run', {})
  for (const { number, text } of lines) {
    try {
      await step(text, stage, talkers, names)
    } catch (error) {
      throw new Error(`${name}:${number}: ${text}\n  ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const [who, talker] of talkers) await expectSilence(who, talker)
  for (const talker of talkers.values()) await talker.close()
}

async function step(text: string, stage: Stage, talkers: Map<string, Talker>, names: Names): Promise<void> {
  const [, who = '', rest = ''] = /^(\w+)(?=[<>\s])\s*(.*)$/.exec(text) ?? []
  const wait = /^\+(\d+)ms$/.exec(text)
  if (wait) return stage.pass(Number(wait[1]))
  if (rest === 'connects') {
    talkers.set(who, await stage.open(userOf(who)))
    return
  }
  const talker = talkers.get(who)
  if (!talker) throw new Error('not understood, or nobody of that name')
  if (rest.startsWith('> binary ')) return talker.send(new TextEncoder().encode(rest.slice('> binary '.length)))
  if (rest.startsWith('>')) return talker.send(padded(rest.slice(1).trim()))
  if (rest === 'closes') {
    talkers.delete(who)
    return talker.close()
  }
  const closed = /^closed (\d+) "(.*)"$/.exec(rest)
  if (closed) {
    talkers.delete(who)
    return expectClose(talker, Number(closed[1]), closed[2] ?? '')
  }
  if (rest === '< nothing') return expectSilence(who, talker)
  return expectFrame(talker, rest.slice(1).trim(), names)
}

/** `<pad to 32769>` becomes as many x as make the message that many bytes long. */
function padded(message: string): string {
  const pad = /<pad to (\d+)>/.exec(message)
  if (!pad) return message
  return message.replace(pad[0], 'x'.repeat(Number(pad[1]) - (Buffer.byteLength(message) - pad[0].length)))
}

/** `A< … text …` is about letters, everything else about values. */
async function expectFrame(talker: Talker, expected: string, names: Names): Promise<void> {
  const heard = await talker.next()
  if (typeof heard !== 'string') throw new Error(`was closed: ${heard.code} ${heard.reason}`)
  const part = /^… (.*) …$/.exec(expected)?.[1]
  const fault =
    part === undefined
      ? mismatch(parsePattern(expected), parseJson(heard), names)
      : heard.includes(part)
        ? undefined
        : `does not contain ${part}`
  if (fault !== undefined) throw new Error(`${fault}\n  heard ${heard}`)
}

async function expectClose(talker: Talker, code: number, reason: string): Promise<void> {
  const heard = await talker.next()
  if (typeof heard === 'string') throw new Error(`is open, and heard ${heard}`)
  if (heard.code !== code || heard.reason !== reason) throw new Error(`closed with ${heard.code} "${heard.reason}"`)
}

/** Shown by a round trip: what was under way comes before the answer. */
async function expectSilence(who: string, talker: Talker): Promise<void> {
  talker.send('{"type":"userList"}')
  const heard = await talker.next()
  if (typeof heard !== 'string') throw new Error(`${who} was closed: ${heard.code} ${heard.reason}`)
  if (!heard.startsWith('{"type":"userList"')) throw new Error(`${who} heard ${heard}`)
}

/** How long (ms of virtual time) somebody waits for what has not come yet. */
const patience = 5_000

export function machineStage({ world, open }: PresenceStage): Stage {
  const talkerOf = (id: ConnectionId): Talker => {
    const heard: string[] = []
    const look = (): boolean => {
      heard.push(...world.hear(id))
      return heard.length > 0 || !world.isOpen(id)
    }
    return {
      send: (message) => world.text(id, typeof message === 'string' ? message : new TextDecoder().decode(message)),
      async next() {
        await world.settled()
        world.passUntil(look, patience)
        const close = world.closeOf(id)
        const first = heard.shift() ?? close
        if (!first) throw new Error('heard nothing')
        return first
      },
      close: async () => world.lose(id),
    }
  }
  return { open: async (user) => talkerOf(open(user)), pass: async (ms) => world.pass(ms) }
}
