import { describe, expect, test } from 'bun:test'
import { decodeMessage } from '../../../src/turn/codec/message.ts'
import { createMessageWriter } from '../../../src/turn/codec/message-writer.ts'
import { type AnswerTo, createAnswers, kept, transactionText } from '../../../src/turn/requests/answers.ts'
import { at } from '../ip.ts'
import { replyOf } from './stage.ts'

const client = { address: at('203.0.113.5', 5000), listener: 0 }

function asked(first: number, but: Partial<AnswerTo> = {}): AnswerTo {
  const bytes = new Uint8Array(28)
  const transaction = new Uint8Array(12).fill(first)
  createMessageWriter().begin(bytes, 0, 'refresh', 'request', transaction)
  return { client, message: { bytes, start: 0, type: 4 }, hasFingerprint: false, mac: undefined, ...but }
}
const octetsOf = (action: ReturnType<ReturnType<typeof createAnswers>['success']>) =>
  action.do === 'answer' ? action.message : new Uint8Array(0)
const answers = () => createAnswers(() => new Uint8Array(12).fill(9))

test('[R2] an answer is of its request’s method and transaction, signed as that was', () => {
  const mac = { kind: 'sha256', key: new Uint8Array(32) } as const
  const { message } = replyOf(octetsOf(answers().error(asked(1, { mac, hasFingerprint: true }), 437)))
  expect([message.method, message.messageClass, message.get('errorCode')]).toEqual([
    'refresh',
    'error',
    { code: 437, reason: '' },
  ])
  expect([message.integrityAt, message.integritySha256At !== undefined, message.fingerprintAt !== undefined]).toEqual([
    undefined,
    true,
    true,
  ])
  expect(transactionText(message)).toBe(transactionText(asked(1).message))
})

describe('the octets of an answer', () => {
  test('are good until the next input, however many there are', () => {
    const desk = answers()
    const all = Array.from({ length: 100 }, (_, index) =>
      octetsOf(desk.success(asked(index), (to) => to.put('realm', 'r'.repeat(700)))),
    )
    for (const [index, octets] of all.entries()) {
      const { message } = replyOf(octets)
      expect(message.get('realm')).toBe('r'.repeat(700))
      expect(transactionText(message)).toBe(transactionText(asked(index).message))
    }
  })

  test('lie where the ones before lay', () => {
    const desk = answers()
    const first = octetsOf(desk.success(asked(1)))
    desk.startOver()
    const second = octetsOf(desk.indication('data', client, (to) => to.put('lifetime', 1)))
    expect(second.byteOffset).toBe(first.byteOffset)
    expect(decodeMessage(second).ok).toBe(true)
  })
})

test('what is kept of a request needs its octets no more', () => {
  const request = asked(5)
  const later = kept(request)
  const transaction = transactionText(request.message)
  request.message.bytes.fill(0xee)
  expect(transactionText(replyOf(octetsOf(answers().success(later))).message)).toBe(transaction)
})
