/** Reads one string out of parsed JSON of unknown shape. */

/** The string at this path, or undefined when there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let at = value
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
  return typeof at === 'string' ? at : undefined
}
