/** What is wrong with a configuration, where, and how it is said. */

/** Where a value came from. */
export interface Place {
  /** The file, or the environment variable. */
  readonly file: string
  /** Counted from 1; absent for an environment variable and for what is not there at all. */
  readonly line?: number
}

export interface Fault extends Place {
  /** With an error there is no configuration; a warning only says what will surprise. */
  readonly severity: 'error' | 'warning'
  readonly section: string
  readonly key?: string
  /** Never holds a secret. */
  readonly message: string
}

/** One line, such as `server.conf:12: [backend] secret: …`. */
export function printFault({ severity, file, line, section, key, message }: Fault): string {
  const place = line === undefined ? file : `${file}:${line}`
  const mark = severity === 'warning' ? 'warning: ' : ''
  const subject = [section && `[${section}]`, key].filter(Boolean).join(' ')
  return `${place}: ${mark}${subject}${subject && ': '}${message}`.replace(/\p{Cc}/gu, ' ')
}

/** By line; what has no line comes last. */
export function sortedFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER))
}

/** A piece of the operator's text for a message: in quotes, on one line, not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
