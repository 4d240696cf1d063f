import { expect, test } from 'bun:test'
import { consequenceOf, janusErrors } from '../../../src/sfu/janus/errors.ts'

test('[M31] every code of the plugin has its meaning', () => {
  for (let code = 421; code <= 437; code++) expect(janusErrors[code]?.means).toBeString()
  expect([424, 425, 426, 428, 432, 437, 459, 499, 1].map(consequenceOf)).toEqual([
    'new handle',
    'new handle',
    'no publisher',
    'wait',
    'refuse',
    'refuse',
    'handle gone',
    'refuse',
    'refuse',
  ])
})
