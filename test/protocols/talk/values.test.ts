/** Values that a room shares. */
import { expect, test } from 'bun:test'
import { RawJson } from '../../../src/protocols/json-wire.ts'
import type { Room } from '../../../src/protocols/talk/rooms.ts'
import type { State } from '../../../src/protocols/talk/state.ts'
import { dropValues, initialValues, removeOwnValue, removeValue, setValue } from '../../../src/protocols/talk/values.ts'
import { at, type Json } from '../../support/json.ts'
import { talkServer } from './server.ts'

/** A room with two in it, and what the second hears of it after something was done to its values. */
function shared() {
  const server = talkServer()
  const [a, b] = server.room(2)
  const room = server.state.rooms.find(server.backend('one'), 'den')
  if (!room) throw new Error('nobody is in the den')
  const after = (act: (state: State, room: Room) => void): readonly (Json | undefined)[] => {
    server.world.input((now) => {
      server.state.setNow(now)
      act(server.state, room)
      return server.state.takeEffects()
    })
    return b.hears().map((message) => at(message, 'transient'))
  }
  return { server, room, a, b, after }
}
const raw = (text: string): RawJson => new RawJson(text)

test('[R16] a change is told with the old value, a repetition is not', () => {
  const { after } = shared()
  expect(after((state, room) => setValue(state, room, 'k', raw('{"a":1}'), undefined))).toEqual([
    { type: 'set', key: 'k', value: { a: 1 } },
  ])
  expect(after((state, room) => setValue(state, room, 'k', raw('{ "a":1 }'), undefined))).toEqual([])
  expect(after((state, room) => setValue(state, room, 'k', raw('2'), undefined))).toEqual([
    { type: 'set', key: 'k', value: 2, oldvalue: { a: 1 } },
  ])
  expect(after((state, room) => removeValue(state, room, 'k'))).toEqual([{ type: 'remove', key: 'k', oldvalue: 2 }])
  expect(after((state, room) => removeValue(state, room, 'k'))).toEqual([])
})

test('[R16] a time to live ends a value, and setting it again sets the time anew', () => {
  const { server, b, after } = shared()
  after((state, room) => setValue(state, room, 'k', raw('1'), 100))
  server.world.pass(60)
  after((state, room) => setValue(state, room, 'k', raw('1'), 100))
  server.world.pass(60)
  expect(b.hears()).toEqual([])
  server.world.pass(40)
  expect(b.hears().map((message) => at(message, 'transient', 'type'))).toEqual(['remove'])
})

test('[R16] a value without a time to live stays, also one that had one', () => {
  const { server, room, after } = shared()
  after((state) => setValue(state, room, 'k', raw('1'), 100))
  after((state) => setValue(state, room, 'k', raw('1'), undefined))
  server.world.pass(60_000)
  expect(room.values.get('k')?.text).toBe('1')
})

test('[R16] the value of a session goes with it', () => {
  const { a, room, after, server } = shared()
  const session = [...server.state.hub.members(room.key)].find(({ id }) => id === a.id)
  if (!session) throw new Error('a is not in the room')
  after((state) => setValue(state, room, `sd:${a.id}`, raw('1'), undefined))
  expect(after((state) => removeOwnValue(state, room, session.id))).toEqual([
    { type: 'remove', key: `sd:${a.id}`, oldvalue: 1 },
  ])
})

test('[R16] a newcomer gets all, whatever the keys are', () => {
  const { room, after } = shared()
  expect(initialValues(room)).toBeUndefined()
  after((state) => setValue(state, room, '__proto__', raw('1'), undefined))
  after((state) => setValue(state, room, 'k', raw('[2]'), undefined))
  const message = initialValues(room)
  const data = message?.type === 'transient' && message.transient.type === 'initial' ? message.transient.data : {}
  expect(Object.entries(data)).toEqual([
    ['__proto__', raw('1')],
    ['k', raw('[2]')],
  ])
})

test('values of a room that nobody is in are forgotten, with their deadlines', () => {
  const { room, after, server } = shared()
  after((state) => setValue(state, room, 'k', raw('1'), 100))
  expect(after((state) => dropValues(state, room))).toEqual([])
  expect([room.values.size, server.state.deadlines.has('value one|den k')]).toEqual([0, false])
})
