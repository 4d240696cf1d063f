/** Reads a conversation file into steps. The format is described in test/wire/talk/README.md. */
import type { Json } from '../json.ts'
import { isObject, parseJson } from '../json.ts'
import type { Tampering } from '../stub-talk.ts'
import type { TalkAnswer } from '../talk-answers.ts'
import { parsePattern } from './pattern.ts'
import type { Side } from './stage.ts'

export type Step = Action & {
  readonly line: number
  readonly text: string
  /** Only on this side, by the rule named. */
  readonly only: { readonly side: Side; readonly rule: string } | undefined
}

export type Action =
  | { readonly do: 'open'; readonly who: string; readonly greeted: boolean }
  | { readonly do: 'arrive'; readonly who: string; readonly as: string }
  | { readonly do: 'join'; readonly who: string; readonly room: string }
  | { readonly do: 'leave'; readonly who: string }
  | { readonly do: 'send'; readonly who: string; readonly message: string }
  | { readonly do: 'send-binary'; readonly who: string; readonly bytes: Uint8Array }
  | { readonly do: 'expect'; readonly who: string; readonly pattern: Json; readonly inAnyOrder: boolean }
  | { readonly do: 'contains'; readonly who: string; readonly part: string }
  | { readonly do: 'silence'; readonly who: string }
  | { readonly do: 'close'; readonly who: string }
  | { readonly do: 'closed'; readonly who: string }
  | { readonly do: 'post'; readonly room: string; readonly how: Tampering | undefined; readonly body: string }
  | { readonly do: 'status'; readonly status: number; readonly pattern: Json | undefined }
  | { readonly do: 'answer'; readonly type: string; readonly template: string }
  | { readonly do: 'asked'; readonly type: string; readonly pattern: Json }
  | { readonly do: 'token'; readonly name: string; readonly claims: string }
  | { readonly do: 'wait'; readonly ms: number }

export interface Conversation {
  readonly name: string
  readonly title: string
  readonly only: { readonly side: Side; readonly rule: string } | undefined
  readonly steps: readonly Step[]
  /** The virtual time that goes by in it, ms. */
  readonly waits: number
  /** Rule numbers of SPEC.md that it names. */
  readonly rules: readonly string[]
}

/** Rules at the end of a line: `[R7]`, `[R7, R8]`. */
const ruleNumbers = /\s*\[([A-Z]+\d+[a-z]?(?:[,\s]+[A-Z]+\d+[a-z]?)*)\]\s*$/

export function parseConversation(name: string, text: string): Conversation {
  const steps: Step[] = []
  const rules = new Set<string>()
  let title = ''
  let only: Conversation['only']
  let inAnyOrder = false
  for (const [index, whole] of text.split('\n').entries()) {
    const line = index + 1
    const fail = (why: string): never => {
      throw new Error(`${name}:${line}: ${why}: ${whole}`)
    }
    const named = ruleNumbers.exec(whole)?.[1]?.split(/[,\s]+/) ?? []
    const bare = whole.replace(ruleNumbers, '').trim()
    for (const rule of named) rules.add(rule)
    if (bare === '') continue
    if (bare.startsWith('#')) {
      if (title === '') title = bare.slice(1).trim()
      continue
    }
    if (bare === 'unordered' || bare === 'end') {
      inAnyOrder = bare === 'unordered'
      continue
    }
    const variant = /^(only:\s*)?(ours|original)(?::\s*|$)(.*)$/s.exec(bare)
    const side: Side = variant?.[2] === 'original' ? 'original' : 'ours'
    const condition = variant ? { side, rule: named[0] ?? fail('a variant must name its rule, as in [R7]') } : undefined
    if (variant?.[1] !== undefined) {
      only = condition
      continue
    }
    const action = parseAction(variant ? (variant[3] ?? '') : bare, inAnyOrder) ?? fail('not understood')
    steps.push({ ...action, line, text: bare, only: condition })
  }
  if (title === '') throw new Error(`${name}: has no title`)
  const waits = steps.reduce((sum, step) => sum + (step.do === 'wait' ? step.ms : 0), 0)
  return { name, title, only, steps, waits, rules: [...rules] }
}

