import { expect, test } from 'bun:test'
import { attributes, codecOf, mustBeUnderstood } from '../../../src/turn/codec/attributes.ts'

test('[C4] each number stands for one attribute, and below 0x8000 it must be understood', () => {
  const types = Object.values(attributes).map(({ type }) => type)
  expect(new Set(types).size).toBe(types.length)
  for (const { type, codec } of Object.values(attributes)) expect(codecOf(type)).toBe(codec)
  expect(codecOf(0x0003)).toBeUndefined()
  expect([0x0000, 0x7fff, 0x8000, 0xffff].map(mustBeUnderstood)).toEqual([true, true, false, false])
})
