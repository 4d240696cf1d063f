/** Patterns over JSON: what a message must look like, with places left open. The language is described in test/wire/talk/README.md. */
import type { Json, JsonObject } from '../json.ts'
import { isObject, parseJson } from '../json.ts'
import type { Names } from './names.ts'

/** Marks further members or elements in a parsed pattern. */
const furthermore = '...'
const unordered = '<unordered>'

/** JSON with bare `...` and bare `<name>` in it. */
export function parsePattern(text: string): Json {
  let json = ''
  const nest: string[] = []
  for (let place = 0; place < text.length; ) {
    const character = text[place] ?? ''
    if (character === '"') {
      const end = endOfString(text, place)
      json += text.slice(place, end)
      place = end
      continue
    }
    if (text.startsWith(furthermore, place)) {
      json += nest.at(-1) === '{' ? `"${furthermore}":true` : `"${furthermore}"`
      place += furthermore.length
      continue
    }
    if (character === '<') {
      const end = text.indexOf('>', place) + 1
      json += JSON.stringify(text.slice(place, end))
      place = end
      continue
    }
    if (character === '{' || character === '[') nest.push(character)
    if (character === '}' || character === ']') nest.pop()
    json += character
    place += 1
  }
  return parseJson(json)
}

function endOfString(text: string, start: number): number {
  let place = start + 1
  while (place < text.length && text[place] !== '"') place += text[place] === '\\' ? 2 : 1
  return place + 1
}

/** Undefined when the value fits; otherwise where and why not. New names are bound in `names` as they are met. */
export function mismatch(pattern: Json, value: Json | undefined, names: Names, path = ''): string | undefined {
  if (typeof pattern === 'string') return mismatchOfText(pattern, value, names, path)
  if (Array.isArray(pattern)) return mismatchOfList(pattern, value, names, path)
  if (isObject(pattern)) return mismatchOfObject(pattern, value, names, path)
  return pattern === value ? undefined : differs(pattern, value, path)
}

function mismatchOfText(pattern: string, value: Json | undefined, names: Names, path: string): string | undefined {
  const name = /^<([\w.-]+)>$/.exec(pattern)?.[1]
  if (name === undefined) {
    const wanted = names.fill(pattern)
    return wanted === value ? undefined : differs(wanted, value, path)
  }
  if (value === undefined) return differs(pattern, value, path)
  if (name === 'any') return undefined
  if (name === 'string' || name === 'number' || name === 'boolean')
    return typeof value === name ? undefined : differs(pattern, value, path)
  if (name === 'object') return isObject(value) ? undefined : differs(pattern, value, path)
  const known = names.get(name)
  if (known !== undefined) return known === value ? undefined : differs(`<${name}> = ${known}`, value, path)
  if (typeof value !== 'string' || value === '') return differs(pattern, value, path)
  names.bind(name, value)
  return undefined
}

function mismatchOfObject(
  pattern: JsonObject,
  value: Json | undefined,
  names: Names,
  path: string,
): string | undefined {
  if (!isObject(value)) return differs(pattern, value, path)
  const open = furthermore in pattern
  const wanted = new Set<string>()
  for (const [key, inner] of Object.entries(pattern)) {
    if (key === furthermore) continue
    const mayLack = key.endsWith('?')
    const filled = names.fill(mayLack ? key.slice(0, -1) : key)
    wanted.add(filled)
    if (mayLack && !(filled in value)) continue
    const fault = mismatch(inner, value[filled], names, `${path}.${filled}`)
    if (fault !== undefined) return fault
  }
  const extra = Object.keys(value).find((key) => !wanted.has(key))
  return open || extra === undefined ? undefined : `${path}.${extra} is there but not expected`
}

function mismatchOfList(
  pattern: readonly Json[],
  value: Json | undefined,
  names: Names,
  path: string,
): string | undefined {
  if (!Array.isArray(value)) return differs(pattern, value, path)
  const anyOrder = pattern[0] === unordered
  const open = pattern.at(-1) === furthermore
  const items = pattern.slice(anyOrder ? 1 : 0, open ? -1 : undefined)
  if (anyOrder) return mismatchInAnyOrder(items, value, open, names, path)
  for (const [index, item] of items.entries()) {
    const fault = mismatch(item, value[index], names, `${path}[${index}]`)
    if (fault !== undefined) return fault
  }
  return open || value.length === items.length ? undefined : `${path} has ${value.length} elements, not ${items.length}`
}

function mismatchInAnyOrder(
  items: readonly Json[],
  value: readonly Json[],
  open: boolean,
  names: Names,
  path: string,
): string | undefined {
  const rest = [...value]
  for (const item of items) {
    const place = rest.findIndex((candidate) => fits(item, candidate, names))
    if (place < 0) return `${path} has no element like ${JSON.stringify(item)}: ${JSON.stringify(value)}`
    rest.splice(place, 1)
  }
  return open || rest.length === 0 ? undefined : `${path} has further elements: ${JSON.stringify(rest)}`
}

/** Tries a pattern; names are bound only when it fits. */
export function fits(pattern: Json, value: Json, names: Names): boolean {
  const attempt = names.copy()
  if (mismatch(pattern, value, attempt) !== undefined) return false
  names.take(attempt)
  return true
}

function differs(wanted: Json, value: Json | undefined, path: string): string {
  return `${path === '' ? 'the message' : path} should be ${JSON.stringify(wanted)}, is ${JSON.stringify(value)}`
}
