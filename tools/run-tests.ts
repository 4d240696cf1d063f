// `npm test`: gets what the tests need, runs the checks and all tests, and ends with the line `N passed, N failed`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Glob } from 'bun'
import { runChecks } from './check.ts'
import { canInstall, install, missingOfNextRelease, missingPackages, unpackNextRelease } from './debian.ts'
import { root } from './files.ts'
import { type Counts, countJunit } from './junit.ts'

interface Part {
  readonly name: string
  readonly files: readonly string[]
  /** After this many seconds the part is ended, and what it had not reported counts as failed. */
  readonly patience: number
}

/** Tests that start programs go last, in a process of their own, so that a fault in values is told within seconds. */
async function parts(): Promise<readonly Part[]> {
  const all = (await Array.fromAsync(new Glob('test/**/*.test.ts').scan({ cwd: root }))).sort()
  const startsPrograms = (path: string): boolean => /^test\/(interop|build)\//.test(path)
  const isTurn = (path: string): boolean => path.startsWith('test/interop/turn/')
  const isSfu = (path: string): boolean => path.startsWith('test/interop/sfu/')
  return [
    { name: 'our own', files: all.filter((path) => !startsPrograms(path)), patience: 300 },
    {
      name: 'with real counterparts',
      files: all.filter((path) => startsPrograms(path) && !isTurn(path) && !isSfu(path)),
      patience: 540,
    },
    { name: 'with Janus, proxies and browsers', files: all.filter(isSfu), patience: 420 },
    { name: 'with clients of TURN', files: all.filter(isTurn), patience: 420 },
  ].filter(({ files }) => files.length > 0)
}

interface Outcome extends Counts {
  /** What suites said of themselves in a line `NOT RUN: …`, with the reason. */
  readonly leftOut: readonly string[]
}

async function runPart({ name, files, patience }: Part, folder: string): Promise<Outcome> {
  console.log(`\n== tests ${name}: ${files.length} files`)
  const report = join(folder, `${name.replaceAll(' ', '-')}.xml`)
  const child = Bun.spawn(
    [
      process.execPath,
      'test',
      '--no-orphans',
      '--only-failures',
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      ...files.map((file) => `./${file}`),
    ],
    { cwd: root, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit', timeout: patience * 1000 },
  )
  const leftOut = await passOn(child.stdout)
  const code = await child.exited
  const written = Bun.file(report)
  const counts = countJunit((await written.exists()) ? await written.text() : '', files)
  if (child.signalCode !== null) console.log(`ended by ${child.signalCode}; a part may take ${patience} s`)
  // An error outside any test fails the run without failing a test.
  return { ...counts, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed, leftOut }
}

/** Prints what comes and answers what was said to be left out. */
async function passOn(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<readonly string[]> {
  let text = ''
  for await (const piece of output.pipeThrough(new TextDecoderStream())) {
    process.stdout.write(piece)
    text += piece
  }
  return [...text.matchAll(/^NOT RUN: (.*)$/gm)].map((match) => match[1] ?? '')
}

async function prepare(): Promise<void> {
  if (!canInstall()) return
  const missing = missingPackages()
  if (missing.length > 0) {
    console.log(`installing from Debian: ${missing.join(', ')}`)
    await install(missing)
  }
  const next = missingOfNextRelease()
  if (next.length > 0) {
    console.log(`unpacking from Debian's next release: ${next.join(', ')}`)
    await unpackNextRelease(next)
  }
}

await prepare()
console.log('== checks')
const checked = await runChecks()
const folder = await mkdtemp(join(tmpdir(), 'heliograph-tests-'))
let { passed, failed } = checked
const notRun: string[] = []
const didNotLoad: string[] = []
for (const part of await parts()) {
  const counts = await runPart(part, folder)
  passed += counts.passed
  failed += counts.failed
  notRun.push(...counts.leftOut, ...[...counts.skipped].map(([file, number]) => `${file} (${number} tests)`))
  didNotLoad.push(...counts.silent)
}
await rm(folder, { recursive: true, force: true })

console.log('')
for (const file of didNotLoad) console.log(`did not load, or holds no test: ${file}`)
for (const suite of new Set(notRun)) console.log(`not run: ${suite}`)
const missing = missingPackages()
if (missing.length > 0) console.log(`not installed here, from Debian: ${missing.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
