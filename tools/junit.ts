// Counts a JUnit report of `bun test`. A file that the report does not speak of did not load, which counts as one failure.

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** The tests that were skipped, by file. */
  readonly skipped: ReadonlyMap<string, number>
  /** Files that were to run and of which the report knows nothing. */
  readonly silent: readonly string[]
}

const testcase = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g

/** A `beforeAll` or `afterAll` appears among the tests when it was skipped with them, or when it failed. */
const unnamedHook = /\bname="\(unnamed\)"/

/** @param expected the test files that were to run, spelled as in the report */
export function countJunit(report: string, expected: readonly string[]): Counts {
  let passed = 0
  let failed = 0
  const skipped = new Map<string, number>()
  const seen = new Set<string>()
  for (const [, attributes = '', inside = ''] of report.matchAll(testcase)) {
    const file = /\bfile="([^"]*)"/.exec(attributes)?.[1] ?? ''
    seen.add(file)
    if (/<skipped\b/.test(inside) && unnamedHook.test(attributes)) continue
    if (/<skipped\b/.test(inside)) skipped.set(file, (skipped.get(file) ?? 0) + 1)
    else if (/<(failure|error)\b/.test(inside)) failed++
    else passed++
  }
  const silent = expected.filter((file) => !seen.has(file))
  return { passed, failed: failed + silent.length, skipped, silent }
}
