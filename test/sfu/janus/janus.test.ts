import { expect, test } from 'bun:test'
import { legId } from '../../../src/sfu/stream.ts'
import { call, cameraOf, inShort, only, screenOf } from '../../contract/sfu.ts'
import type { Conduct } from '../../support/fake-janus.ts'
import { janusBench, janusTest, url } from './bench.ts'

const alice = cameraOf('alice')

janusTest('[M35] what does not fit its leg is refused', (bench) => {
  const { other } = call(bench)
  bench.answer(1, 10, 'own')
  bench.requestOffer(1, 11, 'own')
  bench.say(1, 12, { say: 'select', selection: {} }, 'own')
  bench.offer(2, 13, other)
  bench.command({ do: 'list-streams', leg: legId(2), request: 14 })
  expect(bench.told().map((event) => event.event === 'failed' && event.why)).toEqual([
    'refused',
    'refused',
    'refused',
    'refused',
    'refused',
  ])
})

janusTest('[M35] a broken offer is refused, and the leg takes the next', (bench) => {
  bench.publish(1, alice, 'own')
  bench.offer(1, 10, 'own', 'nonsense')
  bench.offer(1, 11, 'own')
  expect(inShort(bench.told())).toEqual(['opened 1', 'failed 1: refused', 'answer 1'])
  expect(bench.noted()).toContainEqual(expect.objectContaining({ fact: 'sfu-request-failed', detail: '437 no' }))
})

janusTest('[M35] after close nothing is answered, whatever comes', (bench) => {
  const { other } = call(bench)
  bench.janus.conduct = () => 'hold'
  bench.offer(1, 10, 'own')
  bench.requestOffer(2, 11, other)
  bench.close(1)
  bench.close(2)
  bench.told()
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  bench.pass(30_000)
  expect(bench.told()).toEqual([])
})

janusTest('[M35] a leg that has ended is no leg any more', (bench) => {
  const { other } = call(bench)
  const [subscriber] = bench.janus.subscribers('alice|video')
  if (subscriber) bench.janus.hangUp(subscriber, 'ICE failed')
  bench.publisherHangsUp(alice)
  bench.told()
  bench.offer(1, 10, 'own')
  bench.requestOffer(2, 11, other)
  expect(inShort(bench.told())).toEqual(['failed 1: unknown leg', 'failed 2: unknown leg'])
})

janusTest('[M35] closing twice, or what never was, is nothing', (bench) => {
  call(bench)
  bench.close(1)
  bench.close(1)
  bench.close(99)
  expect(inShort(bench.told())).toEqual(['interrupted 2'])
})

janusTest('[M36] a message goes when Janus has the one before it', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'room configure' ? 'hold' : 'obey')
  const before = bench.janus.heard.length
  bench.offer(1, 10, 'own')
  bench.offer(1, 11, 'own')
  bench.candidate(1, 12, 'own')
  expect(bench.janus.heard.slice(before)).toEqual(['room configure'])
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  expect(bench.janus.heard.slice(before)).toEqual(['room configure', 'room configure', 'trickle'])
  expect(inShort(bench.told())).toEqual(['done 1', 'answer 1', 'answer 1'])
})

janusTest('[M36] what Janus says of an earlier message lets no later one pass', (bench) => {
  call(bench)
  const publisher = bench.janus.publisher('alice|video')
  if (!publisher) throw new Error('nobody is there')
  const before = bench.janus.heard.length
  bench.janus.conduct = () => 'ignore'
  for (const n of [10, 11, 12]) bench.offer(1, n, 'own')
  const first = bench.sent().at(-1)?.['transaction']
  bench.receives(JSON.stringify({ janus: 'ack', transaction: first }))
  expect(bench.janus.heard.length - before).toBe(2)
  const answer = {
    janus: 'event',
    transaction: first,
    sender: Number(publisher.id),
    jsep: { type: 'answer', sdp: 'v=0' },
  }
  bench.receives(JSON.stringify(answer))
  expect(only(bench.told(), 'answer').request).toBe(10)
  expect(bench.janus.heard.length - before).toBe(2)
  bench.janus.conduct = () => 'obey'
})

janusTest('[M36] there is an end to what waits', (bench) => {
  bench.janus.conduct = (name) => (name === 'room join' || name === 'room configure' ? 'hold' : 'obey')
  bench.publish(1, alice, 'own')
  for (let n = 1; n <= 201; n++) bench.offer(1, n, 'own')
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 201, why: 'refused' })
  bench.janus.release()
  bench.settle()
  for (let n = 301; n <= 302; n++) bench.offer(1, n, 'own')
  expect(inShort(bench.told())).toEqual(['opened 1', 'failed 1: refused'])
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  expect(bench.told()).toHaveLength(201)
})

