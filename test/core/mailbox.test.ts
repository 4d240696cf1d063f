/** What waits for a session: everything, in order, and not more than the bound. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createMailbox, type Frame } from '../../src/core/mailbox.ts'

const plain = (text: string): Frame => ({ text, kind: 'plain' })
const refresh: Frame = { text: 'refresh', kind: 'chat-refresh' }
const roomy = { bytes: 1_000, messages: 10 }

test('everything comes out in order, once', () => {
  const mailbox = createMailbox(roomy)
  for (const text of ['1', '2', '3']) expect(mailbox.put(plain(text))).toBe(true)
  expect(mailbox.size).toBe(3)
  expect(mailbox.takeAll()).toEqual([plain('1'), plain('2'), plain('3')])
  expect([mailbox.takeAll(), mailbox.size]).toEqual([[], 0])
})

test('of several chat refreshes the first is enough', () => {
  const mailbox = createMailbox(roomy)
  for (const frame of [plain('1'), refresh, plain('2'), refresh]) expect(mailbox.put(frame)).toBe(true)
  expect(mailbox.takeAll()).toEqual([plain('1'), refresh, plain('2')])
  expect(mailbox.put(refresh)).toBe(true)
  expect(mailbox.size).toBe(1)
})

test('a repeated chat refresh costs nothing, even when all is full', () => {
  const mailbox = createMailbox({ bytes: 7, messages: 1 })
  expect(mailbox.put(refresh)).toBe(true)
  expect([mailbox.put(refresh), mailbox.put(plain(''))]).toEqual([true, false])
})

test('it knows of which kinds there are some', () => {
  const mailbox = createMailbox(roomy)
  mailbox.put({ text: 'list', kind: 'participants' })
  expect([mailbox.holds('participants'), mailbox.holds('plain')]).toEqual([true, false])
})

test('bytes are counted, not characters', () => {
  const mailbox = createMailbox({ bytes: 5, messages: 10 })
  expect([mailbox.put(plain('ää')), mailbox.put(plain('ä')), mailbox.put(plain('a'))]).toEqual([true, false, true])
})

test('the bound is kept exactly, and what does not fit changes nothing', () => {
  const frame = fc.record({
    text: fc.string({ maxLength: 12, unit: 'grapheme' }),
    kind: fc.constantFrom<Frame['kind'][]>('plain', 'participants', 'chat-refresh'),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), fc.nat(80), fc.nat(20), (frames, bytes, messages) => {
      const mailbox = createMailbox({ bytes, messages })
      const kept: Frame[] = []
      for (const one of frames) {
        const isRepetition = one.kind === 'chat-refresh' && kept.some(({ kind }) => kind === 'chat-refresh')
        const size = [...kept, one].reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
        const fits = kept.length < messages && size <= bytes
        expect(mailbox.put(one)).toBe(isRepetition || fits)
        if (!isRepetition && fits) kept.push(one)
        expect(mailbox.size).toBe(kept.length)
      }
      expect(mailbox.takeAll()).toEqual(kept)
    }),
  )
})
