/** How many requests it takes to say who is still there. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { pingRequests } from '../../../../src/protocols/talk/backend/pings.ts'

const entry = (sessionid: string) => ({ sessionid })
const rooms = [
  { roomId: 'a', entries: [entry('1'), entry('2')] },
  { roomId: 'empty', entries: [] },
  { roomId: 'b', entries: [entry('3')] },
]

test('without a limit each room has a request of its own', () => {
  for (const limit of [undefined, 0, -1]) {
    expect(pingRequests(rooms, limit)).toEqual([
      { type: 'ping', ping: { version: '1.0', roomid: 'a', entries: [entry('1'), entry('2')] } },
      { type: 'ping', ping: { version: '1.0', roomid: 'b', entries: [entry('3')] } },
    ])
  }
})

test('with a limit all rooms go together, without a room id', () => {
  expect(pingRequests(rooms, 2)).toEqual([
    { type: 'ping', ping: { version: '1.0', roomid: '', entries: [entry('1'), entry('2')] } },
    { type: 'ping', ping: { version: '1.0', roomid: '', entries: [entry('3')] } },
  ])
  expect(pingRequests([], 2)).toEqual([])
})

test('nobody is forgotten and no request is larger than it may be', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string())), fc.integer({ min: 1, max: 10 }), (ids, limit) => {
      const all = ids.map((list, index) => ({ roomId: `${index}`, entries: list.map(entry) }))
      const sent = pingRequests(all, limit).map((request) => (request.type === 'ping' ? request.ping.entries : []))
      expect(sent.flat().map(({ sessionid }) => sessionid)).toEqual(ids.flat())
      for (const entries of sent) expect(entries.length).toBeLessThanOrEqual(limit)
    }),
  )
})
