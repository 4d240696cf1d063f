import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { call, cameraOf, inShort, only } from '../../contract/sfu.ts'
import { type JanusBench, janusBench, janusTest, url } from './bench.ts'

const alice = cameraOf('alice')
const plugins = { 'janus.plugin.videoroom': { name: 'JANUS VideoRoom plugin' } }

janusTest('[M1] info, create, attach, on a socket of the right subprotocol', (bench) => {
  expect(bench.dialled).toEqual([{ url, subprotocol: 'janus-protocol', at: bench.now() }])
  expect(bench.janus.heard).toEqual(['info', 'create', 'attach'])
  expect(bench.machine.isAvailable).toBe(true)
})

for (const [what, info] of [
  ['VideoRoom', { plugins: {} }],
  ['data channels', { plugins, data_channels: false }],
] as const) {
  test(`[M1] a Janus without ${what} is not worked with, noted once, and tried again`, () => {
    const bench = janusBench({ info })
    bench.pass(3_000)
    expect(bench.machine.isAvailable).toBe(false)
    expect(bench.janus.heard.filter((name) => name !== 'info')).toEqual([])
    expect(bench.dialled.length).toBeGreaterThan(2)
    expect(bench.noted()).toEqual([
      expect.objectContaining({
        fact: 'sfu-disconnected',
        why: `it has no ${what === 'VideoRoom' ? 'VideoRoom plugin' : what}`,
      }),
    ])
    bench.stop()
    expect(bench.machine.nextDeadline()).toBeUndefined()
  })
}

for (const name of ['info', 'create', 'attach']) {
  test(`[M1] ${name} refused, or not answered: another connection`, () => {
    const bench = janusBench({ isUnreachable: true })
    bench.janus.conduct = (request) => (request === name ? { code: 490 } : 'obey')
    bench.isReachable = true
    bench.pass(1_000)
    expect(bench.machine.isAvailable).toBe(false)
    bench.janus.conduct = (request) => (request === name ? 'ignore' : 'obey')
    bench.pass(2_000)
    expect(bench.machine.isAvailable).toBe(false)
    bench.janus.conduct = () => 'obey'
    bench.pass(bench.timeout + 16_000)
    expect(bench.machine.isAvailable).toBe(true)
    bench.finish()
  })
}

test('[M2] a connection that comes to nothing, one way or the other, is given up', () => {
  const bench = janusBench({ isUnreachable: true })
  bench.isReachable = 'mute'
  bench.pass(1_000)
  expect(bench.dialled).toHaveLength(2)
  bench.pass(bench.timeout + 2_000)
  expect(bench.dialled).toHaveLength(3)
  bench.isReachable = true
  bench.pass(bench.timeout + 4_000)
  expect(bench.machine.isAvailable).toBe(true)
  bench.finish()
})

test('[M2] it dials until somebody is there, after 1, 2, 4, 8 and 16 seconds', () => {
  const bench = janusBench({ isUnreachable: true })
  bench.pass(60_000)
  const pauses = bench.dialled.slice(1).map(({ at }, index) => at - (bench.dialled[index]?.at ?? 0))
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000])
  expect(bench.noted()).toHaveLength(1)
  bench.isReachable = true
  bench.pass(16_000)
  expect(inShort(bench.told())).toEqual(['available true'])
  bench.finish()
})

janusTest('[M2] after a connection that lived a while the next is made at once, after a short one not', (bench) => {
  bench.pass(20_000)
  bench.cut()
  expect(bench.dialled.at(-1)?.at).toBe(bench.now())
  bench.cut()
  expect(bench.dialled).toHaveLength(2)
  bench.pass(1_000)
  expect(bench.dialled).toHaveLength(3)
})

const keepalives = (bench: JanusBench): number => bench.sent().filter(({ janus }) => janus === 'keepalive').length

janusTest('[M2] each outage is noted, once', (bench) => {
  const outages = (): number => bench.noted().filter(({ fact }) => fact === 'sfu-disconnected').length
  for (let n = 1; n <= 2; n++) {
    bench.isReachable = false
    bench.cut()
    bench.pass(20_000)
    // That it was closed, and that it is refused since.
    expect(outages()).toBe(2)
    bench.isReachable = true
    bench.pass(20_000)
    expect(outages()).toBe(0)
  }
})

janusTest('[M3] a keepalive every 30 seconds', (bench) => {
  bench.sent()
  bench.pass(90_000)
  expect(keepalives(bench)).toBe(3)
})

