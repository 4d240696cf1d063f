/** Finds what is given for a setting: in the environment, in the file, or in a file of its own for a secret. */

import type { Fault, Place } from './fault.ts'
import { quoted } from './fault.ts'
import type { IniEntry, IniFile } from './ini.ts'
import type { Environment, Override, Overrides } from './overrides.ts'

export interface Sources {
  /** The name of the configuration file, for messages. */
  readonly file: string
  readonly ini: IniFile
  readonly environment: Environment
  readonly overrides: Overrides
  /** Throws when there is no such file. */
  readonly readFile: (path: string) => string
  /** Grows while settings are read. */
  readonly faults: Fault[]
}

export interface Given {
  /** Absent when something is given that could not be had; the fault is noted then. */
  readonly text: string | undefined
  readonly place: Place
}

/** The environment goes before the file. A secret may be given as `<key>_file` in either. */
export function given(sources: Sources, section: string, key: string, isSecret: boolean): Given | undefined {
  const inEnvironment = (name: string) => fromEnvironment(sources.overrides.byKey.get(`${section} ${name}`))
  const inFile = (name: string) => {
    const entry = sources.ini.sections.get(section)?.entries.get(name)
    return entry && fromFile(sources, section, name, entry)
  }
  for (const find of [inEnvironment, inFile]) {
    const plain = find(key)
    const pointer = isSecret ? find(`${key}_file`) : undefined
    if (plain && pointer?.text) {
      const message = `is given twice, once as ${key}_file (${printPlace(pointer.place)}); remove one`
      sources.faults.push({ severity: 'error', ...plain.place, section, key, message })
    }
    if (pointer?.text) return fromItsFile(sources, section, key, { text: pointer.text, place: pointer.place })
    if (plain) return plain
    if (pointer && pointer.text === undefined) return pointer
  }
  return undefined
}

/** Where to point for something about a whole section. */
export function sectionPlace(sources: Sources, section: string): Place {
  const line = sources.ini.sections.get(section)?.line
  return { file: sources.file, ...(line !== undefined && { line }) }
}

/** Whether there is such a section, in the file or by what the environment says of it. */
export function sectionIsGiven({ ini, overrides }: Sources, section: string): boolean {
  return ini.sections.has(section) || [...overrides.byKey.keys()].some((key) => key.startsWith(`${section} `))
}

function printPlace({ file, line }: Place): string {
  return line === undefined ? file : `line ${line}`
}

function fromEnvironment(override: Override | undefined): Given | undefined {
  return override && { text: override.text.trim(), place: { file: override.variable } }
}

/** With `$(NAME)` replaced; what the environment holds is not looked into again. */
function fromFile(sources: Sources, section: string, key: string, entry: IniEntry): Given {
  const place = { file: sources.file, line: entry.line }
  const missing = new Set<string>()
  const text = entry.text.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (reference, name: string) => {
    const value = Object.hasOwn(sources.environment, name) ? sources.environment[name] : undefined
    if (value === undefined) missing.add(name)
    return value ?? reference
  })
  for (const name of missing) {
    const message = `the environment has no ${name}, which $(${name}) stands for; set it, or write the value here`
    sources.faults.push({ severity: 'error', ...place, section, key, message })
  }
  return { text: missing.size > 0 ? undefined : text, place }
}

function fromItsFile(sources: Sources, section: string, key: string, pointer: { text: string; place: Place }): Given {
  const fail = (message: string): Given => {
    sources.faults.push({ severity: 'error', ...pointer.place, section, key: `${key}_file`, message })
    return { text: undefined, place: pointer.place }
  }
  let content: string
  try {
    content = sources.readFile(pointer.text)
  } catch (error) {
    return fail(`cannot read ${quoted(pointer.text)}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const text = content.replace(/\r?\n$/, '')
  return text === '' ? fail(`${quoted(pointer.text)} is empty`) : { text, place: pointer.place }
}
