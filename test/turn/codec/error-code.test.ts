import { describe, expect, test } from 'bun:test'
import { errorReasons } from '../../../src/turn/codec/error-code.ts'
import { decoded, raw, written } from './messages.ts'

describe('errors', () => {
  test('[C13] carry hundreds and rest apart, and a phrase that may be empty', () => {
    const ours = written((writer) => writer.put('errorCode', { code: 438, reason: '' }))
    expect(ours.slice(20)).toEqual(new Uint8Array([0, 9, 0, 4, 0, 0, 4, 38]))
    expect(decoded(raw('00 09 00 05 00 00 06 63 58 00 00 00')).get('errorCode')).toEqual({ code: 699, reason: 'X' })
  })

  test('[C13] every code of ours can be sent with the words of its RFC', () => {
    for (const [code, reason] of Object.entries(errorReasons)) {
      const sent = { code: Number(code), reason }
      expect(decoded(written((writer) => writer.put('errorCode', sent))).get('errorCode')).toEqual(sent)
    }
  })

  test('[C13] of one address family name the family', () => {
    const sent = { family: 2, code: 440, reason: 'no' }
    const ours = written((writer) => writer.put('addressErrorCode', sent))
    expect(ours.slice(20)).toEqual(new Uint8Array([0x80, 1, 0, 6, 2, 0, 4, 40, 0x6e, 0x6f, 0, 0]))
    expect(decoded(ours).get('addressErrorCode')).toEqual(sent)
  })

  test.each([
    ['hundreds below 3', '00 09 00 04 00 00 02 00'],
    ['hundreds above 6', '00 09 00 04 00 00 07 00'],
    ['a rest above 99', '00 09 00 04 00 00 04 64'],
    ['a phrase that is no UTF-8', '00 09 00 05 00 00 04 00 ff 00 00 00'],
    ['less than four octets', '00 09 00 03 00 00 04 00'],
  ])('[C13] an error with %s is malformed', (_what, attribute) => {
    expect(decoded(raw(attribute)).malformed).toBe(9)
  })
})
