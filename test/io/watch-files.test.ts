/** Files are seen to change, in whatever way they are replaced. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { watchFiles } from '../../src/io/watch-files.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
  writeFileSync(folder.file('a.pem'), 'first')
})
afterEach(() => folder[Symbol.dispose]())

/** Resolves at the first change after `act`. */
async function changeAfter(paths: readonly string[], act: () => void): Promise<number> {
  let changes = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  using _ = watchFiles(paths, () => {
    changes++
    resolve()
  })
  act()
  await promise
  return changes
}

test.each<[string, (file: string) => void]>([
  ['written over', (file) => writeFileSync(file, 'second')],
  ['appended to', (file) => appendFileSync(file, 'more')],
  [
    'renamed over',
    (file) => {
      writeFileSync(`${file}.new`, 'second')
      renameSync(`${file}.new`, file)
    },
  ],
  [
    'removed and made again',
    (file) => {
      unlinkSync(file)
      writeFileSync(file, 'second')
    },
  ],
])('a file that is %s: one change', async (_, replace) => {
  const file = folder.file('a.pem')
  expect(await changeAfter([file], () => replace(file))).toBe(1)
})

test('a link that points elsewhere now, as certbot has them', async () => {
  mkdirSync(folder.file('archive'))
  mkdirSync(folder.file('live'))
  writeFileSync(folder.file('archive/1.pem'), 'first')
  writeFileSync(folder.file('archive/2.pem'), 'second')
  const link = folder.file('live/cert.pem')
  symlinkSync('../archive/1.pem', link)
  const relink = () => {
    symlinkSync('../archive/2.pem', `${link}.new`)
    renameSync(`${link}.new`, link)
  }
  expect(await changeAfter([link], relink)).toBe(1)
})

test('several files that change together are one change', async () => {
  const both = [folder.file('a.pem'), folder.file('b.pem')]
  const changes = await changeAfter(both, () => {
    for (const file of both) writeFileSync(file, 'second')
  })
  expect(changes).toBe(1)
})

test('a folder that is not there harms nobody', () => {
  using _ = watchFiles([folder.file('nowhere/a.pem')], () => {})
})