janusTest('[M36] an answer gets through while an update waits for it', (bench) => {
  bench.publish(1, alice, 'own')
  bench.offer(1, 9, 'own')
  bench.publisherUp(alice)
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  const { sid } = only(bench.told(), 'offer')
  bench.requestOffer(2, 11, sid)
  bench.answer(2, 12, sid)
  expect(inShort(bench.told())).toEqual(['done 2', 'offer 2'])
})

janusTest('[M36] a handle that says nothing holds up nobody else, and itself only for a while', (bench) => {
  call(bench)
  const [, handle] = bench.janus.handles.keys()
  bench.janus.conduct = (_, request) => (request['handle_id'] === handle ? 'ignore' : 'obey')
  bench.offer(1, 10, 'own')
  bench.publish(3, cameraOf('bob'), 'own')
  bench.offer(3, 11, 'own')
  bench.publisherUp(cameraOf('bob'))
  bench.subscribe(4, cameraOf('bob'))
  bench.requestOffer(4, 12)
  expect(inShort(bench.told())).toEqual(['opened 3', 'answer 3', 'opened 4', 'offer 4'])
  bench.pass(bench.timeout)
  expect(inShort(bench.told())).toEqual(['failed 1: timeout'])
  bench.janus.conduct = () => 'obey'
  bench.offer(1, 13, 'own')
  expect(inShort(bench.told())).toEqual(['answer 1'])
})

const failures: readonly Conduct[] = [{ code: 499 }, 'ignore', 'obey silently']
for (const name of ['room destroy', 'detach']) {
  for (const conduct of failures) {
    janusTest(`[M37] ${name} that fails (${JSON.stringify(conduct)}) is tried again`, (bench) => {
      call(bench)
      let tries = 0
      bench.janus.conduct = (request) => (request === name && ++tries <= 4 ? conduct : 'obey')
      bench.close(2)
      bench.close(1)
      bench.pass(4 * (bench.timeout + 16_000))
      expect(tries).toBeGreaterThan(4)
      expect(bench.leftBehind()).toEqual([])
    })
  }
}

test('[M37] not for ever: whoever runs Janus has to look', () => {
  const bench = janusBench()
  bench.publish(1, alice, 'own')
  bench.janus.conduct = (name) => (name === 'room destroy' ? { code: 433 } : 'obey')
  bench.close(1)
  bench.pass(600_000)
  expect(bench.janus.heard.filter((name) => name === 'room destroy')).toHaveLength(20)
  expect(bench.noted().filter(({ fact }) => fact === 'sfu-request-failed')).toHaveLength(20)
  bench.stop()
  expect(bench.machine.nextDeadline()).toBeUndefined()
})

janusTest('[M37] rooms outlive their session: they are destroyed in the next one', (bench) => {
  call(bench)
  bench.pass(12_000)
  bench.janus.timeOutSessions(true)
  bench.settle()
  expect(bench.janus.rooms.size).toBe(1)
  bench.pass(2_000)
  expect(bench.janus.rooms.size).toBe(0)
})

janusTest('[M37b] rooms of a server that is no more are destroyed, nobody else’s', (bench) => {
  call(bench)
  const other = bench.janus.connected(() => undefined)
  const [control] = bench.janus.handles.values()
  const make = (room: number, description: string): void =>
    other.receives(
      `{"janus":"message","transaction":"1","session_id":${control?.session.id},"handle_id":${control?.id},` +
        `"body":{"request":"create","room":${room},"description":${JSON.stringify(description)}}}`,
    )
  make(1, 'gone|video')
  make(2, 'Demo Room')
  make(3, 'audio')
  bench.pass(20_000)
  // As if it were being made just now by somebody else.
  make(4, 'new|screen')
  bench.pass(60_000)
  expect([...bench.janus.rooms.values()].map(({ description }) => description)).toEqual([
    'alice|video',
    'Demo Room',
    'audio',
    'new|screen',
  ])
  bench.pass(300_000)
  for (const description of ['Demo Room', 'audio', 'new|screen']) bench.janus.destroyRoom(description)
})

janusTest('[M38] the room goes first, then the handle of its publisher', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'room destroy' ? 'hold' : 'obey')
  bench.close(1)
  expect(bench.leftBehind()).toHaveLength(2)
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  expect(bench.leftBehind()).toEqual([])
  expect(bench.janus.heard.slice(-2)).toEqual(['detach', 'detach'])
})

