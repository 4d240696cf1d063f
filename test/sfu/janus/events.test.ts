/** What Janus' event handler may send, and what is made of it. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseEvents, type Reported } from '../../../src/sfu/janus/events.ts'

const event = (type: number, subtype: number, inner: object, handle = 7): object => ({
  emitter: 'MyJanus',
  type,
  ...(subtype === 0 ? {} : { subtype }),
  timestamp: 1,
  session_id: 3,
  ...(handle === 0 ? {} : { handle_id: handle }),
  event: inner,
})
function parsed(value: unknown): readonly Reported[] {
  const read = parseEvents(JSON.stringify(value))
  if (!read.ok) throw new Error(read.error)
  return read.value
}
const source = { emitter: 'MyJanus', handle: 7 }

test('one event, or several at once', () => {
  const gathering = event(16, 1, { ice: 'gathering', stream_id: 1, component_id: 1 })
  const one = { source, event: { is: 'ice', state: 'gathering' } } as const
  expect(parsed(gathering)).toEqual([one])
  expect(parsed([gathering, gathering])).toEqual([one, one])
  expect(parsed([])).toEqual([])
})

describe('each kind', () => {
  test.each([
    ['a handle that is gone', event(2, 0, { name: 'detached', plugin: 'p' }), { is: 'detached' }],
    ['DTLS', event(16, 5, { dtls: 'connected' }), { is: 'dtls', state: 'connected' }],
    [
      'a peer connection that is up',
      event(16, 6, { connection: 'webrtcup' }),
      { is: 'peer connection', state: 'webrtcup', reason: '' },
    ],
    [
      'a peer connection that is gone',
      event(16, 6, { connection: 'hangup', reason: 'DTLS alert' }),
      { is: 'peer connection', state: 'hangup', reason: 'DTLS alert' },
    ],
    [
      'the pair that ICE chose',
      event(16, 4, {
        'selected-pair': 'x',
        candidates: {
          local: { address: 'a', port: 1, type: 'host', transport: 'udp', family: 4 },
          remote: { address: 'b', port: 2, type: 'relay', transport: 'tcp', family: 6 },
        },
      }),
      {
        is: 'selected pair',
        local: { type: 'host', transport: 'udp', family: 'ipv4' },
        remote: { type: 'relay', transport: 'tcp', family: 'ipv6' },
      },
    ],
    [
      'a slow way to the client',
      event(32, 2, { media: 'video', slow_link: 'uplink', lost_lastsec: 9 }),
      { is: 'slow link', media: 'video', uplink: true },
    ],
    ['Janus itself', event(256, 1, { status: 'started', info: {} }, 0), { is: 'started' }],
  ])('%s', (_, sent, expected) => {
    expect(parsed(sent).map(({ event }) => event)).toEqual([expected] as never)
  })

  test('media', () => {
    const stats = {
      mid: '0',
      mindex: 0,
      media: 'audio',
      codec: 'opus',
      rtt: 12,
      lost: -1,
      'lost-by-remote': 2,
      'jitter-local': 3,
      'jitter-remote': 4,
      'bytes-received': 1000,
      'bytes-sent': 2000,
      'bytes-received-lastsec': 100,
      'bytes-sent-lastsec': 200,
      'nacks-received': 5,
      'nacks-sent': 6,
      'retransmissions-received': 7,
    }
    expect(parsed(event(32, 3, stats))).toEqual([
      {
        source,
        event: {
          is: 'stats',
          stats: {
            mid: '0',
            media: 'audio',
            codec: 'opus',
            rtt: 12,
            lost: 0,
            lostByRemote: 2,
            jitterLocal: 3,
            jitterRemote: 4,
            bytesReceived: 1000,
            bytesSent: 2000,
            bytesReceivedLastSecond: 100,
            bytesSentLastSecond: 200,
            nacksReceived: 5,
            nacksSent: 6,
            retransmissionsReceived: 7,
          },
        },
      },
    ])
  })

  test('what nobody counts is passed over', () => {
    const others = [event(1, 0, { name: 'created' }), event(2, 0, { name: 'attached' }), event(4, 0, {})]
      .concat([event(8, 0, { owner: 'local', jsep: {} }), event(16, 2, {}), event(16, 3, {}), event(32, 1, {})])
      .concat([event(64, 0, {}), event(128, 0, {}), event(256, 2, {}), event(256, 1, { status: 'update' })])
      .concat([event(999, 0, {}), { type: '16' }, {}])
    expect(parsed(others)).toEqual([])
  })
})

describe('hostile input', () => {
  test.each(['', 'nonsense', '1', 'null', '"text"', '[1]', '[null]', '[[]]', '{"type":16'])('%p is refused', (text) => {
    expect(parseEvents(text).ok).toBe(false)
  })

  test('labels are short and of few characters, numbers are counts', () => {
    const odd = event(16, 6, { connection: 'x'.repeat(41), reason: 'a\nb' }, 1.5)
    expect(parsed({ ...odd, emitter: 'e'.repeat(100) })).toEqual([
      {
        source: { emitter: 'e'.repeat(64), handle: 0 },
        event: { is: 'peer connection', state: 'other', reason: 'other' },
      },
    ])
    const media = ['audio', 'video-sim2', 'data', 'made up'].map((name) => event(32, 3, { media: name }))
    expect(parsed(media).map(({ event: read }) => read.is === 'stats' && read.stats.media)).toEqual([
      'audio',
      'video-sim2',
      'data',
      'other',
    ])
    const numbers = { 'bytes-sent': -1, 'bytes-received': 'many', rtt: 1e300, lost: null, codec: 7 }
    const [read] = parsed(event(32, 3, numbers))
    expect(read?.event).toMatchObject({
      stats: { bytesSent: 0, bytesReceived: 0, rtt: 0, lost: 0, codec: 'other', media: '' },
    })
  })

  test('any JSON is read or refused', () => {
    fc.assert(fc.property(fc.json(), (text) => typeof parseEvents(text).ok === 'boolean'))
    const types = fc.record({ type: fc.nat(300), subtype: fc.nat(8), event: fc.anything(), handle_id: fc.anything() })
    fc.assert(
      fc.property(types, (sent) => {
        let text = ''
        try {
          text = JSON.stringify(sent)
        } catch {
          return true
        }
        return parseEvents(text).ok
      }),
    )
  })
})
