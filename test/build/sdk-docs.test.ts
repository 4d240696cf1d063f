/** The examples of docs/sdk.md are programs that compile. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { root } from '../../tools/files.ts'
import { startChild } from '../support/child.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('every example of the page compiles', async () => {
  const page = await Bun.file(`${root}/docs/sdk.md`).text()
  const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  expect(examples.length).toBeGreaterThan(8)
  using folder = tempFolder()
  for (const [index, text] of examples.entries()) writeFileSync(folder.file(`example-${index + 1}.ts`), text)
  const config = {
    extends: `${root}/sdk/tsconfig.json`,
    compilerOptions: {
      rootDir: '/',
      // An example may define what it does not call.
      noUnusedLocals: false,
      paths: {
        '@heliograph/client': [`${root}/sdk/src/index.ts`],
        '@heliograph/client/admission': [`${root}/sdk/src/admission.ts`],
      },
    },
    include: [folder.file('*.ts')],
  }
  writeFileSync(folder.file('tsconfig.json'), JSON.stringify(config))
  await using child = startChild([`${root}/node_modules/.bin/tsc`, '-p', folder.file('tsconfig.json')])
  await child.exited
  expect(child.output()).toBe('')
}, 40_000)
