// `npm run check`: everything about the tree that can be said without running it. Tells each fault and ends with 1 if there is one.

import { floorFaults } from './check-floors.ts'
import { specFaults } from './check-spec.ts'
import { styleFaults } from './check-style.ts'
import { staleDocs } from './docs.ts'
import { ourSources, readFiles, root } from './files.ts'

export interface Check {
  readonly name: string
  /** What is wrong, one line each; nothing if all is well. */
  readonly run: () => Promise<readonly string[]>
}

export const checks: readonly Check[] = [
  { name: 'types', run: () => command('tsc', '-p', 'tsconfig.json') },
  // What runs in browsers knows their types, and nothing of the server does.
  { name: 'types of the client', run: () => command('tsc', '-p', 'sdk/tsconfig.json') },
  { name: "types of the client's tests", run: () => command('tsc', '-p', 'test/sdk/tsconfig.json') },
  { name: 'types of the call page', run: () => command('tsc', '-p', 'web/tsconfig.json') },
  { name: "types of the call page's tests", run: () => command('tsc', '-p', 'test/web/tsconfig.json') },
  { name: 'format and lint', run: () => command('biome', 'check', '--error-on-warnings', '--colors=off') },
  { name: 'floors', run: async () => floorFaults(await readFiles(['src/**/*.ts'])) },
  { name: 'rules and tests', run: async () => specFaults(await readFiles(['src/**/SPEC.md', 'test/**/*.{ts,txt}'])) },
  { name: 'style', run: async () => styleFaults(await readFiles(ourSources)) },
  { name: 'generated pages are fresh', run: staleDocs },
]

/** What a check may print; the first lines say most. */
const mostLines = 80

/** Runs every check, prints what each says, and answers how many passed and failed. */
export async function runChecks(): Promise<{ readonly passed: number; readonly failed: number }> {
  let failed = 0
  for (const { name, run } of checks) {
    const faults = await run()
    console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
    for (const fault of faults.slice(0, mostLines)) console.log(`       ${fault}`)
    if (faults.length > mostLines) console.log(`       … and ${faults.length - mostLines} lines more`)
    if (faults.length > 0) failed++
  }
  return { passed: checks.length - failed, failed }
}

/** Runs a tool that this project depends on; what it printed if it was not content. */
async function command(tool: string, ...words: readonly string[]): Promise<readonly string[]> {
  const child = Bun.spawn([`${root}/node_modules/.bin/${tool}`, ...words], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return code === 0 ? [] : `${out}${err}`.trimEnd().split('\n')
}

if (import.meta.main) {
  const { failed } = await runChecks()
  process.exitCode = failed === 0 ? 0 : 1
}
