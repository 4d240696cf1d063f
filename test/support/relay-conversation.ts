/** Conversations with the relay, one file each, held with the machine and over sockets; what no line expects fails the file. */
import { createNames, type Names } from './conversation/names.ts'
import { mismatch, parsePattern } from './conversation/pattern.ts'
import { parseJson } from './json.ts'

export interface Talker {
  send(text: string): void
  binary(): void
  /** The next frame, or how it was closed. */
  next(): Promise<string | { readonly code: number; readonly reason: string }>
  close(): Promise<void>
}

export interface Stage {
  open(room: string): Promise<Talker>
  pass(ms: number): Promise<void>
}

export interface Conversation {
  readonly name: string
  readonly title: string
  /** As in `[relay]`. */
  readonly settings: Readonly<Record<string, string>>
  readonly lines: readonly { readonly number: number; readonly text: string }[]
}

export function parseConversation(name: string, text: string): Conversation {
  const lines = text.split('\n').map((line, index) => ({ number: index + 1, text: line.trim() }))
  const isTitle = (line: string): boolean => line.startsWith('#')
  const isSettings = (line: string): boolean => line.startsWith('with ')
  const pairs = lines.filter((line) => isSettings(line.text)).flatMap((line) => line.text.split(' ').slice(1))
  return {
    name,
    title: lines.find((line) => isTitle(line.text))?.text.replace(/^# */, '') ?? '',
    settings: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])),
    lines: lines.filter((line) => line.text !== '' && !isTitle(line.text) && !isSettings(line.text)),
  }
}

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
  const wait = /^\+(\d+)ms$/.exec(text)
  if (wait) return stage.pass(Number(wait[1]))
  const [, who = '', rest = ''] = /^(\w+)(?=[<>\s])\s*(.*)$/.exec(text) ?? []
  const room = /^connects(?: (\S+))?$/.exec(rest)
  if (room) return void talkers.set(who, await stage.open(room[1] ?? 'den'))
  const talker = talkers.get(who)
  if (!talker) throw new Error('not understood, or nobody of that name')
  if (rest === '> binary') return talker.binary()
  if (rest.startsWith('>')) return talker.send(names.fill(rest.slice(1).trimStart()))
  if (rest === '< nothing') return expectSilence(who, talker)
  if (rest.startsWith('<=')) return expectText(talker, names.fill(rest.slice(2).trimStart()))
  if (rest.startsWith('<')) return expectFrame(talker, rest.slice(1).trim(), names)
  talkers.delete(who)
  if (rest === 'closes') return talker.close()
  const closed = /^closed (\d+) "(.*)"$/.exec(rest)
  if (!closed) throw new Error('not understood')
  const heard = await talker.next()
  if (JSON.stringify(heard) !== JSON.stringify({ code: Number(closed[1]), reason: closed[2] })) {
    throw new Error(`was ${JSON.stringify(heard)}`)
  }
}

async function frameOf(talker: Talker): Promise<string> {
  const heard = await talker.next()
  if (typeof heard !== 'string') throw new Error(`was closed: ${heard.code} ${heard.reason}`)
  return heard
}

/** Letter by letter. */
async function expectText(talker: Talker, expected: string): Promise<void> {
  const heard = await frameOf(talker)
  if (heard !== expected) throw new Error(`heard ${heard}`)
}

async function expectFrame(talker: Talker, expected: string, names: Names): Promise<void> {
  const heard = await frameOf(talker)
  const fault = mismatch(parsePattern(expected), parseJson(heard), names)
  if (fault !== undefined) throw new Error(`${fault}\n  heard ${heard}`)
}

/** Shown by a round trip: what was under way comes before the answer. */
async function expectSilence(who: string, talker: Talker): Promise<void> {
  talker.send('ping')
  const heard = await frameOf(talker)
  if (heard !== 'pong') throw new Error(`${who} heard ${heard}`)
}
