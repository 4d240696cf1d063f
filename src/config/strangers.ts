/** What a file or the environment says that nobody here knows. */

import { nearMiss } from './near-miss.ts'
import type { Sources } from './sources.ts'

/** `explain` may say more of a section than that it is not known. */
export function checkUnknownSections(
  { ini, file, faults }: Sources,
  known: ReadonlySet<string>,
  explain: (section: string, keys: ReadonlySet<string>) => string | undefined = () => undefined,
): void {
  for (const [section, { line, entries }] of ini.sections) {
    if (known.has(section)) continue
    const meant = nearMiss(section, known)
    const hint = meant === undefined ? '' : `; did you mean [${meant}]?`
    const message = explain(section, new Set(entries.keys())) ?? `this section is not known and has no effect${hint}`
    faults.push({ severity: 'warning', file, line, section, message })
  }
}

export function checkStrangers({ overrides, faults }: Sources): void {
  for (const { variable, suggestion } of overrides.strangers) {
    const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
    const message = `names no setting and has no effect${hint}`
    faults.push({ severity: 'warning', file: variable, section: '', message })
  }
}
