/** The log: one line for each fact, as JSON for machines or as text for people. */

export const logFormats = ['json', 'text'] as const
export type LogFormat = (typeof logFormats)[number]

/** From what is said of every frame to what somebody should be woken for. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LogOptions {
  readonly format: LogFormat
  /** Lines below this level are not written. */
  readonly level: LogLevel
  /** Takes one or more whole lines. */
  readonly write: (lines: string) => void
  /** ms since 1970. */
  readonly now: () => number
}

export interface Entry {
  readonly level: LogLevel
  /** What kind of line it is, always the same for the same kind. */
  readonly fact: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Fields that are written only by a log of `debug` or `trace`. */
  readonly hides?: readonly string[]
}

export interface Log {
  writes(level: LogLevel): boolean
  /** Never throws. */
  add(entry: Entry): void
  /** Writes what waits for the end of this turn of the event loop. */
  flush(): void
}

const longestText = 1_000
const longestStack = 8_000
const longestList = 100
/** Characters: when so many wait they are written, even within a turn of the event loop. */
/** ms; in a storm of connections one write takes what would have been hundreds. */
const gatherFor = 25
const mostWaiting = 65_536

/** Lines of one turn of the event loop are written together; one of level `error` is written at once. */
export function createLog({ format, level: threshold, write, now }: LogOptions): Log {
  const rank = (level: LogLevel): number => logLevels.indexOf(level)
  const showsHidden = rank(threshold) <= rank('debug')
  const print = format === 'json' ? jsonLine : textLine
  let waiting = ''
  let isScheduled = false

  function flush(): void {
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    try {
      write(lines)
    } catch {
      // Nobody is left who could be told that the log cannot be written.
    }
  }

  function flushLater(): void {
    if (isScheduled) return
    isScheduled = true
    setTimeout(() => {
      isScheduled = false
      flush()
    }, gatherFor)
  }

  return {
    writes: (level) => rank(level) >= rank(threshold),
    add(entry) {
      if (rank(entry.level) < rank(threshold)) return
      const hidden = showsHidden ? undefined : entry.hides
      const fields: Record<string, Plain> = {}
      for (const name of Object.keys(entry.fields)) {
        if (name !== 'fact' && !hidden?.includes(name)) fields[name] = plain(entry.fields[name], entry.level)
      }
      waiting += `${print(new Date(now()).toISOString(), entry, fields)}\n`
      if (entry.level === 'error' || waiting.length > mostWaiting) flush()
      else flushLater()
    },
    flush,
  }
}

type Plain = string | number | boolean | readonly (string | number)[]

function plain(value: unknown, level: LogLevel): Plain {
  switch (typeof value) {
    case 'string':
      return clipped(value, level === 'error' ? longestStack : longestText)
    case 'number':
    case 'boolean':
      return value
    default:
      if (!Array.isArray(value)) return value === undefined ? '' : `(${typeof value})`
      return value.slice(0, longestList).map(listed)
  }
}

function listed(one: unknown): string | number {
  if (typeof one === 'number') return one
  return typeof one === 'string' ? clipped(one, longestText) : '(…)'
}

const clipped = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

function jsonLine(time: string, { level, fact, text }: Entry, fields: Readonly<Record<string, Plain>>): string {
  return escaped(JSON.stringify({ time, level, fact, text, ...fields }))
}

/** Such as `2026-01-31T12:00:00.000Z info  session opened session=abc backend=b1`. */
function textLine(time: string, { level, text }: Entry, fields: Readonly<Record<string, Plain>>): string {
  const words = [time, level.padEnd(5), text]
  let stack = ''
  for (const [name, value] of Object.entries(fields)) {
    if (level === 'error' && typeof value === 'string' && value.includes('\n')) {
      // Indented, so that no line of it can pass for a line of the log.
      stack += value.split('\n').reduce((lines, line) => `${lines}\n    ${escaped(line)}`, '')
    } else words.push(`${name}=${word(value)}`)
  }
  return words.join(' ') + stack
}

function word(value: Plain): string {
  const text = typeof value === 'object' ? value.join(', ') : String(value)
  return /^[\w./:[\]@+-]+$/.test(text) ? text : escaped(JSON.stringify(text))
}

/** What could move the cursor, end a line or turn the direction of writing becomes visible; JSON reads it back. */
function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
