import { describe, expect, test } from 'bun:test'
import { userKey } from '../../../src/core/ids.ts'
import { closes } from '../../../src/protocols/presence/errors.ts'
import { turnName } from '../../../src/protocols/presence/names.ts'
import { idOf, issuer, list, offline, presenceStage, swift } from './server.ts'

describe('who comes and goes', () => {
  test('[S12] a reload within the grace is nobody’s business', () => {
    const stage = presenceStage({ interval: 0 })
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    stage.hear(ann)
    for (let count = 0; count < 3; count++) {
      stage.world.pass(5_000)
      if (count === 0) stage.world.lose(ben)
      stage.world.pass(999)
      const again = stage.open('ben')
      stage.world.pass(5_000)
      stage.world.lose(again)
      stage.world.pass(500)
      stage.open('ben')
    }
    expect(stage.hear(ann)).toEqual([])
  })

  test('[S12] after the grace he is gone; before it he is on the list', () => {
    const stage = presenceStage({ interval: 0 })
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    stage.hear(ann)
    stage.world.lose(ben)
    stage.say(ann, { type: 'userList' })
    expect(stage.hear(ann)).toEqual([list('ann', 'ben')])
    stage.world.pass(999)
    expect(stage.hear(ann)).toEqual([])
    stage.world.pass(1)
    expect(stage.hear(ann)).toEqual([offline('ben')])
    stage.say(ann, { type: 'userList' })
    expect(stage.hear(ann)).toEqual([list('ann')])
  })

  test('[S11] a connection that is left behind does not take its user offline (in the original it does)', () => {
    const stage = presenceStage(swift)
    const [ann, old] = [stage.open('ann'), stage.open('ben')]
    const young = stage.open('ben')
    stage.hear(ann)
    stage.world.lose(old)
    expect(stage.hear(ann)).toEqual([])
    stage.say(ann, { type: 'x', target: idOf('ben') })
    expect(stage.hear(young)).toContainEqual({ type: 'x', origin: idOf('ann') })
    stage.world.lose(young)
    expect(stage.hear(ann)).toEqual([offline('ben')])
  })

  test('[S10] a name that has changed meanwhile is told to whoever asks', () => {
    const stage = presenceStage(swift)
    const ann = stage.open('ann')
    stage.open('ann', { username: 'Ann B.' })
    stage.hear(ann)
    stage.say(ann, { type: 'userList' })
    expect(stage.hear(ann)).toEqual([
      { type: 'userList', body: { users: [{ issuer, subject: 'ann', username: 'Ann B.' }] } },
    ])
  })

  test('[S14] without preferred_username there is no username in revision 1, and no entry in revision 2', () => {
    const first = presenceStage(swift)
    const ann = first.open('ann', { username: '' })
    expect(first.hear(ann)).toEqual([{ type: 'userOnline', body: { user: { issuer, subject: 'ann' } } }])
    const second = presenceStage({ ...swift, revision: 2 })
    expect(second.world.closeOf(second.open('ann', { username: '' }))).toEqual(closes.nameless)
    expect(second.presence.census()).toEqual({ users: 0, connections: 0 })
  })

  test('[S14] users of two providers are two, and users whose names run into each other too', () => {
    const stage = presenceStage(swift)
    stage.open('ann')
    stage.open('ann', { issuer: 'https://other.example' })
    stage.open('b', { issuer: 'https://login.example/x' })
    stage.open('x/b')
    expect(stage.presence.census().users).toBe(4)
  })

  test('[S2] an issuer is the same with a slash at its end', () => {
    const stage = presenceStage(swift)
    const [ann, again] = [stage.open('ann'), stage.open('ann', { issuer: `${issuer}/` })]
    expect(stage.presence.census()).toEqual({ users: 1, connections: 2 })
    stage.say(ann, { type: 'x', target: { issuer: `${issuer}/`, subject: 'ann' } })
    expect(stage.hear(again)).toContainEqual({ type: 'x', origin: { issuer: `${issuer}/`, subject: 'ann' } })
  })

  test('[S15] one user has no more connections than it may have', () => {
    const stage = presenceStage({ ...swift, devicesPerUser: 2 })
    const [one] = [stage.open('ann'), stage.open('ann')]
    const third = stage.open('ann')
    expect(stage.world.closeOf(third)).toEqual(closes.devices)
    expect(stage.hear(third)).toEqual([])
    stage.world.lose(one)
    expect(stage.world.isOpen(stage.open('ann'))).toBe(true)
    expect(stage.world.isOpen(stage.open('ben'))).toBe(true)
  })

  test('[S9] a token that expires ends the connection only where that is wanted', () => {
    const patient = presenceStage(swift)
    const ann = patient.open('ann', { expires: patient.world.clock.now() + 5_000 })
    patient.world.pass(10_000)
    expect(patient.world.isOpen(ann)).toBe(true)
    const exact = presenceStage({ ...swift, closesExpired: true })
    const ben = exact.open('ben', { expires: exact.world.clock.now() + 5_000 })
    const cas = exact.open('cas', { expires: exact.world.clock.now() + 5_000 })
    exact.world.lose(cas)
    exact.world.pass(4_999)
    expect(exact.world.isOpen(ben)).toBe(true)
    exact.world.pass(1)
    expect(exact.world.closeOf(ben)).toEqual(closes.expired)
    expect(exact.presence.nextDeadline()).toBeUndefined()
  })
})

describe('how connections end', () => {
  test('[S36] whoever reads too slowly is closed as by the original', () => {
    const stage = presenceStage(swift)
    const ann = stage.open('ann')
    stage.world.input((now) => stage.presence.overflowed(ann, now))
    expect(stage.world.closeOf(ann)).toEqual({ code: 1008, reason: 'connection too slow to keep up with messages' })
  })

  test('[S31] after the first mistake nothing is looked at any more', () => {
    const stage = presenceStage(swift)
    const ann = stage.open('ann')
    const { presence, world } = stage
    const closing = presence.garbled(ann, undefined, 'x', world.clock.now())
    expect(closing).toContainEqual({ do: 'close', to: ann, ...closes.garbled })
    const decoded = presence.decode('{"type":"userList"}')
    if (!decoded.ok) throw new Error(decoded.fault)
    expect(presence.received(ann, decoded.value, world.clock.now())).toEqual([])
    expect(presence.garbled(ann, undefined, 'x', world.clock.now())).toEqual([])
  })
})

describe('[S27] ICE servers', () => {
  test('are asked for once while an answer is awaited, under a name that does not say who it is', () => {
    const stage = presenceStage({ interval: 100 })
    const ann = stage.open('ann')
    const { presence, world } = stage
    const decoded = presence.decode('{"type":"iceServers"}')
    if (!decoded.ok) throw new Error(decoded.fault)
    const user = turnName(userKey(issuer, 'ann'))
    expect(user).toMatch(/^[0-9a-f]{32}$/)
    expect(presence.received(ann, decoded.value, world.clock.now())).toEqual([
      { do: 'ask', number: 1, ask: { ask: 'ice-servers', user } },
    ])
    expect(presence.received(ann, decoded.value, world.clock.now())).toEqual([])
  })
})
