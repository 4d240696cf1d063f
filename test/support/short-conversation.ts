/**
 * Conversations with the relay and with presence, one file each, held with the machine and over sockets; what no line
 * expects fails the file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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
  /** `where` is what stands behind `connects`. */
  open(who: string, where: string | undefined): Promise<Talker>
  pass(ms: number): Promise<void>
  /** A question that the server always answers: what was under way comes before the answer. */
  readonly roundTrip: { readonly say: string; isAnswer(text: string): boolean }
}

export interface Conversation {
  readonly name: string
  readonly title: string
  /** As in the section of the protocol. */
  readonly settings: Readonly<Record<string, string>>
  readonly lines: readonly { readonly number: number; readonly text: string }[]
}

/** The conversation files of a folder. */
export function conversationsIn(folder: string): readonly Conversation[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => parseConversation(file, readFileSync(resolve(folder, file), 'utf8')))
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

interface Run {
  readonly stage: Stage
  readonly talkers: Map<string, Talker>
  readonly names: Names
}

export async function hold({ name, lines }: Conversation, stage: Stage): Promise<void> {
  const run: Run = { stage, talkers: new Map(), names: createNames('run', {}) }
  for (const { number, text } of lines) {
    try {
      await step(text, run)
    } catch (error) {
      throw new Error(`${name}:${number}: ${text}\n  ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const [who, talker] of run.talkers) await expectSilence(who, talker, stage)
  for (const talker of run.talkers.values()) await talker.close()
}

async function step(text: string, { stage, talkers, names }: Run): Promise<void> {
  const wait = /^\+(\d+)ms$/.exec(text)
  if (wait) return stage.pass(Number(wait[1]))
  const [, who = '', rest = ''] = /^(\w+)(?=[<>\s])\s*(.*)$/.exec(text) ?? []
  const connects = /^connects(?: (\S+))?$/.exec(rest)
  if (connects) return void talkers.set(who, await stage.open(who, connects[1]))
  const talker = talkers.get(who)
  if (!talker) throw new Error('not understood, or nobody of that name')
  const binary = /^> binary ?(.*)$/.exec(rest)
  if (binary) return talker.send(new TextEncoder().encode(binary[1]))
  if (rest.startsWith('>')) return talker.send(names.fill(padded(rest.slice(1).trimStart())))
  if (rest === '< nothing') return expectSilence(who, talker, stage)
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

/** `<pad to 32769>` becomes as many x as make the message that many bytes long. */
function padded(message: string): string {
  const pad = /<pad to (\d+)>/.exec(message)
  if (!pad) return message
  return message.replace(pad[0], 'x'.repeat(Number(pad[1]) - (Buffer.byteLength(message) - pad[0].length)))
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

/** `A< … text …` is about letters, everything else about values. */
async function expectFrame(talker: Talker, expected: string, names: Names): Promise<void> {
  const heard = await frameOf(talker)
  const part = /^… (.*) …$/.exec(expected)?.[1]
  const fault =
    part === undefined
      ? mismatch(parsePattern(expected), parseJson(heard), names)
      : heard.includes(part)
        ? undefined
        : `does not contain ${part}`
  if (fault !== undefined) throw new Error(`${fault}\n  heard ${heard}`)
}

async function expectSilence(who: string, talker: Talker, { roundTrip }: Stage): Promise<void> {
  talker.send(roundTrip.say)
  const heard = await frameOf(talker)
  if (!roundTrip.isAnswer(heard)) throw new Error(`${who} heard ${heard}`)
}