janusTest(
  '[M3] and more often where Janus wants to hear more often',
  (bench) => {
    bench.sent()
    bench.pass(15_000)
    expect(keepalives(bench)).toBe(3)
  },
  { sessionTimeout: 10 },
)

janusTest('[M3] a keepalive that is refused is followed by others', (bench) => {
  bench.janus.conduct = (name) => (name === 'keepalive' ? { code: 490 } : 'obey')
  bench.sent()
  bench.pass(90_000)
  expect(keepalives(bench)).toBe(3)
})

janusTest('[M3] a Janus that says nothing at all is left; one that is only late is not', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'keepalive' ? 'ignore' : 'obey')
  bench.pass(31_000)
  bench.candidate(1, 10, 'own')
  bench.pass(bench.timeout)
  expect(bench.dialled).toHaveLength(1)
  expect(inShort(bench.told())).toEqual(['done 1'])
  bench.pass(60_000)
  expect(bench.dialled.length).toBeGreaterThan(1)
  bench.janus.conduct = () => 'obey'
  bench.pass(30_000)
})

const reclaiming = { reclaim: 20 }

janusTest(
  '[M4] after a short cut the session is claimed, and nobody notices',
  (bench) => {
    const { other } = call(bench)
    bench.pass(12_000)
    const handles = [...bench.janus.handles.keys()]
    bench.isReachable = false
    bench.cut()
    bench.pass(5_000)
    bench.isReachable = true
    bench.pass(2_000)
    expect(bench.janus.heard.at(-1)).toBe('claim')
    expect(bench.told()).toEqual([])
    expect([...bench.janus.handles.keys()]).toEqual(handles)
    bench.candidate(2, 10, other)
    expect(inShort(bench.told())).toEqual(['done 2'])
  },
  reclaiming,
)

janusTest(
  '[M4] what had no answer is said again, in order, and what was asked meanwhile behind it',
  (bench) => {
    call(bench)
    bench.janus.conduct = (name) => (name === 'room configure' || name === 'trickle' ? 'ignore' : 'obey')
    bench.candidate(1, 20, 'own')
    bench.offer(1, 21, 'own')
    bench.cut()
    bench.janus.conduct = () => 'obey'
    bench.candidate(1, 22, 'own')
    expect(inShort(bench.told())).toEqual(['done 1', 'done 1'])
    const before = bench.janus.heard.length
    bench.pass(1_000)
    expect(bench.janus.heard.slice(before).filter((name) => name !== 'info')).toEqual([
      'claim',
      'room configure',
      'trickle',
    ])
    expect(bench.sent().findLast(({ janus }) => janus === 'trickle')?.['candidates']).toHaveLength(2)
    expect(inShort(bench.told())).toEqual(['answer 1'])
  },
  reclaiming,
)

for (const name of ['attach', 'room create', 'room join']) {
  janusTest(
    `[M4] legs that were being made (${name}) are made anew after a cut`,
    (bench) => {
      bench.publish(9, alice, 'own')
      bench.offer(9, 10, 'own')
      bench.publisherUp(alice)
      bench.told()
      const bob = cameraOf('bob')
      let isDeaf = true
      // Done, but the answer is lost; an attached handle that nobody knows goes with the session.
      bench.janus.conduct = (request) =>
        request === name && isDeaf ? (name === 'attach' ? 'ignore' : 'obey silently') : 'obey'
      bench.publish(1, bob, 'own')
      bench.offer(1, 11, 'own')
      bench.subscribe(2, alice)
      bench.requestOffer(2, 12)
      bench.cut()
      isDeaf = false
      bench.pass(1_000)
      const events = bench.told()
      expect(only(events, 'answer', 1).request).toBe(11)
      expect(only(events, 'offer', 2).request).toBe(12)
      expect(bench.janus.rooms.size).toBe(2)
    },
    reclaiming,
  )
}

janusTest(
  '[M4] a publisher that began to send while nobody listened is found',
  (bench) => {
    bench.publish(1, alice, 'own')
    bench.offer(1, 10, 'own')
    bench.subscribe(2, alice)
    bench.requestOffer(2, 11)
    bench.told()
    bench.isReachable = false
    bench.cut()
    bench.publisherUp(alice)
    bench.isReachable = true
    bench.pass(1_000)
    expect(only(bench.told(), 'offer').request).toBe(11)
  },
  reclaiming,
)

