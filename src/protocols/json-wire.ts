/**
 * JSON that is passed on as it came: raw slices of incoming text, and an encoder that writes them unchanged.
 * No digit, key order or duplicate of a payload changes on its way through.
 */

/** A piece of valid JSON text that is forwarded without being looked at. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Index behind the string whose opening quote stands at `start`. */
function skipString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === 0x5c) before--
    if (((end - before) & 1) === 1) return end + 1
  }
}

function skipSpace(text: string, start: number): number {
  let index = start
  for (;;) {
    const code = text.charCodeAt(index)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return index
    index++
  }
}

/** Index behind the value that starts at `start`. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === 0x22) return skipString(text, start)
  if (first !== 0x7b && first !== 0x5b) {
    let index = start
    for (; index < text.length; index++) {
      const code = text.charCodeAt(index)
      // A number or literal ends at a comma, a closing bracket or white space.
      if (code === 0x2c || code === 0x7d || code === 0x5d || code <= 0x20) break
    }
    return index
  }
  let depth = 0
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) index = skipString(text, index) - 1
    else if (code === 0x7b || code === 0x5b) depth++
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return index + 1
  }
  return text.length
}

/**
 * The text of the value at `path` in `text`, which must be valid JSON with objects along the path.
 * Of a repeated key the last one counts, as with JSON.parse. Undefined if there is no such value.
 */
export function rawSlice(text: string, path: readonly string[]): RawJson | undefined {
  let start = skipSpace(text, 0)
  let end = text.length
  for (const name of path) {
    if (text.charCodeAt(start) !== 0x7b) return undefined
    let foundStart = -1
    let foundEnd = -1
    let index = skipSpace(text, start + 1)
    while (index < text.length && text.charCodeAt(index) === 0x22) {
      const keyEnd = skipString(text, index)
      const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
      const valueEnd = skipValue(text, valueStart)
      if (isKey(text, index, keyEnd, name)) {
        foundStart = valueStart
        foundEnd = valueEnd
      }
      const next = skipSpace(text, valueEnd)
      if (text.charCodeAt(next) !== 0x2c) break
      index = skipSpace(text, next + 1)
    }
    if (foundStart < 0) return undefined
    start = foundStart
    end = foundEnd
  }
  return new RawJson(text.slice(start, end))
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  const key = text.slice(start + 1, end - 1)
  // A key may be written with escapes; then only the parsed form tells, even where the written one looks like the name.
  return key.includes('\\') ? JSON.parse(`"${key}"`) === name : key === name
}

/** As JSON.stringify, with every RawJson written as the text that it holds. Undefined fields are left out. */
export function encodeJson(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) {
    let text = '['
    for (let index = 0; index < value.length; index++) {
      if (index > 0) text += ','
      text += encodeJson(value[index])
    }
    return `${text}]`
  }
  let text = '{'
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(key)}:${encodeJson(field)}`
  }
  return `${text}}`
}

/** The elements of a raw array, each as it came; none if it is not an array. */
export function rawItems(array: RawJson): readonly RawJson[] {
  const { text } = array
  const items: RawJson[] = []
  let index = skipSpace(text, 0)
  if (text.charCodeAt(index) !== 0x5b) return items
  index = skipSpace(text, index + 1)
  while (index < text.length && text.charCodeAt(index) !== 0x5d) {
    const end = skipValue(text, index)
    items.push(new RawJson(text.slice(index, end)))
    const next = skipSpace(text, end)
    if (text.charCodeAt(next) !== 0x2c) break
    index = skipSpace(text, next + 1)
  }
  return items
}
