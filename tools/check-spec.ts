// Numbered rules and tests agree: every rule of a SPEC.md is borne by a test that names it, and no test names a rule that is not there.

import type { Files } from './files.ts'
import { words } from './source.ts'

const rule = /\*\*([A-Z]+\d+[a-z]?)\*\*/g
const ruleInName = /\[([A-Z]+\d+[a-z]?(?:[,\s]+[A-Z]+\d+[a-z]?)*)\]/g

/** Everything that is missing on either side, one line each. Needs the SPEC.md files and the tests with their conversations. */
export function specFaults(files: Files): readonly string[] {
  const specs = [...files.keys()].filter((path) => /^src\/.*\/SPEC\.md$/.test(path))
  return specs.flatMap((spec) => {
    const rules = numbered(files.get(spec) ?? '')
    const borne = new Map<string, string>()
    for (const [path, text] of files) {
      if (specOf(path, specs) === spec) for (const id of named(path, text)) borne.set(id, path)
    }
    const twice = rules.filter((id, index) => rules.indexOf(id) !== index)
    return [
      ...twice.map((id) => `${spec}: rule ${id} is there twice`),
      ...rules.filter((id) => !borne.has(id)).map((id) => `${spec}: no test is named [${id}]`),
      ...[...borne]
        .filter(([id]) => !rules.includes(id))
        .map(([id, path]) => `${path}: [${id}] is not a rule of ${spec}`),
    ]
  })
}

/** The nearest above the test, where one SPEC lies within the folder of another. */
function specOf(test: string, specs: readonly string[]): string | undefined {
  const [nearest] = specs
    .flatMap((spec) => homesOf(spec).map((home) => ({ spec, home })))
    .filter(({ home }) => test.startsWith(home))
    .sort((a, b) => b.home.length - a.home.length)
  return nearest?.spec
}

/** Where the tests of a SPEC live: the mirror of its folder, and for a protocol its conversations and its real counterparts. */
function homesOf(spec: string): readonly string[] {
  const folder = spec.slice('src/'.length, -'SPEC.md'.length)
  const protocol = /^protocols\/([^/]+)\/$/.exec(folder)?.[1]
  return [`test/${folder}`, ...(protocol === undefined ? [] : [`test/wire/${protocol}/`, `test/interop/${protocol}/`])]
}

function numbered(spec: string): readonly string[] {
  return [...spec.matchAll(rule)].map((match) => match[1] ?? '')
}

/** The rules that a test file (in its strings) or a conversation (anywhere) names in brackets. */
function named(path: string, text: string): ReadonlySet<string> {
  const places = path.endsWith('.ts')
    ? words(text)
        .filter(({ kind }) => kind === 'string')
        .map((word) => word.text)
    : [text]
  return new Set(
    places.flatMap((place) => [...place.matchAll(ruleInName)].flatMap((match) => (match[1] ?? '').split(/[,\s]+/))),
  )
}
