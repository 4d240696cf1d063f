/** Reads a turnserver.conf of coturn into its options, in coturn's own dialect; what they mean is said elsewhere. */

export interface ConfLine {
  /** Counted from 1. */
  readonly line: number
  readonly option: string
  /** Empty when there is none. */
  readonly value: string
}

/** `option`, `option=value` or `option value`, perhaps in quotes. Comments are whole lines that begin with `#`. */
export function readLines(text: string): readonly ConfLine[] {
  const lines: ConfLine[] = []
  for (const [index, untrimmed] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const content = untrimmed.trim()
    if (content === '' || content.startsWith('#')) continue
    const [option = ''] = content.split(/[ =\t]/, 1)
    const value = content.slice(option.length).replace(/^[ =\t]+/, '')
    lines.push({ line: index + 1, option, value: withoutQuotes(value) })
  }
  return lines
}

function withoutQuotes(value: string): string {
  return value.startsWith('"') ? value.slice(1).replace(/"$/, '') : value
}

/** What coturn takes for yes and no; undefined for what it refuses to start with. */
export function readFlag({ value }: ConfLine): boolean | undefined {
  if (value === '' || /^[1-9yt]/i.test(value) || /^on$/i.test(value)) return true
  return /^[0nf]/i.test(value) || /^off$/i.test(value) ? false : undefined
}

/** Like coturn, it does not mind what follows behind a blank. */
export function readNumber({ value }: ConfLine): number | undefined {
  const digits = /^(\d{1,15})(?:\s|$)/.exec(value)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
