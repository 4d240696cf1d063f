import { expect, test } from 'bun:test'
import { type Fact, type FactName, tellings } from '../../src/observe/facts.ts'
import type { LogLevel } from '../../src/observe/log.ts'
import { counters, histograms } from '../../src/observe/metrics.ts'

interface Row {
  readonly level: LogLevel
  readonly text: string
  readonly counts?: readonly string[]
  readonly measures?: { readonly histogram: string }
  readonly hides?: readonly string[]
}

const table: Readonly<Record<FactName, Row>> = tellings
const rows = Object.entries(table)

/** Shown are our own addresses and those that somebody has to do something about. */
const addresses = {
  listening: 'shown',
  'attempt-delayed': 'shown',
  'attempt-refused': 'shown',
  'room-request-refused': 'shown',
  'relay-closed': 'hidden',
  'relay-unauthorized': 'hidden',
  'admission-app-asked': 'hidden',
  'admission-connect-refused': 'hidden',
  'admission-garbled': 'for debugging',
  'admission-flooded': 'hidden',
  'admission-overflowed': 'hidden',
  'presence-closed': 'hidden',
  'presence-token-refused': 'hidden',
  'resume-failed': 'hidden',
  'hello-refused': 'hidden',
  'inbox-overflowed': 'hidden',
  'upgrade-refused': 'hidden',
  'frame-garbled': 'for debugging',
  'janus-events-opened': 'shown',
  'janus-events-closed': 'shown',
  'proxy-hello-refused': 'hidden',
  'proxy-frame-garbled': 'for debugging',
  'turn-listening': 'shown',
  'turn-allocated': 'hidden',
  'turn-ended': 'hidden',
  'turn-challenged': 'for debugging',
  'turn-refused': 'for debugging',
  'turn-connection-refused': 'for debugging',
} as const satisfies Record<Extract<Fact, { readonly address: string }>['fact'], string>

test('an address is in an everyday log only where somebody has to act on it', () => {
  for (const [fact, where] of Object.entries(addresses)) {
    const { level, hides = [] } = rows.find(([name]) => name === fact)?.[1] ?? {}
    const isForDebugging = level === 'debug' || level === 'trace'
    const seen = hides.includes('address') ? 'hidden' : isForDebugging ? 'for debugging' : 'shown'
    expect([fact, seen]).toEqual([fact, where])
  }
})

/** With every frame, or with whatever a stranger sends. */
const frequent = [
  ...(['message-received', 'frame-garbled', 'message-ignored', 'message-unknown', 'ping-rtt'] as const),
  ...(['turn-binding-answered', 'turn-challenged', 'turn-refused', 'turn-peer-refused', 'turn-ignored'] as const),
  'turn-connection-refused',
] as const

test('what comes with every frame is not in an everyday log', () => {
  for (const fact of frequent) {
    expect([fact, tellings[fact].level]).toEqual([fact, expect.stringMatching(/^(trace|debug)$/)])
  }
})

test('who has an allocation is not in an everyday log', () => {
  for (const fact of ['turn-quota-reached', 'turn-allocated', 'turn-ended'] as const) {
    expect<readonly string[]>(tellings[fact].hides).toContain('user')
  }
})

test('every counter and every histogram is moved by some fact', () => {
  const moved = rows.flatMap(([, { counts = [], measures }]) => [...counts, ...(measures ? [measures.histogram] : [])])

  expect([...new Set<string>(moved)].sort()).toEqual([...Object.keys(counters), ...Object.keys(histograms)].sort())
})

test('a text is one line without values: those are fields', () => {
  for (const [fact, { text }] of rows) expect([fact, text]).toEqual([fact, expect.stringMatching(/^[\w ,:;']+$/)])
})
