/** Whether two parsed JSON values are the same, whatever the order of their keys. Any depth of nesting will do. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  const pairs: (readonly [unknown, unknown])[] = [[a, b]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const parts = partsOf(...pair)
    if (!parts) return false
    for (const part of parts) pairs.push(part)
  }
  return true
}

/** The pairs that have to be equal for these two to be; undefined if they cannot be. */
function partsOf(a: unknown, b: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (a === b) return []
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return undefined
  if (Array.isArray(a) !== Array.isArray(b)) return undefined
  const left = Object.entries(a)
  const right = new Map(Object.entries(b))
  if (left.length !== right.size || !left.every(([key]) => right.has(key))) return undefined
  return left.map(([key, value]) => [value, right.get(key)])
}
