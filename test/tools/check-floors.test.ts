// The floors of the house: what the check refuses and what it lets pass.

import { expect, test } from 'bun:test'
import { floorFaults } from '../../tools/check-floors.ts'

const faults = (files: Readonly<Record<string, string>>): readonly string[] =>
  floorFaults(new Map(Object.entries(files)))

test('an import downward is fine, one upward is not', () => {
  expect(faults({ 'src/core/hub.ts': `import { a } from '../lib/a.ts'` })).toEqual([])
  expect(faults({ 'src/lib/a.ts': `import type { Hub } from '../core/hub.ts'` })).toEqual([
    'src/lib/a.ts:1 imports src/core/hub.ts, which lies above it',
  ])
})

test('rooms of one floor do not know each other', () => {
  expect(faults({ 'src/turn/server.ts': `import { hub } from '../core/hub.ts'` })).toEqual([
    'src/turn/server.ts:1 imports src/core/hub.ts, which lies beside it on the same floor',
  ])
})

test('front ends do not know each other, nor does what they share know one of them', () => {
  const one = `import { a } from '../talk/connection.ts'`
  expect(faults({ 'src/protocols/relay/connection.ts': one })).toHaveLength(1)
  expect(faults({ 'src/protocols/json-wire.ts': `import { a } from './talk/connection.ts'` })).toHaveLength(1)
  expect(faults({ 'src/protocols/talk/backend/client.ts': `import { a } from '../phase.ts'` })).toEqual([])
  expect(faults({ 'src/protocols/talk/connection.ts': `import { a } from '../json-wire.ts'` })).toEqual([])
})

test('a circle is found, of types too', () => {
  const circle = faults({
    'src/core/a.ts': `import type { B } from './b.ts'`,
    'src/core/b.ts': `import type { C } from './c.ts'`,
    'src/core/c.ts': `import type { A } from './a.ts'`,
    'src/core/d.ts': `import type { A } from './a.ts'`,
  })
  expect(circle).toEqual(['import circle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts'])
})

test('the world begins at observe', () => {
  const world = `const now = Date.now(); setTimeout(() => {}, Math.random()); console.log(process.pid, Bun.version)`
  expect(faults({ 'src/core/hub.ts': world })).toHaveLength(6)
  expect(faults({ 'src/io/clock.ts': world, 'src/observe/log.ts': world, 'src/main.ts': world })).toEqual([])
})

test('a field of such a name is not the thing', () => {
  expect(faults({ 'src/core/hub.ts': `const a = { process: 1 }; a.process; // Date, console` })).toEqual([])
})

test('hashing may stand anywhere, randomness not', () => {
  expect(faults({ 'src/core/ids.ts': `import { createHmac, timingSafeEqual } from 'node:crypto'` })).toEqual([])
  expect(faults({ 'src/core/ids.ts': `import { randomBytes } from 'node:crypto'` })).toHaveLength(1)
  expect(faults({ 'src/core/ids.ts': `const id = crypto.randomUUID()` })).toHaveLength(1)
  expect(faults({ 'src/core/ids.ts': `import { readFileSync } from 'node:fs'` })).toHaveLength(1)
  expect(faults({ 'src/core/ids.ts': `import { Counter } from 'prom-client'` })).toHaveLength(1)
})

test('nothing leans on tests or tools, and every folder has a floor', () => {
  expect(faults({ 'src/io/http.ts': `import { a } from '../../test/support/a.ts'` })).toHaveLength(1)
  expect(faults({ 'src/utils/a.ts': '' })).toEqual(['src/utils/a.ts lies in a folder that has no floor'])
})

test('the wiring may use everything but main', () => {
  const wiring = `import { a } from './settings.ts'\nimport { b } from './io/http.ts'`
  expect(
    faults({ 'src/signaling-server.ts': wiring, 'src/bench/pairs.ts': `import { a } from '../signaling-server.ts'` }),
  ).toEqual([])
  expect(faults({ 'src/signaling-server.ts': `import { a } from './main.ts'` })).toHaveLength(1)
})
