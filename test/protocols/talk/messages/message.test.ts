import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientMessages } from '../../../../src/protocols/talk/messages/index.ts'
import { isPlainlyAddressed } from '../../../../src/protocols/talk/messages/message.ts'

const word = fc.oneof(fc.constantFrom('session', 'user', 'room', 'call', 'planet', ''), fc.string())
const anything = fc.oneof(
  word,
  fc.constant(null),
  fc.constant(undefined),
  fc.integer(),
  fc.constant({}),
  fc.constant([]),
)
const recipient = fc.oneof(
  anything,
  fc.record({ type: anything, sessionid: anything, userid: anything }, { requiredKeys: [] }),
)
const body = fc.oneof(anything, fc.record({ recipient, data: fc.jsonValue() }, { requiredKeys: [] }))

for (const type of ['message', 'control'] as const) {
  test(`[R20] the quick look at a ${type} says yes to nothing that the schema refuses`, () => {
    const frames = fc.record({ id: anything, type: fc.constant(type), [type]: body }, { requiredKeys: ['type'] })
    fc.assert(
      fc.property(frames, (value) => {
        if (isPlainlyAddressed(value, type)) expect(clientMessages[type].safeParse(value).success).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test(`the quick look at a ${type} says yes to each kind of recipient`, () => {
    const recipients = [
      { type: 'session', sessionid: 'a' },
      { type: 'user', userid: 'a' },
      { type: 'room' },
      { type: 'call' },
    ]
    for (const to of recipients) {
      expect(isPlainlyAddressed({ id: '1', type, [type]: { recipient: to, data: { x: 1 } } }, type)).toBe(true)
    }
  })
}
