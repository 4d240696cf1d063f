/** Reads an INI text into sections and entries that know their line; it does not know what any of them means. */

export interface IniEntry {
  readonly text: string
  readonly line: number
}

export interface IniSection {
  /** The line of its (first) header. */
  readonly line: number
  readonly entries: ReadonlyMap<string, IniEntry>
}

export interface IniFault {
  readonly line: number
  readonly section: string
  readonly key?: string
  readonly message: string
}

export interface IniFile {
  /** By name; names and keys are lower-case. */
  readonly sections: ReadonlyMap<string, IniSection>
  readonly faults: readonly IniFault[]
}

/**
 * The dialect of the original's files: `key = value` or `key: value`; a comment is a line that begins with `#`, `;` or
 * `rem`, or what follows `#` or `;` behind a space or tab. A header that appears twice continues its section.
 * What differs, because it hides mistakes there: a key given twice and a line without `=` are faults.
 */
export function parseIni(text: string): IniFile {
  const sections = new Map<string, { line: number; entries: Map<string, IniEntry> }>()
  const faults: IniFault[] = []
  let current: string | undefined
  for (const [index, untrimmed] of withoutMark(text).split('\n').entries()) {
    const line = index + 1
    const content = untrimmed.trim()
    if (content === '' || isComment(content)) continue
    if (content.startsWith('[')) {
      const name = headerName(content)
      // Keys under a broken header must not land in the section above it.
      current = name ?? ''
      if (name === undefined) faults.push({ line, section: '', message: 'this header is not of the form [section]' })
      else if (!sections.has(name)) sections.set(name, { line, entries: new Map() })
      continue
    }
    const entry = split(content)
    if (!entry) {
      faults.push({
        line,
        section: current ?? '',
        message: 'this line is neither a comment, a [section] nor key = value',
      })
    } else if (current === undefined) {
      faults.push({ line, section: '', key: entry.key, message: 'this key stands before the first [section]' })
    } else {
      const entries = sections.get(current)?.entries
      const earlier = entries?.get(entry.key)
      if (earlier) {
        const message = `is given twice, in line ${earlier.line} and in line ${line}; remove one`
        faults.push({ line, section: current, key: entry.key, message })
      } else entries?.set(entry.key, { text: entry.text, line })
    }
  }
  return { sections, faults }
}

/** Editors on some systems put a byte order mark in front. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function isComment(content: string): boolean {
  return content.startsWith('#') || content.startsWith(';') || /^rem(?:\s|$)/i.test(content)
}

function headerName(content: string): string | undefined {
  const end = content.indexOf(']')
  const name = content.slice(1, end).trim().toLowerCase()
  const rest = content.slice(end + 1).trim()
  if (end === -1 || name === '' || (rest !== '' && !isComment(rest))) return undefined
  return name
}

function split(content: string): { key: string; text: string } | undefined {
  const at = separator(content)
  const key = content.slice(0, at).trim().toLowerCase()
  if (at < 1 || key === '') return undefined
  return { key, text: withoutComment(content.slice(at + 1)).trim() }
}

/** The first `=` or `:`, except that an IPv6 address or range may be a key (`[geoip-overrides]`). */
function separator(content: string): number {
  const equals = content.indexOf('=')
  if (equals > 0 && /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:\/\d+)?\s*$/i.test(content.slice(0, equals))) return equals
  return content.search(/[=:]/)
}

function withoutComment(text: string): string {
  const at = text.search(/[ \t][;#]/)
  return at === -1 ? text : text.slice(0, at)
}
