import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLog, type Entry, type LogOptions } from '../../src/observe/log.ts'

const noon = Date.UTC(2026, 0, 31, 12)

function logInto(written: string[], options: Partial<LogOptions> = {}) {
  return createLog({
    format: 'json',
    level: 'info',
    write: (lines) => written.push(lines),
    now: () => noon,
    ...options,
  })
}

function printed(entry: Partial<Entry>, options: Partial<LogOptions> = {}): string {
  const written: string[] = []
  const log = logInto(written, options)
  log.add({ level: 'info', fact: 'room-joined', text: 'room joined', fields: {}, ...entry })
  log.flush()
  return written.join('')
}

test('a line of JSON has the time, the level, the fact, the text and then the fields', () => {
  const fields = { fact: 'room-joined', session: 'abc', tls: true, count: 3, taken: ['a', 'b'] }

  expect(printed({ fields })).toBe(
    '{"time":"2026-01-31T12:00:00.000Z","level":"info","fact":"room-joined","text":"room joined","session":"abc","tls":true,"count":3,"taken":["a","b"]}\n',
  )
})

test('a line of text is for people', () => {
  const fields = { fact: 'room-joined', session: 'abc', why: 'two words', taken: ['[stats] allowed_ips', 'b'] }

  expect(printed({ fields }, { format: 'text' })).toBe(
    '2026-01-31T12:00:00.000Z info  room joined session=abc why="two words" taken="[stats] allowed_ips, b"\n',
  )
})

test('a stack is printed on lines of its own, which cannot pass for lines of the log', () => {
  const fields = { where: 'talk', error: 'Error: oops\n2026-01-31T12:00:00.000Z info  all is well\n    at f' }

  expect(printed({ level: 'error', text: 'a bug', fields }, { format: 'text' })).toBe(
    '2026-01-31T12:00:00.000Z error a bug where=talk\n    Error: oops\n    2026-01-31T12:00:00.000Z info  all is well\n        at f\n',
  )
})

test('lines below the level are not written', () => {
  expect(printed({ level: 'debug' })).toBe('')
  expect(printed({ level: 'debug' }, { level: 'debug' })).not.toBe('')
  expect(printed({ level: 'info' }, { level: 'warn' })).toBe('')
  expect(logInto([], { level: 'warn' }).writes('info')).toBe(false)
  expect(logInto([], { level: 'warn' }).writes('error')).toBe(true)
})

test('hidden fields are in a log of debug only', () => {
  const entry = { fields: { address: '192.0.2.1', code: 'x' }, hides: ['address'] }

  expect(printed(entry)).not.toContain('192.0.2.1')
  expect(printed(entry)).toContain('"code":"x"')
  expect(printed(entry, { level: 'debug' })).toContain('192.0.2.1')
})

test('lines that come within a moment are one write', async () => {
  const written: string[] = []
  const wrote = Promise.withResolvers<void>()
  const log = logInto(written, {
    write(lines) {
      written.push(lines)
      wrote.resolve()
    },
  })

  for (let n = 0; n < 3; n++) log.add({ level: 'info', fact: 'x', text: `line ${n}`, fields: {} })
  expect(written).toEqual([])

  await wrote.promise
  expect(written).toHaveLength(1)
  expect(written[0]?.split('\n')).toHaveLength(4)
})

test('an error is written at once, with what waits before it', () => {
  const written: string[] = []
  const log = logInto(written)

  log.add({ level: 'info', fact: 'x', text: 'before', fields: {} })
  log.add({ level: 'error', fact: 'x', text: 'broken', fields: {} })

  expect(written.join('')).toMatch(/before.*\n.*broken.*\n$/)
})

test('what waits is bounded', () => {
  const written: string[] = []
  const log = logInto(written)

  for (let n = 0; n < 1000; n++) log.add({ level: 'info', fact: 'x', text: 'line', fields: { why: 'y'.repeat(900) } })

  expect(written.length).toBeGreaterThan(5)
})

test('long values are cut', () => {
  expect(printed({ fields: { why: 'y'.repeat(100_000) } }).length).toBeLessThan(1_200)
  expect(printed({ fields: { taken: Array(10_000).fill('y') } }).length).toBeLessThan(1_200)
  expect(printed({ level: 'error', fields: { error: 'y'.repeat(100_000) } }).length).toBeLessThan(9_000)
})

test('a log that cannot be written harms nobody', () => {
  const log = createLog({
    format: 'json',
    level: 'info',
    now: () => noon,
    write() {
      throw new Error('the pipe is closed')
    },
  })

  expect(() => log.add({ level: 'error', fact: 'x', text: 'y', fields: {} })).not.toThrow()
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\n{"level":"info"}', '\u001b[2J', '\u009b2J', '\u202e', '\u2028', '\ud800', '"}'),
)

test('whatever a value holds, a fact is one line without control characters', () => {
  fc.assert(
    fc.property(hostile, hostile, fc.constantFrom('json' as const, 'text' as const), (one, other, format) => {
      const line = printed({ fields: { why: one, taken: [one, other] } }, { format })

      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
      expect(line.endsWith('\n')).toBe(true)
    }),
  )
})

test('JSON gives the values back', () => {
  fc.assert(
    fc.property(hostile, (why) => {
      expect(JSON.parse(printed({ fields: { why } }))).toMatchObject({ why })
    }),
  )
})

test('values of no expected kind do not break it', () => {
  const fields = { a: undefined, b: null, c: Symbol('c'), d: { toJSON: 1 }, e: 10n, f: [null, {}], g: Number.NaN }

  expect(() => JSON.parse(printed({ fields }))).not.toThrow()
  expect(printed({ fields }, { format: 'text' })).toContain('c=')
})

test('lists of numbers are shown as such', () => {
  const fields = { ports: [50_000, 50_001] }
  expect(JSON.parse(printed({ fields }))).toMatchObject(fields)
  expect(printed({ fields }, { format: 'text' })).toContain('ports="50000, 50001"')
})