function parseAction(text: string, inAnyOrder: boolean): Action | undefined {
  const arrow = /^(\w+)(>|<)\s*(.*)$/s.exec(text)
  if (arrow?.[1] === 'backend') return backendAction(arrow[2] ?? '', arrow[3] ?? '')
  if (arrow?.[1] === 'talk') {
    const [type = '', rest = ''] = cut(arrow[3] ?? '', ' ')
    return { do: 'asked', type, pattern: parsePattern(rest) }
  }
  if (arrow) return frameAction(arrow[1] ?? '', arrow[2] ?? '', arrow[3] ?? '', inAnyOrder)
  const wait = /^\+(\d+)ms$/.exec(text)
  if (wait) return { do: 'wait', ms: Number(wait[1]) }
  const answer = /^talk: (\w+) -> (.*)$/s.exec(text)
  if (answer) {
    talkAnswer(answer[2] ?? '')
    return { do: 'answer', type: answer[1] ?? '', template: answer[2] ?? '' }
  }
  const token = /^token (\w+): (.*)$/.exec(text)
  if (token) return { do: 'token', name: token[1] ?? '', claims: token[2] ?? '' }
  return sceneAction(text)
}

function frameAction(who: string, direction: string, rest: string, inAnyOrder: boolean): Action {
  if (direction === '<') {
    if (rest === 'nothing') return { do: 'silence', who }
    const part = /^… (.*) …$/.exec(rest)?.[1]
    if (part !== undefined) return { do: 'contains', who, part }
    return { do: 'expect', who, pattern: parsePattern(rest), inAnyOrder }
  }
  const binary = /^binary ([0-9a-f ]+)$/.exec(rest)?.[1]
  if (binary !== undefined) return { do: 'send-binary', who, bytes: Uint8Array.from(Buffer.from(binary, 'hex')) }
  return { do: 'send', who, message: rest }
}

function backendAction(direction: string, rest: string): Action | undefined {
  if (direction === '<') {
    const [status, body] = cut(rest, ' ')
    if (!/^\d{3}$/.test(status)) return undefined
    return { do: 'status', status: Number(status), pattern: body === '' ? undefined : parsePattern(body) }
  }
  const request = /^POST \/api\/v1\/room\/(\S+) (?:([a-z-]+) )?(.*)$/s.exec(rest)
  if (!request) return undefined
  const how = request[2]
  if (how !== undefined && !isTampering(how)) return undefined
  return { do: 'post', room: request[1] ?? '', how, body: request[3] ?? '' }
}

const tamperings: readonly Tampering[] = [
  'bad-checksum',
  'no-checksum',
  'no-backend',
  'other-backend',
  'text-plain',
  'chunked',
]

function isTampering(word: string): word is Tampering {
  return tamperings.some((known) => known === word)
}

/** An object with a `type` is Talk's whole answer, another object is laid over the usual one, a word is a misbehaviour. */
export function talkAnswer(text: string): TalkAnswer {
  switch (text) {
    case 'html':
    case 'garbage':
    case 'hang':
    case 'close':
    case 'truncated':
    case 'throttled':
    case 'wrong-type':
      return { kind: text }
    default: {
      const json = parseJson(text)
      if (!isObject(json)) throw new Error(`not an answer of Talk: ${text}`)
      return 'type' in json ? { kind: 'data', data: json } : { kind: 'fields', fields: json }
    }
  }
}

function sceneAction(text: string): Action | undefined {
  const [who = '', rest = ''] = cut(text, ' ')
  const [verb = '', object = ''] = cut(rest, ' ')
  switch (verb) {
    case 'connects':
      return { do: 'open', who, greeted: false }
    case 'opens':
    case 'reconnects':
      return { do: 'open', who, greeted: true }
    case 'is':
      return { do: 'arrive', who, as: object }
    case 'joins':
      return { do: 'join', who, room: object }
    case 'leaves':
      return { do: 'leave', who }
    case 'closes':
      return { do: 'close', who }
    case 'closed':
      return { do: 'closed', who }
    default:
      return undefined
  }
}

function cut(text: string, separator: string): readonly [string, string] {
  const place = text.indexOf(separator)
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + separator.length).trim()]
}
