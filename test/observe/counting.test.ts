import { expect, test } from 'bun:test'
import { createTally } from '../../src/observe/counting.ts'

test('a counter without labels begins at 0', () => {
  const tally = createTally([])
  expect([...tally.all()]).toEqual([{ labels: {}, value: 0 }])

  tally.count({ fact: 'anything' })
  tally.count({})

  expect([...tally.all()]).toEqual([{ labels: {}, value: 2 }])
})

test('each set of labels has a series of its own, other fields do not matter', () => {
  const tally = createTally(['action', 'delay'])

  tally.count({ action: 'HelloResume', delay: 100, address: '192.0.2.1' })
  tally.count({ action: 'HelloResume', delay: 100, address: '192.0.2.2' })
  tally.count({ action: 'HelloResume', delay: 200 })

  expect([...tally.all()]).toEqual([
    { labels: { action: 'HelloResume', delay: '100' }, value: 2 },
    { labels: { action: 'HelloResume', delay: '200' }, value: 1 },
  ])
})

test('a series that was started is at 0 and goes on from where it is', () => {
  const tally = createTally(['backend'])

  tally.start({ backend: 'one' })
  tally.count({ backend: 'one' })
  tally.start({ backend: 'one' })
  tally.start({ backend: 'two' })

  expect([...tally.all()]).toEqual([
    { labels: { backend: 'one' }, value: 1 },
    { labels: { backend: 'two' }, value: 0 },
  ])
})

test('labels from outside make no more series than there may be, and no long ones', () => {
  const tally = createTally(['code'], 3)

  for (let n = 0; n < 100; n++) tally.count({ code: `${n}${'x'.repeat(1000)}` })

  const series = [...tally.all()]
  expect(series.map(({ value }) => value)).toEqual([1, 1, 1, 97])
  expect(series.at(-1)?.labels).toEqual({ code: 'other' })
  for (const { labels } of series) expect(labels['code']?.length).toBeLessThanOrEqual(200)
})
