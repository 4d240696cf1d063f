/** From text to a checked message, with the payload as it came. */
import { expect, test } from 'bun:test'
import { decode } from '../../../src/protocols/talk/wire.ts'

const rawOf = (text: string): string | undefined => {
  const decoded = decode(text)
  return decoded.ok && decoded.value.type !== 'unknown' ? decoded.value.raw?.text : undefined
}

test('[R20] what is no message has a fault, and its id if that can be read', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['', undefined],
    ['{"id":"1"', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['7', undefined],
    ['{"id":7,"type":"bye"}', undefined],
    ['{"id":"1"}', '1'],
    ['{"id":"1","type":""}', '1'],
    ['{"id":"1","type":7}', '1'],
    ['{"id":"1","type":"room"}', '1'],
    ['{"id":"1","type":"message","message":{"recipient":{"type":"room"},"data":null}}', '1'],
    ['{"id":"1","type":"transient","transient":{"type":"set","ttl":-1}}', '1'],
  ]
  for (const [text, id] of cases) expect([text, decode(text)]).toMatchObject([text, { ok: false, id }])
})

test('[R28] an unknown type is known as such, also one that objects have by birth', () => {
  for (const name of ['no-such-type', 'toString', '__proto__', 'constructor']) {
    expect(decode(`{"id":"1","type":"${name}"}`)).toEqual({ ok: true, value: { type: 'unknown', name, id: '1' } })
  }
})

test('[R33] the payload is a slice of the text', () => {
  expect(rawOf('{"type":"message","message":{"recipient":{"type":"room"},"data": {"b":1.0,"a":1,"a":2}}}')).toBe(
    '{"b":1.0,"a":1,"a":2}',
  )
  expect(rawOf('{"type":"control","control":{"recipient":{"type":"call"},"data":"x\\u0041"}}')).toBe('"x\\u0041"')
  expect(rawOf('{"type":"transient","transient":{"type":"set","key":"k","value":9007199254740993}}')).toBe(
    '9007199254740993',
  )
  expect(rawOf('{"type":"hello","hello":{"version":"1.0","auth":{"url":"u","params":{"t":1e5}}}}')).toBe('{"t":1e5}')
  expect(rawOf('{"type":"transient","transient":{"type":"remove","key":"k"}}')).toBeUndefined()
})

test('[R20] unknown fields are passed over, and null stands for nothing', () => {
  expect(decode('{"id":null,"type":"room","room":{"roomid":null,"sessionid":null,"more":1},"more":[]}').ok).toBe(true)
  expect(decode('{"type":"hello","hello":{"version":null,"resumeid":null,"auth":null,"features":null}}').ok).toBe(true)
})
