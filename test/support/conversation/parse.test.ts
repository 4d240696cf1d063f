import { expect, test } from 'bun:test'
import { parseConversation } from './parse.ts'
import { talkConversations } from './suite.ts'

const parsed = (...lines: readonly string[]) => parseConversation('some.txt', ['# Some', ...lines].join('\n'))

test('every line of every conversation is understood, and names are not used twice', () => {
  const conversations = talkConversations()
  expect(conversations.length).toBeGreaterThan(40)
  expect(new Set(conversations.map(({ title }) => title)).size).toBe(conversations.length)
})

test('a title is needed', () => {
  expect(() => parseConversation('some.txt', 'A opens')).toThrow('no title')
})

test('a line that is not understood is named', () => {
  expect(() => parsed('A opens', 'A dances')).toThrow('some.txt:3: not understood: A dances')
  expect(() => parsed('backend> POST /api/v1/room/x sideways {}')).toThrow('not understood')
  expect(() => parsed('talk: room -> nonsense')).toThrow()
})

test('a variant must name its rule', () => {
  expect(() => parsed('ours: A< nothing')).toThrow('must name its rule')
  expect(() => parsed('only: original')).toThrow('must name its rule')
  const { rules, steps, only } = parsed('only: ours [R1, R2]', 'original: A< nothing [R3]', 'A< nothing')
  expect(rules).toEqual(['R1', 'R2', 'R3'])
  expect(only).toEqual({ side: 'ours', rule: 'R1' })
  expect(steps.map((step) => step.only?.side)).toEqual(['original', undefined])
})

test('what a line says', () => {
  const { steps, waits } = parsed(
    'A> {"id":"1"}',
    'A> binary 00 ff',
    'unordered',
    'A< {"a":1}',
    'end',
    'A< … "n":1.50 …',
    'backend> POST /api/v1/room/<room> chunked {"type":"x"}',
    'backend< 404 {"a":1}',
    'talk: room -> {"permissions":[]}',
    '+1500ms',
    '+500ms',
  )
  expect(waits).toBe(2_000)
  expect(steps).toMatchObject([
    { do: 'send', who: 'A', message: '{"id":"1"}' },
    { do: 'send-binary', who: 'A' },
    { do: 'expect', who: 'A', inAnyOrder: true, pattern: { a: 1 } },
    { do: 'contains', part: '"n":1.50' },
    { do: 'post', room: '<room>', how: 'chunked', body: '{"type":"x"}' },
    { do: 'status', status: 404, pattern: { a: 1 } },
    { do: 'answer', type: 'room', template: '{"permissions":[]}' },
    { do: 'wait', ms: 1_500 },
    { do: 'wait', ms: 500 },
  ])
})
