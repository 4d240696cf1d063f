import { describe, expect, test } from 'bun:test'
import { expectNothingLeft, peer, settings, stage } from './stage.ts'

/** An allocation whose connection to a peer waits. */
function waiting() {
  const self = stage({ settings: settings({ tcpRelay: true }) })
  const control = self.client(5000, { listener: 1 })
  control.allocate((to) => to.put('requestedTransport', 6))
  control.ask('connect', (to) => to.put('xorPeerAddress', peer))
  const action = self.actions.at(-1)
  const id = action?.do === 'connect-peer' ? action.connection : 0
  self.run(self.server.peerConnected(id, self.now))
  control.hear()
  return { self, control, id }
}
type Waiting = ReturnType<typeof waiting>
const bind = ({ self }: Waiting, id: number | undefined, who = {}, port = 6000) => {
  const reply = self.client(port, { listener: 1, ...who }).ask('connectionBind', (to) => {
    if (id !== undefined) to.put('connectionId', id)
  })
  return reply?.code ?? reply?.kind
}

describe('[R28] ConnectionBind', () => {
  test('joins a connection of its own to one that waits, behind the answer', () => {
    const one = waiting()
    expect(bind(one, one.id)).toBe('success')
    expect(one.self.actions.at(-1)).toMatchObject({ do: 'join', connection: one.id })
    one.self.pass(100_000)
    expect(one.self.actions.at(-1)).toMatchObject({ do: 'join' })
  })

  test('may be of another kind of stream, but not a datagram', () => {
    const [one, other] = [waiting(), waiting()]
    expect(bind(one, one.id, { listener: 2 })).toBe('success')
    expect(bind(other, other.id, { listener: 0 })).toBe(400)
  })

  test('names one that waits, once', () => {
    const one = waiting()
    expect([bind(one, undefined), bind(one, one.id ^ 1), bind(one, 0)]).toEqual([400, 400, 400])
    expect([bind(one, one.id), bind(one, one.id, {}, 6001), bind(one, one.id)]).toEqual(['success', 400, 400])
  })

  test('does not come where the allocation is', () => {
    const { control, id } = waiting()
    expect(control.ask('connectionBind', (to) => to.put('connectionId', id))?.code).toBe(400)
  })

  test('is for whoever made the allocation', () => {
    const one = waiting()
    expect(bind(one, one.id, { username: 'bob', password: 'builder' })).toBe(441)
    expect(bind(one, one.id, { password: 'wrong' })).toBe(401)
    expect(bind(one, one.id)).toBe('success')
  })

  test('needs the key of then, whatever has become of the credential', () => {
    const one = waiting()
    const credentials = { users: new Map(), secrets: [], hook: false }
    one.self.run(one.self.server.reload(settings({ tcpRelay: true, credentials }), one.self.now))
    expect(bind(one, one.id)).toBe('success')
  })

  test('comes within 30 s', () => {
    const one = waiting()
    one.self.pass(29_999)
    expect(one.self.actions.at(-1)).toMatchObject({ do: 'connect-peer' })
    one.self.pass(1)
    expect(one.self.actions.at(-1)).toEqual({ do: 'disconnect-peer', connection: one.id })
    expect(bind(one, one.id)).toBe(400)
    one.control.ask('refresh', (to) => to.put('lifetime', 0))
    expectNothingLeft(one.self)
  })
})
