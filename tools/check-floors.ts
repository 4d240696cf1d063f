// Who may lean on whom: imports run down the floors of the house and never in a circle, and the world begins at `observe/`.

import { dirname, join } from 'node:path'
import type { Files } from './files.ts'
import { type Import, imports, type Word, words } from './source.ts'

const floors: Readonly<Record<string, number>> = {
  lib: 1,
  config: 2,
  core: 2,
  turn: 2,
  auth: 3,
  cluster: 3,
  sfu: 4,
  protocols: 5,
  doctor: 5,
  observe: 6,
  io: 7,
  // 8: the wiring, `src/*.ts` and
  'front-ends': 8,
  bench: 9,
  commands: 9,
  // 10: `src/main.ts`
}
const wiringFloor = 8
const mainFloor = 10
/** From here up a file may touch sockets, clocks, randomness and the process. */
const worldFloor = floors['observe'] ?? 0

/** Packages that only compute. Whatever else a file below `observe/` imports is taken for a piece of the world. */
const purePackages = new Set(['zod', 'jose', 'node:crypto'])
const randomFromCrypto = /^(\*|default|random\w*|generate\w*|getRandomValues|webcrypto|subtle)$/
const worldNames = new Set(
  'Bun Date console process performance setTimeout setInterval setImmediate queueMicrotask fetch WebSocket Worker'.split(
    ' ',
  ),
)

interface Source {
  readonly path: string
  /** The first folder under `src/`, or the file itself for those that lie directly in it. */
  readonly room: string
  readonly floor: number
  readonly words: readonly Word[]
  readonly imports: readonly Import[]
}

/** Everything that is wrong, one line each, as `path:line what`. Files outside `src/` may lean on anything. */
export function floorFaults(files: Files): readonly string[] {
  const faults: string[] = []
  const sources: Source[] = []
  for (const [path, text] of files) {
    if (!path.startsWith('src/') || !path.endsWith('.ts')) continue
    const floor = floorOf(path)
    if (floor === undefined) faults.push(`${path} lies in a folder that has no floor`)
    else {
      const all = words(text)
      sources.push({ path, room: path.split('/')[1] ?? '', floor, words: all, imports: imports(all) })
    }
  }
  for (const source of sources) {
    faults.push(...source.imports.flatMap((one) => importFault(source, one)))
    if (source.floor < worldFloor) faults.push(...worldFaults(source))
  }
  return [...faults, ...circles(sources).map((circle) => `import circle: ${circle.join(' → ')}`)]
}

function floorOf(path: string): number | undefined {
  if (path === 'src/main.ts') return mainFloor
  const [, room, ...rest] = path.split('/')
  return rest.length === 0 ? wiringFloor : floors[room ?? '']
}

function importFault(source: Source, { from, names, line }: Import): readonly string[] {
  const at = `${source.path}:${line}`
  if (!from.startsWith('.')) {
    if (source.floor >= worldFloor) return []
    if (!purePackages.has(from)) return [`${at} imports ${from}, which only observe/ and the floors above may`]
    const random = from === 'node:crypto' ? names.filter((name) => randomFromCrypto.test(name)) : []
    return random.map((name) => `${at} takes ${name} from node:crypto; randomness is handed in`)
  }
  const target = join(dirname(source.path), from)
  if (!target.startsWith('src/')) {
    return source.floor >= worldFloor && !/^(test|tools)\//.test(target)
      ? []
      : [`${at} leans on ${target}, outside src/`]
  }
  if (source.floor >= worldFloor && !target.endsWith('.ts')) return []
  const floor = floorOf(target)
  const room = target.split('/')[1]
  if (floor === undefined) return [`${at} imports ${target}, which has no floor`]
  if (floor > source.floor) return [`${at} imports ${target}, which lies above it`]
  if (floor < source.floor) return []
  if (floor === wiringFloor) return []
  if (room !== source.room) return [`${at} imports ${target}, which lies beside it on the same floor`]
  return room === 'protocols' ? neighbourFault(source.path, target, at) : []
}

/** Front ends do not know each other, and what they share knows none of them. */
function neighbourFault(path: string, target: string, at: string): readonly string[] {
  const theirs = frontEndOf(target)
  return theirs === undefined || theirs === frontEndOf(path) ? [] : [`${at} imports ${target}, another front end`]
}

function frontEndOf(path: string): string | undefined {
  const [, , name, ...rest] = path.split('/')
  return rest.length > 0 ? name : undefined
}

function worldFaults(source: Source): readonly string[] {
  return source.words.flatMap((word, index) => {
    if (word.kind !== 'name') return []
    const before = source.words[index - 1]?.text
    const [after, member] = [source.words[index + 1]?.text, source.words[index + 2]?.text]
    if (before === '.' || before === '?.' || after === ':') return []
    const random =
      (word.text === 'Math' && member === 'random') || (word.text === 'crypto' && randomFromCrypto.test(member ?? ''))
    if (random && after === '.')
      return [`${source.path}:${word.line} uses ${word.text}.${member}; randomness is handed in`]
    return worldNames.has(word.text) ? [`${source.path}:${word.line} uses ${word.text}, which begins at observe/`] : []
  })
}

/** The circles of the import graph: its strongly connected components of more than one file (Tarjan). */
function circles(sources: readonly Source[]): readonly (readonly string[])[] {
  const edges = new Map(
    sources.map(({ path, imports: all }) => [
      path,
      all.filter(({ from }) => from.startsWith('.')).map(({ from }) => join(dirname(path), from)),
    ]),
  )
  const found: string[][] = []
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []

  const visit = (path: string): number => {
    const number = order.size
    order.set(path, number)
    stack.push(path)
    let lowest = number
    for (const next of edges.get(path) ?? []) {
      if (!edges.has(next)) continue
      if (next === path) found.push([path, path])
      else if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, low.get(next) ?? order.get(next) ?? number)
    }
    low.set(path, lowest)
    if (lowest === number) {
      const component = stack.splice(stack.indexOf(path))
      if (component.length > 1) found.push([...component, path])
    }
    return lowest
  }
  for (const path of edges.keys()) if (!order.has(path)) visit(path)
  return found
}
