/** What the doctor says of one thing: whether it is as it has to be, and what to do if it is not. */

export type Verdict = 'ok' | 'warn' | 'fail' | 'skip'

export interface Finding {
  readonly verdict: Verdict
  /** What was looked at. */
  readonly check: string
  readonly says: string
  /** What to do next. */
  readonly next?: string
}

export const ok = (check: string, says: string): Finding => ({ verdict: 'ok', check, says })
export const warn = (check: string, says: string, next: string): Finding => ({ verdict: 'warn', check, says, next })
export const fail = (check: string, says: string, next: string): Finding => ({ verdict: 'fail', check, says, next })
/** `why` completes "not looked at: …". */
export const skip = (check: string, why: string): Finding => ({ verdict: 'skip', check, says: `not looked at: ${why}` })

const labels = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skip: '-   ' } as const satisfies Record<Verdict, string>

/** One line, and one more with what to do. */
export function printFinding({ verdict, check, says, next }: Finding): string {
  const line = `${labels[verdict]}  ${check}: ${says}`
  return next === undefined ? line : `${line}\n      -> ${next}`
}

/** The last line: what all of it comes to. */
export function conclusion(findings: readonly Finding[]): string {
  const failed = findings.filter(({ verdict }) => verdict === 'fail').length
  const warned = findings.filter(({ verdict }) => verdict === 'warn').length
  if (failed > 0) return `${count(failed, 'check')} failed. Begin with the first; the others often follow from it.`
  if (warned > 0) return `Nothing failed; ${count(warned, 'warning')}.`
  return 'Nothing failed.'
}

export const hasFailed = (findings: readonly Finding[]): boolean => findings.some(({ verdict }) => verdict === 'fail')

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** Text from outside, for a terminal: short, and with nothing in it that a terminal would obey or show misleadingly. */
export function quoted(text: string): string {
  const harmless = text.replace(/[^\x20-\x7e]+/g, '?')
  return `"${harmless.length > 120 ? `${harmless.slice(0, 120)}...` : harmless}"`
}
