/** Reads one section by its declaration, and notes everything about it that is wrong or will surprise. */

import { type Fault, type Place, quoted } from './fault.ts'
import type { Kind } from './kinds.ts'
import { nearMiss } from './near-miss.ts'
import type { Section, Setting, Settings, Values } from './setting.ts'
import { type Given, given, type Sources, sectionPlace } from './sources.ts'

export interface SectionRead<S extends Settings> {
  readonly values: Values<S>
  /** Whether something is given, usable or not, so that one mistake is told once. An empty value is none. */
  isGiven(key: keyof S & string): boolean
  /** Where the key stands, or else its section. */
  place(key: keyof S & string): Place
}

export function readSection<S extends Settings>(sources: Sources, section: Section<S>): SectionRead<S> {
  const values: Record<string, unknown> = {}
  const places = new Map<string, Place>()
  const warned = new Set<string>()
  for (const [key, setting] of Object.entries(section.settings)) {
    const found = given(sources, section.name, key, setting.secret)
    values[key] = setting.initial
    if (!found || found.text === '') continue
    places.set(key, found.place)
    if (found.text !== undefined) {
      values[key] = readValue(sources, section.name, key, setting, { text: found.text, place: found.place })
      warn(sources, section.name, key, setting, { text: found.text, place: found.place }, warned)
    }
  }
  checkKeys(sources, section)
  return {
    values: values as Values<S>,
    isGiven: (key) => places.has(key),
    place: (key) => places.get(key) ?? sectionPlace(sources, section.name),
  }
}

interface Present extends Given {
  readonly text: string
}

function readValue(
  sources: Sources,
  section: string,
  key: string,
  setting: Setting<unknown>,
  { text, place }: Present,
) {
  const reading = setting.read(text)
  if ('value' in reading) return reading.value
  sources.faults.push(unusable(section, key, place, setting.allowed, setting.secret ? undefined : reading.unusable))
  return setting.initial
}

/** Without `piece` the message does not show any of the value. */
function unusable(section: string, key: string, place: Place, allowed: string, piece: string | undefined): Fault {
  const what = piece === undefined ? 'this value' : quoted(piece)
  return { severity: 'error', ...place, section, key, message: `${what} is not usable; allowed: ${allowed}` }
}

function warn(
  sources: Sources,
  section: string,
  key: string,
  setting: Setting<unknown>,
  { text, place }: Present,
  warned: Set<string>,
): void {
  const { faults } = sources
  // A list is a sample too if one of its entries is.
  if ([text, ...text.split(/[,\n]/).map((entry) => entry.trim())].some((one) => setting.placeholders.includes(one))) {
    const message = 'is still the value of the sample file, which everybody knows; choose a random one'
    faults.push({ severity: 'warning', ...place, section, key, message })
  }
  const notYet = setting.notYet(text)
  if (notYet !== undefined && !warned.has(notYet)) {
    warned.add(notYet)
    faults.push({ severity: 'warning', ...place, section, key, message: notYet })
  }
}

function checkKeys(sources: Sources, section: Section<Settings>): void {
  if (section.freeKeys) checkFreeKeys(sources, section.name, section.freeKeys)
  else checkUnknownKeys(sources, section)
}

function checkUnknownKeys({ ini, file, faults }: Sources, section: Section<Settings>): void {
  const known = knownKeys(section)
  for (const [key, { line }] of ini.sections.get(section.name)?.entries ?? []) {
    if (known.has(key)) continue
    const meant = nearMiss(key, known)
    const message = `is not known here and has no effect${meant === undefined ? '' : `; did you mean ${meant}?`}`
    faults.push({ severity: 'warning', file, line, section: section.name, key, message })
  }
}

function checkFreeKeys(
  { ini, file, faults }: Sources,
  section: string,
  { key: keys, value: values }: NonNullable<Section<Settings>['freeKeys']>,
): void {
  for (const [key, { line, text }] of ini.sections.get(section)?.entries ?? []) {
    const place = { file, line }
    const name = keys.read(key)
    const value = values.read(text)
    if ('unusable' in name) faults.push(unusable(section, key, place, `${keys.allowed} as the key`, key))
    if ('unusable' in value) faults.push(unusable(section, key, place, values.allowed, value.unusable))
  }
}

/** What stands in a section whose keys the operator chooses; unusable lines are faults by `readSection`, and missing here. */
export function freeEntries<K, V>(
  { ini }: Sources,
  { name, freeKeys }: { readonly name: string; readonly freeKeys: { readonly key: Kind<K>; readonly value: Kind<V> } },
): readonly { readonly key: K; readonly value: V; readonly line: number }[] {
  return [...(ini.sections.get(name)?.entries ?? [])].flatMap(([written, { line, text }]) => {
    const key = freeKeys.key.read(written)
    const value = freeKeys.value.read(text)
    return 'value' in key && 'value' in value ? [{ key: key.value, value: value.value, line }] : []
  })
}

function knownKeys(section: Section<Settings>): ReadonlySet<string> {
  const secrets = Object.entries(section.settings).filter(([, setting]) => setting.secret)
  return new Set([...Object.keys(section.settings), ...secrets.map(([key]) => `${key}_file`)])
}
