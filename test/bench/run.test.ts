import { expect, test } from 'bun:test'
import { chooseScenarios } from '../../src/bench/run.ts'

test('scenarios are chosen by name and keep their order', () => {
  const chosen = chooseScenarios(true, 'idle,connect')
  expect(typeof chosen === 'string' ? chosen : chosen.map(({ name }) => name)).toEqual(['connect', 'idle'])
})

test('an unknown scenario is named', () => {
  expect(chooseScenarios(false, 'idle,party')).toStartWith('no scenario party; there are connect,')
})
