/** Whatever sockets say in whatever order: nothing throws, rooms stay whole, every request ends, and nothing is left over. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientMessages } from '../../src/protocols/admission/messages.ts'
import { type AdmissionServer, admissionServer, type Guest } from '../protocols/admission/server.ts'

const names = [...Object.keys(clientMessages), 'disconnect', 'unknown']
const rooms = ['den', 'attic', '', 'socket-1', '__proto__', '\n']
const odd = fc.oneof(
  { arbitrary: fc.constantFrom(null, 0, 1e300, true, '', [], {}, [[]], 'undefined'), weight: 3 },
  { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 },
)

interface Step {
  readonly who: number
  readonly event: string
  readonly room: string
  readonly whom: number
  readonly twist: unknown
  readonly ack: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(5),
  event: fc.constantFrom(...names),
  room: fc.constantFrom('den', 'den', 'den', ...rooms),
  whom: fc.nat(5),
  twist: fc.option(
    fc.record({ field: fc.constantFrom('auth', 'room', 'peer_id', 'to', 'token', 'payload'), value: odd }),
  ),
  ack: fc.boolean(),
})

function take(server: AdmissionServer, guests: Guest[], { who, event, room, whom, twist, ack }: Step, number: number) {
  const guest = guests[who]
  if (!guest || guest.isClosed()) {
    guests[who] = server.guest(who % 2 === 0 ? 'even' : 'odd')
    return
  }
  if (event === 'disconnect') return guest.lose()
  const peer = guests[whom]?.socket
  const twisted = isTwist(twist) ? { [twist.field]: twist.value } : {}
  const message = { room, peer_id: peer, to: peer, token: guest.token, payload: number, ...twisted }
  if (ack) guest.ask(event, message, number)
  else guest.say(event, message)
}

const isTwist = (twist: unknown): twist is { readonly field: string; readonly value: unknown } =>
  typeof twist === 'object' && twist !== null

test('[J4, J22] any events of any sockets: every acknowledgement comes once, and nothing is left at the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const server = admissionServer({ requestTimeout: 1_000, maxRooms: 3, maxMembers: 3 })
      const guests: Guest[] = []
      const asked = new Map<number, Guest>()
      const all = new Set<Guest>()
      for (const [number, one] of steps.entries()) {
        const before = guests[one.who]
        take(server, guests, one, number)
        for (const guest of guests) if (guest) all.add(guest)
        if (one.ack && before && !before.isClosed() && one.event !== 'disconnect') asked.set(number, before)
      }
      server.pass(1_000)
      expect(server.frontEnd.nextDeadline()).toBeUndefined()
      for (const guest of all) {
        const numbers = guest.acknowledged().map(([number]) => number)
        expect(new Set(numbers).size).toBe(numbers.length)
        if (guest.isClosed()) continue
        const mine = [...asked].filter(([, asker]) => asker === guest).map(([number]) => number)
        expect(numbers.toSorted((a, b) => a - b)).toEqual(mine)
      }
      for (const guest of all) guest.lose()
      expect(server.frontEnd.size).toBe(0)
      // No room is left behind: every name is free again.
      const last = server.guest('even')
      last.say('room-create-request', { room: 'den' })
      expect(last.hear()).toMatchObject([['room-create-accept', { room: 'den' }]])
    }),
    { numRuns: 300 },
  )
})

test('[J4] any packet', () => {
  const server = admissionServer({ eventRate: 0 })
  const arguments_ = fc.array(fc.oneof(fc.constantFrom(...names), odd), { maxLength: 3 })
  const packet = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => `2${text}`),
    arguments_.map((list) => `2${JSON.stringify(list)}`),
    arguments_.map((list) => `51-${JSON.stringify(list)}`),
    fc.tuple(fc.constantFrom(...names), odd).map((pair) => `27${JSON.stringify(pair)}`),
  )
  fc.assert(
    fc.property(packet, (text) => {
      const guest = server.guest()
      guest.packet(text)
      guest.lose()
    }),
    { numRuns: 1_000 },
  )
  expect(server.frontEnd.size).toBe(0)
})
