/** Marks a branch that the compiler knows cannot be reached; a forgotten case becomes a type error at the call. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
