/** A converted turnserver.conf as a piece of an INI file: the notes are comments in it. */
import type { Conversion } from './convert.ts'
import type { Note, NoteKind } from './draft.ts'

const headings = {
  'look at': 'Please look at',
  'left out': 'Left out',
  always: 'Left out because it is so here anyway',
  unknown: 'Unknown lines',
} as const satisfies Record<NoteKind, string>

/** `file` is what the conversion is of, for a comment. */
export function printTurnServerSection({ settings, notes }: Conversion, file: string): string {
  const kinds = Object.keys(headings) as NoteKind[]
  return [
    `; From ${file.replace(/\p{Cc}/gu, '?')}. Secrets stand here as they are there: let nobody else read this.`,
    '[turn-server]',
    ...settings.map(({ key, value }) => `${key} = ${value}`),
    ...kinds.flatMap((kind) =>
      section(
        headings[kind],
        notes.filter((note) => note.kind === kind),
      ),
    ),
    '',
  ].join('\n')
}

function section(heading: string, notes: readonly Note[]): readonly string[] {
  if (notes.length === 0) return []
  return ['', `; ${heading}:`, ...notes.map((note) => `;   ${place(note)}${note.option}: ${note.why}`)]
}

const place = ({ line }: Note): string => (line === undefined ? '' : `line ${line}, `)
