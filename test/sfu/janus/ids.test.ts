import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { idIn, parseKeepingIds, roomFrom } from '../../../src/sfu/janus/ids.ts'
import { createDice } from '../../support/clock.ts'

test('[M9] any id of 64 bits survives, in every place where Janus has one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (id) => {
      const text = `{"janus":"event","session_id":${id},"sender": ${id} ,"data":{"id":${id}},"list":[{"room":${id}}]}`
      const parsed = parseKeepingIds(text)
      if (typeof parsed !== 'object' || parsed === null) throw new Error('no object')
      const { session_id, sender, data, list } = Object(parsed)
      expect([session_id, sender, data.id, list[0].room].map(idIn)).toEqual(Array(4).fill(String(id)))
    }),
  )
})

test('[M9] text that looks like an id stays what it is', () => {
  const sdp = 'o=- 18446744073709551615 1 IN IP4 0.0.0.0\r\na="id":18446744073709551615,'
  const text = JSON.stringify({ sender: 1, id: 12, sdp })
  expect(parseKeepingIds(text.replace('12', '18446744073709551615'))).toEqual({
    sender: 1,
    id: '18446744073709551615',
    sdp,
  })
})

test('[M9] what can be no id is none', () => {
  for (const value of [undefined, null, 0, -1, 1.5, 2 ** 60, '', '0', 'a', '1e3', '-1', '1'.repeat(21), {}, [1]]) {
    expect(idIn(value)).toBeUndefined()
  }
})

test('[M10] a room is a number that everybody can write', () => {
  const { bytes } = createDice(1)
  for (let n = 0; n < 1_000; n++) {
    const room = roomFrom(bytes)
    expect(room).toMatch(/^[1-9]\d*$/)
    expect(Number.isSafeInteger(Number(room))).toBe(true)
  }
  expect(roomFrom((count) => new Uint8Array(count))).toBe('1')
  expect(roomFrom((count) => new Uint8Array(count).fill(255))).toBe(String(2 ** 52 - 1))
})
