/** What a page remembers of its visit to a room, so that loading it again leads back. */
import { isObject, readObject, textAt } from '../../sdk/src/core/json.ts'
import { isPass } from './pass.ts'

export interface Visit {
  readonly room: string
  readonly pass?: string | undefined
  /** False once the person has left on purpose. */
  readonly isIn: boolean
}

const visitKey = 'heliograph-visit'
const nameKey = 'heliograph-name'

/** Of this tab only. */
export function lastVisit(): Visit | undefined {
  const value = readObject(stored(sessionStorage, visitKey) ?? '')
  const [room, pass] = [textAt(value, 'room'), textAt(value, 'pass')]
  if (room === undefined || !isObject(value)) return undefined
  return { room, pass: isPass(pass) ? pass : undefined, isIn: value['isIn'] === true }
}

export const rememberVisit = (visit: Visit): void => store(sessionStorage, visitKey, JSON.stringify(visit))

export const lastName = (): string => stored(localStorage, nameKey) ?? ''

export const rememberName = (name: string): void => store(localStorage, nameKey, name)

/** Browsers may forbid it: then nothing is remembered. */
function stored(storage: Storage, key: string): string | undefined {
  try {
    return storage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

function store(storage: Storage, key: string, value: string): void {
  try {
    storage.setItem(key, value)
  } catch {
    // See above.
  }
}
