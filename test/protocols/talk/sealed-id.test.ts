/** Session ids: what can be told from one, and what cannot. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createSessionIds } from '../../../src/protocols/talk/sealed-id.ts'
import { createDice } from '../../support/clock.ts'

const keys = { hashKey: 'the hash key', blockKey: '0123456789abcdef' }
const idsOf = (seed = 1, more: Partial<typeof keys> = {}) =>
  createSessionIds({ ...keys, ...more }, createDice(seed).bytes)

test('[R51] both ids are 54 characters of base64url, and no two are the same', () => {
  const ids = idsOf()
  const made = Array.from({ length: 500 }, (_, serial) => ids.create(serial)).flatMap(({ id, resumeId }): string[] => [
    id,
    resumeId,
  ])
  expect(made.every((id) => /^[\w-]{54}$/.test(id))).toBe(true)
  expect(new Set(made).size).toBe(made.length)
})

test('[R51] they look random from the first character on, whatever the serial', () => {
  const ids = idsOf()
  const firsts = Array.from({ length: 640 }, (_, serial) => ids.create(serial).id.slice(0, 1))
  const counts = [...new Set(firsts)].map((first) => firsts.filter((one) => one === first).length)
  expect(counts.length).toBeGreaterThan(50)
  expect(Math.max(...counts)).toBeLessThan(40)
})

test('[R51] the same serial under the same nonce is no proof of anything: public and private ids differ', () => {
  const same = createSessionIds(keys, (count) => new Uint8Array(count))
  const { id, resumeId } = same.create(7)
  expect<string>(id).not.toBe(resumeId)
  expect(same.isGenuine(resumeId)).toBe(true)
  expect(same.isGenuine(id)).toBe(false)
})

test('[R25] [R51] only a private id of these keys is genuine, and only unchanged', () => {
  const ids = idsOf()
  const { id, resumeId } = ids.create(1)
  expect(ids.isGenuine(resumeId)).toBe(true)
  expect(ids.isGenuine(id)).toBe(false)
  expect(idsOf(1, { hashKey: 'another' }).isGenuine(resumeId)).toBe(false)
  for (const text of ['', resumeId.slice(1), `${resumeId}A`, `${resumeId}=`, ` ${resumeId}`, 'x'.repeat(54)]) {
    expect([text, ids.isGenuine(text)]).toEqual([text, false])
  }
  fc.assert(
    fc.property(fc.nat(53), fc.constantFrom(...'ABab019-_'), (place, sign) => {
      fc.pre(resumeId[place] !== sign)
      expect(ids.isGenuine(resumeId.slice(0, place) + sign + resumeId.slice(place + 1))).toBe(false)
    }),
  )
})

test('[R51] a genuine id stays so over a restart with the same keys', () => {
  const { resumeId } = idsOf(1).create(1)
  expect(idsOf(2).isGenuine(resumeId)).toBe(true)
})

test('without a block key, and with one of each length, ids are made', () => {
  for (const length of [16, 24, 32]) {
    expect(idsOf(1, { blockKey: 'k'.repeat(length) }).create(1).id).toHaveLength(54)
  }
  const { id } = createSessionIds({ hashKey: 'h', blockKey: undefined }, createDice(1).bytes).create(1)
  expect(id).toHaveLength(54)
})

test('a public id has one spelling', () => {
  expect<string>(idsOf().canonical('anything')).toBe('anything')
})
