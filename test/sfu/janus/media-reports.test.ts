/** What the reports of Janus add up to. */
import { describe, expect, test } from 'bun:test'
import { createMediaReports, type MediaReports } from '../../../src/sfu/janus/media-reports.ts'

const second = 1_000

interface Sent {
  readonly handle?: number
  readonly media?: string
  readonly mid?: string
  readonly emitter?: string
  readonly [field: string]: unknown
}
const stats = ({ handle = 7, media = 'audio', mid = '0', emitter = 'one', ...fields }: Sent): object => ({
  emitter,
  type: 32,
  subtype: 3,
  handle_id: handle,
  event: { media, mid, ...fields },
})
const plain = (type: number, subtype: number, event: object, handle = 7): object => ({
  emitter: 'one',
  type,
  subtype,
  handle_id: handle,
  event,
})

/** Facts with how many times each is counted. */
function noted(reports: MediaReports, now: number, ...events: readonly object[]): readonly string[] {
  const read = reports.received(JSON.stringify(events), now)
  if (!read.ok) throw new Error(read.error)
  return read.value.map(({ fact, times }) => `${Object.values(fact).join(' ')} ×${times}`)
}

describe('counters', () => {
  test('count what has been added since the last report', () => {
    const reports = createMediaReports()
    const first = stats({ 'bytes-received': 1000, 'bytes-sent': 10, 'nacks-sent': 1, lost: 2, codec: 'opus' })
    expect(noted(reports, 0, first)).toEqual([
      'media-codec audio opus ×1',
      'media-bytes audio incoming ×1000',
      'media-bytes audio outgoing ×10',
      'media-nacks audio outgoing ×1',
      'media-lost audio local ×2',
    ])
    const next = stats({
      'bytes-received': 1500,
      'bytes-sent': 10,
      'nacks-sent': 1,
      'nacks-received': 3,
      lost: 1,
      'lost-by-remote': 4,
      'retransmissions-received': 5,
      codec: 'opus',
    })
    expect(noted(reports, second, next)).toEqual([
      'media-bytes audio incoming ×500',
      'media-nacks audio incoming ×3',
      'media-retransmissions audio ×5',
      'media-lost audio remote ×4',
    ])
    expect(noted(reports, 2 * second, next)).toEqual([])
  })

  test('lines of media, layers, handles and servers are apart', () => {
    const reports = createMediaReports()
    const bytes = { 'bytes-sent': 100 }
    const all = [
      stats(bytes),
      stats({ ...bytes, mid: '1' }),
      stats({ ...bytes, media: 'video' }),
      stats({ ...bytes, handle: 8 }),
      stats({ ...bytes, emitter: 'two' }),
    ]
    expect(noted(reports, 0, ...all)).toHaveLength(5)
    expect(noted(reports, 0, ...all)).toEqual([])
  })

  test('a handle that is gone, or a Janus that was restarted, begins anew', () => {
    const reports = createMediaReports()
    const bytes = stats({ 'bytes-sent': 100 })
    noted(reports, 0, bytes)
    expect(noted(reports, 0, { ...plain(2, 0, { name: 'detached' }) }, bytes)).toEqual([
      'media-bytes audio outgoing ×100',
    ])
    expect(noted(reports, 0, plain(256, 1, { status: 'started' }, 0), bytes)).toHaveLength(1)
    const other = { ...plain(256, 1, { status: 'started' }, 0), emitter: 'two' }
    expect(noted(reports, 0, other, bytes)).toEqual([])
  })
})

test('states, pairs, slow links, round trips and jitter are told as they come', () => {
  const reports = createMediaReports()
  const candidates = { local: { type: 'host', transport: 'udp', family: 4 }, remote: {} }
  expect(
    noted(
      reports,
      0,
      plain(16, 1, { ice: 'ready' }),
      plain(16, 5, { dtls: 'connected' }),
      plain(16, 6, { connection: 'hangup', reason: 'ICE failed' }),
      plain(16, 4, { candidates }),
      plain(32, 2, { media: 'video', slow_link: 'uplink' }),
      plain(32, 2, { media: 'video', slow_link: 'downlink' }),
      stats({ rtt: 30, 'jitter-local': 4, 'jitter-remote': 5 }),
    ),
  ).toEqual([
    'ice-state ready ×1',
    'dtls-state connected ×1',
    'peerconnection-state hangup ICE failed ×1',
    'candidate-selected local host udp ipv4 ×1',
    'candidate-selected remote   ipv0 ×1',
    'slow-link video outgoing ×1',
    'slow-link video incoming ×1',
    'media-rtt audio 30 ×1',
    'media-jitter audio local 4 ×1',
    'media-jitter audio remote 5 ×1',
  ])
})

describe('bandwidth', () => {
  const flowing = (handle: number, received: number, sent: number, media = 'audio'): object =>
    stats({ handle, media, 'bytes-received-lastsec': received, 'bytes-sent-lastsec': sent })

  test('is that of the last report of each line, altogether and by handle', () => {
    const reports = createMediaReports()
    noted(reports, 0, flowing(1, 100, 0), flowing(1, 1000, 0, 'video'), flowing(2, 0, 50))
    noted(reports, second, flowing(1, 200, 0))
    expect(reports.bandwidth(second)).toEqual({ incoming: 1200, outgoing: 50 })
    expect(reports.bandwidthOf(2, second)).toEqual({ incoming: 0, outgoing: 50 })
    expect(reports.bandwidthOf(3, second)).toBeUndefined()
  })

  test('ends with the peer connection, the handle, and after a long silence', () => {
    const reports = createMediaReports()
    noted(reports, 0, flowing(1, 100, 0), flowing(2, 100, 0), flowing(3, 100, 0))
    noted(reports, 0, plain(16, 6, { connection: 'hangup' }, 1))
    expect(reports.bandwidth(0).incoming).toBe(200)
    noted(reports, 0, plain(2, 0, { name: 'detached' }, 2))
    expect(reports.bandwidth(0).incoming).toBe(100)
    expect(reports.bandwidth(61 * second).incoming).toBe(0)
  })
})

test('memory is bounded: handles, lines of a handle, and those that nobody reports on any more', () => {
  const reports = createMediaReports()
  const many = Array.from({ length: 25_000 }, (_, handle) => stats({ handle: handle + 1, 'bytes-sent': 1 }))
  noted(reports, 0, ...many)
  expect(reports.size).toBe(20_000)
  noted(reports, 61 * second, stats({ handle: 1, 'bytes-sent': 2 }))
  expect(reports.size).toBe(1)
  noted(
    reports,
    61 * second,
    stats({ handle: 2 }),
    { ...stats({ handle: 1 }), emitter: 'two' },
    plain(2, 0, { name: 'detached' }, 2),
  )
  expect(reports.size).toBe(2)
  noted(reports, 61 * second, plain(256, 1, { status: 'started' }, 0))
  expect(reports.size).toBe(1)
  const lines = Array.from({ length: 40 }, (_, mid) => stats({ mid: String(mid), 'bytes-sent': 1 }))
  expect(noted(createMediaReports(), 0, ...lines)).toHaveLength(32)
})

test('what is no event is told, and costs nothing', () => {
  const reports = createMediaReports()
  expect(reports.received('nonsense', 0)).toEqual({ ok: false, error: 'not JSON' })
  expect(reports.received('[7]', 0).ok).toBe(false)
})
