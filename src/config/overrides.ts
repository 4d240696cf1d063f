/** Settings given as environment variables: `HELIOGRAPH_<SECTION>_<KEY>`. */

import { nearMiss } from './near-miss.ts'
import type { Section, Settings } from './setting.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Override {
  readonly variable: string
  readonly text: string
}

export interface Overrides {
  /** By `section key`. */
  readonly byKey: ReadonlyMap<string, Override>
  /** Variables of ours that name no setting. */
  readonly strangers: readonly Stranger[]
}

export interface Stranger {
  readonly variable: string
  /** What was probably meant. */
  readonly suggestion?: string | undefined
}

const prefix = 'HELIOGRAPH_'

export function findOverrides(environment: Environment, sections: readonly Section<Settings>[]): Overrides {
  const names = variableNames(sections)
  const byKey = new Map<string, Override>()
  const strangers: Stranger[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(prefix) || isOfKubernetes(variable)) continue
    const keys = names.get(variable)
    if (keys) for (const key of keys) byKey.set(key, { variable, text })
    else strangers.push({ variable, suggestion: nearMiss(variable, names.keys()) })
  }
  return { byKey, strangers }
}

export function variableName(section: string, key: string): string {
  return `${prefix}${section}_${key}`.toUpperCase().replace(/[^A-Z0-9_]/g, '_')
}

/** Two backends whose names differ in punctuation only share a variable; it then sets both. */
function variableNames(sections: readonly Section<Settings>[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>()
  const add = (section: string, key: string) => {
    const variable = variableName(section, key)
    names.set(variable, [...(names.get(variable) ?? []), `${section} ${key}`])
  }
  for (const { name, settings } of sections) {
    for (const [key, setting] of Object.entries(settings)) {
      add(name, key)
      if (setting.secret) add(name, `${key}_file`)
    }
  }
  return names
}

/** What Kubernetes sets by itself in every pod beside a service that is called heliograph or heliograph-…. */
function isOfKubernetes(variable: string): boolean {
  return /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/.test(
    variable,
  )
}
