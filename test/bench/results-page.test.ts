/** Tables are made anew; what somebody wrote below them stays. */
import { expect, test } from 'bun:test'
import { writeResultsPage } from '../../src/bench/results-page.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('what was written by hand outlives the tables above it', async () => {
  using folder = tempFolder()
  const path = folder.file('results.md')
  const text = (): Promise<string> => Bun.file(path).text()
  await writeResultsPage(path, '# First\n')
  expect(await text()).toBe('# First\n')
  const byHand = '<!-- what follows is written by hand and kept when the tables are made anew -->\n\n## Why\n'
  await Bun.write(path, `# First\n\n${byHand}`)
  for (const tables of ['# Second\n', '# Third\n']) {
    await writeResultsPage(path, tables)
    expect(await text()).toBe(`${tables}\n${byHand}`)
  }
})