janusTest(
  '[M4] one that does not send yet is waited for',
  (bench) => {
    bench.publish(1, alice, 'own')
    bench.offer(1, 10, 'own')
    bench.subscribe(2, alice)
    bench.requestOffer(2, 11)
    bench.told()
    bench.cut()
    bench.pass(1_000)
    expect(bench.told()).toEqual([])
    bench.publisherUp(alice)
    expect(only(bench.told(), 'offer').request).toBe(11)
  },
  reclaiming,
)

janusTest(
  '[M4] a session that Janus no longer has when it is claimed is gone',
  (bench) => {
    call(bench)
    bench.isReachable = false
    bench.cut()
    bench.janus.timeOutSessions(false)
    bench.isReachable = true
    bench.pass(1_000)
    expect(inShort(bench.told())).toEqual(['available false', 'interrupted 2', 'closed 1: lost', 'available true'])
    bench.pass(3_000)
  },
  reclaiming,
)

janusTest(
  '[M4] nobody is kept waiting for longer than Janus keeps the session',
  (bench) => {
    call(bench)
    bench.isReachable = false
    bench.cut()
    bench.pass(19_999)
    expect(bench.told()).toEqual([])
    bench.pass(1)
    expect(inShort(bench.told())).toEqual(['available false', 'interrupted 2', 'closed 1: lost'])
    bench.isReachable = true
    bench.pass(20_000)
    expect(inShort(bench.told())).toEqual(['available true'])
  },
  reclaiming,
)

janusTest('[M5] a session that Janus gives up is made anew', (bench) => {
  call(bench)
  bench.pass(12_000)
  bench.janus.timeOutSessions(true)
  bench.settle()
  expect(inShort(bench.told())).toEqual(['available false', 'interrupted 2', 'closed 1: lost', 'available true'])
  expect(bench.dialled).toHaveLength(2)
  expect(bench.janus.heard).not.toContain('claim')
  bench.pass(3_000)
})

janusTest('[M5] a session that Janus does not know is made anew, and what was asked is answered', (bench) => {
  call(bench)
  bench.pass(12_000)
  bench.janus.timeOutSessions(false)
  bench.offer(1, 10, 'own')
  expect(inShort(bench.told())).toEqual([
    'available false',
    'interrupted 2',
    'failed 1: not available',
    'closed 1: lost',
    'available true',
  ])
  bench.pass(3_000)
})

janusTest('[M5] the end of another session is not ours', (bench) => {
  call(bench)
  bench.receives('{"janus":"timeout","session_id":1}')
  expect(bench.told()).toEqual([])
  expect(bench.dialled).toHaveLength(1)
})

test('[M6] without Janus publishing waits, and is served if one appears in time', () => {
  const bench = janusBench({ isUnreachable: true })
  bench.publish(1, alice, 'own')
  bench.offer(1, 10, 'own')
  bench.pass(5_000)
  expect(bench.told()).toEqual([])
  bench.isReachable = true
  bench.pass(3_000)
  expect(inShort(bench.told())).toEqual(['available true', 'opened 1', 'answer 1'])
  bench.finish()
})

test('[M6] if none appears the leg is lost, and other requests fail', () => {
  const bench = janusBench({ isUnreachable: true })
  bench.publish(1, alice, 'own')
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  bench.pass(bench.timeout)
  expect(inShort(bench.told()).toSorted()).toEqual(['closed 1: lost', 'failed 2: not available'])
  bench.isReachable = true
  bench.pass(20_000)
  bench.finish()
})

janusTest('[M7] a control handle that goes is replaced, and nobody notices', (bench) => {
  call(bench)
  const [control] = bench.janus.handles.values()
  if (!control) throw new Error('no control handle')
  bench.janus.forgetHandle(control, true)
  bench.publish(3, cameraOf('bob'), 'own')
  expect(inShort(bench.told())).toEqual(['opened 3'])
  const next = [...bench.janus.handles.values()].findLast(({ kind }) => kind === 'none')
  if (!next) throw new Error('no other control handle')
  // This time it is not told.
  bench.janus.forgetHandle(next, false)
  bench.publish(4, cameraOf('carol'), 'own')
  expect(inShort(bench.told())).toEqual(['opened 4'])
  // The control handle is not the first of them any more.
  for (const leg of [1, 2, 3, 4]) bench.close(leg)
  expect([...bench.janus.handles.values()].map(({ kind }) => kind)).toEqual(['none'])
})