for (const [what, isTold] of [
  ['a publisher whose handle was freed', false],
  ['a session that was freed', true],
] as const) {
  janusTest(`[M38] the room of ${what} stays for two seconds`, (bench) => {
    call(bench)
    bench.pass(12_000)
    const publisher = bench.janus.publisher('alice|video')
    if (isTold) bench.janus.timeOutSessions(true)
    else if (publisher) bench.janus.forgetHandle(publisher, true)
    bench.settle()
    bench.pass(1_999)
    expect(bench.janus.heard).not.toContain('room destroy')
    bench.pass(1)
    expect(bench.janus.heard).toContain('room destroy')
    expect(bench.janus.rooms.size).toBe(0)
  })
}

test('[M39] farewell in the middle of a call: rooms, handles, the session, the connection', () => {
  const bench = janusBench()
  call(bench)
  bench.command({ do: 'receive', leg: legId(3), request: 10, stream: cameraOf('bob'), streams: [] })
  bench.told()
  const before = bench.janus.heard.length
  bench.stop()
  const said = bench.janus.heard.slice(before)
  expect(said.at(-1)).toBe('destroy')
  expect(said.filter((name) => name === 'room destroy')).toHaveLength(2)
  expect([bench.janus.rooms.size, bench.janus.handles.size, bench.janus.sessions.size]).toEqual([0, 0, 0])
  expect(bench.told()).toEqual([])
  expect(bench.machine.nextDeadline()).toBeUndefined()
})

test('[M39] it takes no longer than a request, and nobody is dialled again', () => {
  for (const during of ['silence', 'a cut', 'absence']) {
    const bench = janusBench({ isUnreachable: during === 'absence' })
    if (during !== 'absence') call(bench)
    bench.janus.conduct = () => 'ignore'
    bench.stop()
    const dialled = bench.dialled.length
    if (during === 'a cut') bench.cut()
    bench.pass(2 * bench.timeout)
    expect(bench.machine.nextDeadline()).toBeUndefined()
    expect(bench.dialled).toHaveLength(dialled)
    expect(bench.told()).toEqual([])
  }
})

janusTest('what there is of it shows: numbers, and what Janus says of itself', (bench) => {
  expect(bench.machine.stats()).toMatchObject({ url, connected: true, publishers: 0, clients: 0 })
  call(bench)
  const publisher = bench.janus.publisher('alice|video')
  bench.publish(3, screenOf('alice'), 'own')
  const screen = bench.janus.publisher('alice|screen')
  if (!publisher || !screen) throw new Error('nobody publishes')
  bench.janus.tell(publisher, { janus: 'media', type: 'audio', mid: '0', receiving: true })
  bench.janus.tell(publisher, { janus: 'media', type: 'video', mid: '1', receiving: true })
  bench.janus.tell(publisher, { janus: 'media', type: 'video', mid: '1', receiving: false })
  bench.janus.tell(screen, { janus: 'media', type: 'video', mid: '0', receiving: true })
  bench.settle()
  expect(bench.machine.census()).toEqual({
    publishers: { audio: 0, video: 1, screen: 1 },
    subscribers: { audio: 0, video: 1, screen: 0 },
    connections: 1,
    publisherStreams: { audio: 1, video: 0, screen: 1 },
    subscriberStreams: { audio: 1, video: 0, screen: 0 },
  })
  expect(bench.machine.stats()).toEqual({
    url,
    connected: true,
    publishers: 2,
    clients: 3,
    uptime: '1970-01-01T00:16:40.000Z',
  })
  expect(bench.machine.serverInfo()).toEqual({
    mode: 'janus',
    janus: {
      url,
      connected: true,
      name: 'Janus WebRTC Server',
      version: '1.1.2',
      author: 'Meetecho s.r.l.',
      datachannels: true,
      fulltrickle: true,
      localip: '192.0.2.1',
      ipv6: false,
      videoroom: { name: 'JANUS VideoRoom plugin', version: '0.0.9', author: 'Meetecho s.r.l.' },
    },
  })
  bench.sfuDies()
  expect(bench.machine.stats()).toEqual({ url, connected: false, publishers: 0, clients: 1 })
  expect(bench.machine.serverInfo()).toEqual({ mode: 'janus', janus: { url, connected: false } })
  bench.sfuReturns()
})

janusTest('who comes and goes is noted', (bench) => {
  bench.noted()
  call(bench)
  bench.close(2)
  bench.close(1)
  expect(bench.noted().filter(({ fact }) => fact !== 'sfu-message')).toEqual([
    { fact: 'publisher-created', ...alice },
    { fact: 'subscriber-created', ...alice },
    { fact: 'subscriber-closed', ...alice, why: 'closed' },
    { fact: 'publisher-closed', ...alice, why: 'closed' },
  ])
})
