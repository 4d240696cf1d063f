// Reads a TypeScript file as far as the checks need it: its words, its strings and what it imports, without comments.

export interface Word {
  /** A name also stands for a keyword; the text of a string comes without its quotes and as it is written. */
  readonly kind: 'name' | 'string' | 'number' | 'pattern' | 'mark'
  readonly text: string
  readonly line: number
}

export interface Import {
  readonly from: string
  /** What is named between the braces, before any `as`; `*` for a namespace, `default` for a default import. */
  readonly names: readonly string[]
  readonly line: number
}

const beforePattern = new Set(
  'return typeof case in of await yield void delete instanceof do else new throw'.split(' '),
)
const name = /[\p{ID_Start}_$#][\p{ID_Continue}$]*/uy
const number = /\d[\w.]*/y
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const blank = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const mark = /\.\.\.|\?\.|=>|[\s\S]/y

/** The words of a file in order. */
export function words(text: string): readonly Word[] {
  const found: Word[] = []
  let at = /^#!.*/.exec(text)?.[0].length ?? 0
  let line = 1

  const take = (shape: RegExp): string | undefined => {
    shape.lastIndex = at
    const match = shape.exec(text)?.[0]
    if (match !== undefined) at += match.length
    return match
  }
  const add = (kind: Word['kind'], taken: string, raw = taken): void => {
    found.push({ kind, text: taken, line })
    line += raw.split('\n').length - 1
  }
  const patternMayFollow = (): boolean => {
    const last = found.at(-1)
    if (last === undefined) return true
    if (last.kind === 'mark') return ![')', ']', '}'].includes(last.text)
    return last.kind === 'name' && beforePattern.has(last.text)
  }

  /** From the opening backtick to the closing one; what stands in `${…}` is read as code. */
  const template = (): void => {
    at++
    let start = at
    const piece = (): void => add('string', text.slice(start, at))
    while (at < text.length && text[at] !== '`') {
      if (text[at] === '\\') at += 2
      else if (text.startsWith('${', at)) {
        piece()
        at += 2
        code('}')
        at++
        start = at
      } else at++
    }
    piece()
    at++
  }

  /** Reads up to the given closing mark, or the end. */
  const code = (closing?: string): void => {
    let depth = 0
    while (at < text.length) {
      const space = take(blank)
      if (space !== undefined) {
        line += space.split('\n').length - 1
        continue
      }
      const next = text[at]
      if (depth === 0 && next === closing) return
      if (next === '`') {
        template()
        continue
      }
      if (next === '{') depth++
      if (next === '}') depth--
      const string = take(quoted)
      const regular = string === undefined && next === '/' && patternMayFollow() ? take(pattern) : undefined
      if (string !== undefined) add('string', string.slice(1, -1), string)
      else if (regular !== undefined) add('pattern', regular)
      else addWord()
    }
  }

  const addWord = (): void => {
    const named = take(name)
    const counted = named === undefined ? take(number) : undefined
    if (named !== undefined) add('name', named)
    else if (counted !== undefined) add('number', counted)
    else add('mark', take(mark) ?? '')
  }

  code()
  return found
}

/** Every module a file leans on: imports and re-exports, of types too, and `import('…')`. */
export function imports(all: readonly Word[]): readonly Import[] {
  return all.flatMap((word, index) => {
    if (word.kind !== 'name' || (word.text !== 'import' && word.text !== 'export')) return []
    if (all[index - 1]?.text === '.') return []
    const from = word.text === 'import' ? importedFrom(all, index) : exportedFrom(all, index)
    return from === undefined ? [] : [from]
  })
}

function importedFrom(all: readonly Word[], index: number): Import | undefined {
  const { line } = all[index] ?? { line: 0 }
  const [first, second] = [all[index + 1], all[index + 2]]
  if (first?.kind === 'string') return { from: first.text, names: [], line }
  if (first?.text === '(') return second?.kind === 'string' ? { from: second.text, names: ['*'], line } : undefined
  if (first?.text === '.') return undefined
  return clause(all, index)
}

function exportedFrom(all: readonly Word[], index: number): Import | undefined {
  const first = all[index + 1]?.text === 'type' ? all[index + 2] : all[index + 1]
  return first?.text === '{' || first?.text === '*' ? clause(all, index) : undefined
}

/** `{ a, type b as c }`, `* as d`, `e` … up to `from '…'`; nothing if the statement has no `from`. */
function clause(all: readonly Word[], index: number): Import | undefined {
  const names: string[] = []
  let braces = 0
  for (let i = index + 1; i < all.length; i++) {
    const word = all[i]
    const next = all[i + 1]
    if (word === undefined) return undefined
    if (word.text === 'from' && braces === 0 && next?.kind === 'string') {
      return { from: next.text, names, line: all[index]?.line ?? 0 }
    }
    if (word.text === '{') braces++
    else if (word.text === '}') {
      braces--
      if (all[i + 1]?.text !== 'from') return undefined
    } else if (word.text === '*') names.push('*')
    else if (word.kind === 'name' && all[i - 1]?.text !== 'as' && word.text !== 'as') {
      if (word.text === 'type' && next?.text !== ',' && next?.text !== '}' && next?.text !== 'from') continue
      names.push(braces > 0 ? word.text : 'default')
    } else if (word.kind === 'mark' && word.text !== ',') return undefined
  }
  return undefined
}
