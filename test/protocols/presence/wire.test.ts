import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { userKey } from '../../../src/core/ids.ts'
import { RawJson } from '../../../src/protocols/json-wire.ts'
import { createDecoder } from '../../../src/protocols/presence/wire.ts'
import { idOf, issuer } from './server.ts'

const decode = createDecoder(1)

test('[S20] whatever the body, it is the text that stood there', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('x', 'call-offer', ''), (body, type) => {
      const decoded = decode(`{"target":${JSON.stringify(idOf('ann'))}, "body" : ${body} ,"type":"${type}"}`)
      if (!decoded.ok || decoded.value.wish !== 'relay') throw new Error('not understood')
      expect(decoded.value.target).toBe(userKey(issuer, 'ann'))
      expect(decoded.value.body).toEqual(body.trim() === 'null' ? undefined : new RawJson(body.trim()))
    }),
  )
})

test('[S31] members that are null are missing, as the original has it', () => {
  expect(decode('{"type":null,"target":null,"body":null}')).toMatchObject({ value: { code: 'missing_target' } })
  expect(decode('{"target":{"issuer":null,"subject":"x"}}')).toMatchObject({ value: { code: 'invalid_target' } })
})

test.each([
  '',
  'x',
  '1',
  '"x"',
  '[]',
  'true',
  '{"type":{}}',
  '{"target":[]}',
  '{"target":{"subject":1}}',
  '{"type":"x"}}',
])('[S31] %j is no message', (text) => {
  expect(decode(text)).toMatchObject({ ok: false })
})

test('[S30] the limit counts bytes', () => {
  const of = (bytes: number) => `{"body":"${'é'.repeat((bytes - 11) / 2)}"}`
  expect(Buffer.byteLength(of(32_767))).toBe(32_767)
  expect(decode(of(32_767))).toMatchObject({ value: { wish: 'refusal' } })
  expect(decode(of(32_769))).toEqual({ ok: true, value: { wish: 'too-long' } })
})
