import { expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { openJournal } from '../../../src/io/webhooks/journal.ts'
import type { CallRecord } from '../../../src/io/webhooks/record.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const record = (sequence: number): CallRecord => ({
  id: `id-${sequence}`,
  url: 'http://127.0.0.1/',
  event: 'join',
  room: 'den',
  username: 'ann',
  others: [],
  sequence,
  timestamp: 1,
})

test('a file that has grown long is written anew with the present state only', async () => {
  using folder = tempFolder()
  const state = () => ({ pending: [record(99)], floor: 7, last: [['den', 100] as const] })
  const failures: unknown[] = []
  const journal = openJournal({ folder: folder.path, state, failed: (error) => failures.push(error), longest: 2_000 })
  for (let sequence = 1; sequence <= 20; sequence++) await journal.put(record(sequence))
  await journal.close()
  expect(failures).toEqual([])
  expect(statSync(folder.file('webhooks.jsonl')).size).toBeLessThan(2_500)
  const again = openJournal({ folder: folder.path, state, failed: () => {} })
  expect(again.found.pending.map(({ sequence }) => sequence)).toContain(99)
  expect(again.found).toMatchObject({ floor: 7, last: [['den', 100]] })
  await again.close()
})

test('what comes together goes to the disk together, and what is done is left out at the next start', async () => {
  using folder = tempFolder()
  const state = () => ({ pending: [], floor: 0, last: [] })
  const journal = openJournal({ folder: folder.path, state, failed: () => {} })
  await Promise.all([3, 1, 2].map((sequence) => journal.put(record(sequence))))
  journal.done('id-1')
  await journal.close()
  expect(readFileSync(folder.file('webhooks.jsonl'), 'utf8')).toContain('{"done":"id-1"}')
  const again = openJournal({ folder: folder.path, state, failed: () => {} })
  expect(again.found.pending.map(({ sequence }) => sequence)).toEqual([2, 3])
  await again.close()
})