janusTest('[M8] what makes no sense is noted and ignored', (bench) => {
  const { other } = call(bench)
  const nonsense = [
    'no JSON',
    '[]',
    '"text"',
    'null',
    '{}',
    '{"janus":"unheard of"}',
    '{"janus":"event","sender":{},"plugindata":7}',
    `{"janus":"trickle","sender":${other},"candidate":"text"}`,
    '{"janus":"error"}',
    '{"janus":"success","transaction":{}}',
  ]
  for (const text of nonsense) bench.receives(text)
  expect(bench.noted().filter(({ fact }) => fact === 'sfu-message-odd')).toHaveLength(nonsense.length)
  expect(bench.told()).toEqual([])
  bench.candidate(2, 10, other)
  expect(inShort(bench.told())).toEqual(['done 2'])
})

test('[M8] nothing that arrives breaks the machine', () => {
  const ids = fc.constantFrom<unknown>(1, 7001, 7002, 7003, 7004, '7003', null, -1, {})
  const data = fc.record(
    {
      videoroom: fc.constantFrom<unknown>('event', 'destroyed', 'updated', 'attached', 7),
      error_code: fc.constantFrom<unknown>(426, 428, 425, 'x'),
      leaving: fc.constantFrom<unknown>('ok', 1),
      left: fc.constantFrom<unknown>('ok', {}),
    },
    { requiredKeys: [] },
  )
  const message = fc.record(
    {
      janus: fc.constantFrom<unknown>(
        ...['ack', 'success', 'error', 'event', 'trickle', 'webrtcup', 'hangup', 'detached', 'timeout', 'media'],
        'server_info',
        5,
      ),
      transaction: fc.constantFrom<unknown>('1', '4', '7', '9', '12', 3),
      session_id: ids,
      sender: ids,
      data: fc.record({ id: ids }),
      error: fc.record({ code: fc.constantFrom<unknown>(458, 459, 499, 'x') }),
      plugindata: fc.record({ plugin: fc.constant('janus.plugin.videoroom'), data }),
      jsep: fc.record({
        type: fc.constantFrom<unknown>('offer', 'answer', 1),
        sdp: fc.constantFrom<unknown>('v=0', 1),
      }),
      candidate: fc.constantFrom<unknown>({ completed: true }, { candidate: 'candidate:1' }, 'text', { sdpMid: 5 }),
    },
    { requiredKeys: ['janus'] },
  )
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          message.map((one) => JSON.stringify(one)),
          fc.json(),
        ),
        { maxLength: 20 },
      ),
      (texts) => {
        const bench = janusBench()
        bench.publish(1, alice, 'own')
        bench.janus.conduct = () => 'ignore'
        bench.offer(1, 10, 'own')
        bench.subscribe(2, alice)
        bench.requestOffer(2, 11)
        for (const text of texts) bench.receives(text)
        bench.pass(bench.timeout)
        bench.stop()
        bench.pass(2 * bench.timeout)
        expect(bench.machine.nextDeadline()).toBeUndefined()
      },
    ),
  )
})

janusTest('[M8] what concerns others is not heard', (bench) => {
  call(bench)
  bench.noted()
  for (const text of [
    '{"janus":"hangup","sender":99}',
    '{"janus":"event","session_id":1,"sender":2}',
    '{"janus":"ack","transaction":"9999"}',
    '{"janus":"success","transaction":"9999","data":{"id":5}}',
    '{"janus":"error","transaction":"9999","error":{"code":459}}',
    '{"janus":"slowlink","sender":99,"media":"video","uplink":true,"lost":7}',
  ]) {
    bench.receives(text)
  }
  const publisher = bench.janus.publisher('alice|video')
  if (!publisher) throw new Error('no publisher')
  bench.janus.tell(publisher, { janus: 'hangup', reason: 'of another session', session_id: 1 })
  bench.janus.tell(publisher, { janus: 'slowlink', uplink: true, lost: 7 })
  bench.janus.tellPlugin(publisher, { videoroom: 'talking', room: 1, id: 1 })
  bench.settle()
  expect(bench.told()).toEqual([])
  expect(bench.noted()).toEqual([])
})

janusTest(
  '[M9] ids of 64 bits lose no digit',
  (bench) => {
    const { other } = call(bench)
    expect(other).toMatch(/^184467440737095\d{5}$/)
    expect(bench.janus.handles.has(other)).toBe(true)
    bench.candidate(2, 10, other)
    expect(inShort(bench.told())).toEqual(['done 2'])
  },
  { hasLargeIds: true },
)
