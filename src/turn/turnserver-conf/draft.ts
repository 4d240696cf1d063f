/** What the parts of the conversion read their options from and write settings and notes to. */
import { type ConfLine, readFlag, readNumber } from './lines.ts'

export interface Setting {
  readonly key: string
  readonly value: string
}

export interface Note {
  readonly kind: NoteKind
  /** Undefined when it is about the file as a whole. */
  readonly line?: number
  readonly option: string
  /** Never holds a value that may be secret. */
  readonly why: string
}

export type NoteKind =
  /** The operator has to do something. */
  'look at' | 'left out' | 'always' | 'unknown'

export interface Draft {
  all(option: string): readonly ConfLine[]
  /** The last one counts, as it does for coturn; an empty value is none. */
  last(option: string): ConfLine | undefined
  isOn(option: string): boolean
  /** A whole number in these bounds, and otherwise a note. */
  number(option: string, least: number, most: number): number | undefined
  /** Sets a key unless the value cannot stand in an INI file, of which there is a note then. */
  put(key: string, values: readonly Piece[], separator?: string): void
  note(kind: NoteKind, of: ConfLine | string, why: string): void
}

/** One entry of a value and the line that it comes from. */
export interface Piece {
  readonly text: string
  readonly from: ConfLine | undefined
}

export function createDraft(lines: readonly ConfLine[], settings: Setting[], notes: Note[]): Draft {
  const all = (option: string): readonly ConfLine[] => lines.filter((line) => line.option === option)
  const last = (option: string): ConfLine | undefined => all(option).findLast(({ value }) => value !== '')

  function note(kind: NoteKind, of: ConfLine | string, why: string): void {
    if (typeof of === 'string') notes.push({ kind, option: of, why })
    else notes.push({ kind, line: of.line, option: shown(of.option), why })
  }

  return {
    all,
    last,
    note,
    isOn(option) {
      const line = all(option).at(-1)
      return line !== undefined && readFlag(line) === true
    },
    number(option, least, most) {
      const line = last(option)
      if (!line) return undefined
      const number = readNumber(line)
      if (number !== undefined && number >= least && number <= most) return number
      note('look at', line, `is no whole number from ${least} to ${most}, and left out`)
      return undefined
    },
    put(key, values, separator = ', ') {
      const usable = values.filter(({ text, from }) => {
        const fault = iniFault(text, lists.has(key))
        if (fault && from) note('look at', from, `${fault}, which the setting ${key} cannot have: choose another`)
        return !fault
      })
      if (usable.length > 0) settings.push({ key, value: usable.map(({ text }) => text).join(separator) })
    },
  }
}

const lists = new Set(['secret', 'users'])

/** What a value may not have where it is to stand: a comment would begin, a variable be replaced, or a list be divided. */
function iniFault(text: string, inList: boolean): string | undefined {
  if (/(?:^|[ \t])[;#]/.test(text)) return 'has a blank in front of ; or #, or begins with one of them'
  if (text.includes('$(')) return 'has $('
  if (inList && text.includes(',')) return 'has a comma'
  return text.trim() === text && text !== '' ? undefined : 'is empty, or begins or ends with a blank'
}

/** An unknown option may be anything. */
function shown(option: string): string {
  const clean = option.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
  return clean.length > 40 ? `${clean.slice(0, 40)}…` : clean
}
