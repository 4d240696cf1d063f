/** Refusals on the wire. */
import { expect, test } from 'bun:test'
import { errorCodes, errorReply, withId } from '../../../src/protocols/talk/errors.ts'

test('[R48] a refusal has a code, a sentence and the id of its request', () => {
  expect(errorReply('1', 'not_allowed')).toEqual({
    id: '1',
    type: 'error',
    error: { code: 'not_allowed', message: 'Not allowed.' },
  })
  expect(errorReply(undefined, 'no_such_room', 'Not here.', { hint: 1 })).toEqual({
    type: 'error',
    error: { code: 'no_such_room', message: 'Not here.', details: { hint: 1 } },
  })
})

test("[R48] a code of the backend's without words is its own sentence, whatever it is", () => {
  for (const code of ['odd', 'toString', '__proto__']) {
    expect(errorReply('1', code)).toMatchObject({ error: { code, message: code } })
  }
})

test('an answer names the request only if that had a name', () => {
  expect([withId('1'), withId(''), withId(null), withId(undefined)]).toEqual([{ id: '1' }, {}, {}, {}])
})

test('every code has a sentence for people and says when it comes', () => {
  for (const { message, when } of Object.values(errorCodes)) {
    expect(message).toEndWith('.')
    expect(when).not.toBe('')
  }
})
