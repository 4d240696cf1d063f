/** A client in a room of another server that is in the test's hands, or on its way there. */
import { expect } from 'bun:test'
import type { Json, JsonObject } from '../../../support/json.ts'
import { type Client, inShort, type ServerOptions } from '../server.ts'
import { joinThere, type Solo, solo } from './pair.ts'

export const remoteId = 'R'.repeat(40)
export const welcome = { type: 'welcome', welcome: { version: '1', features: ['federation'] } }
export const helloOf = (id: Json | undefined, more: JsonObject = {}): JsonObject => ({
  id: id ?? '',
  type: 'hello',
  hello: { version: '2.0', sessionid: remoteId, resumeid: 'P'.repeat(40), ...more },
})

/** `a` has gone there, `b` stays in the room at home. */
export interface Guest extends Solo {
  readonly a: Client
  readonly b: Client
}

/** A client in a room of a server that is in the test's hands; `stay` keeps it from getting there. */
export function guest(
  options: ServerOptions = {},
  stay: 'dialling' | 'welcome' | 'hello' | 'joining' | 'joined' = 'joined',
): Guest {
  const other = solo(options)
  const a = other.here.user('alice')
  const b = other.here.user('bob')
  for (const one of [a, b]) one.joins('attic')
  other.here.world.pass(50)
  for (const one of [a, b]) one.hears()
  a.say(joinThere('den', 'my den'))
  other.orders()
  if (stay === 'dialling') return { ...other, a, b }
  other.happens({ event: 'opened', link: other.link() })
  if (stay === 'welcome') return { ...other, a, b }
  other.says(welcome)
  if (stay === 'hello') return { ...other, a, b }
  other.says(helloOf(other.saidThere()[0]?.['id']))
  if (stay === 'joining') return { ...other, a, b }
  other.says({ id: other.saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den', properties: {} } })
  for (const one of [a, b]) one.hears()
  return { ...other, a, b }
}

/** Neither the room at home nor the session is touched by what went wrong elsewhere. */
export function isUnharmed(here: Solo['here'], a: Client, b: Client): void {
  b.hears()
  b.sends({ type: 'room' }, { still: 'here' })
  expect(inShort(a.hears())).toEqual(['message'])
  expect([here.state.federation.size, a.closed(), b.closed()]).toEqual([0, undefined, undefined])
}
