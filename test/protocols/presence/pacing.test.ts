import { describe, expect, test } from 'bun:test'
import type { ConnectionId } from '../../../src/core/ids.ts'
import { closes } from '../../../src/protocols/presence/errors.ts'
import { mostLetters } from '../../../src/protocols/presence/traffic.ts'
import { idOf, list, offline, online, type PresenceStage, presenceStage, swift } from './server.ts'

const to = (subject: string, body: unknown, type = 'x') => ({ type, target: idOf(subject), body })
const from = (subject: string, body: unknown, type = 'x') => ({ type, origin: idOf(subject), body })

/** Lets time go by in steps and says at which of them something came. */
function arrivals({ world }: PresenceStage, id: ConnectionId, steps: number, step = 10): readonly number[] {
  const times: number[] = []
  for (let count = 0; count <= steps; count++) {
    for (const _ of world.hear(id)) times.push(count * step)
    world.pass(step)
  }
  return times
}

describe('[S33] the rest between two frames', () => {
  test('is that of each connection alone, and the first frame goes at once', () => {
    const stage = presenceStage()
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    stage.world.pass(1_000)
    stage.hear(ann)
    stage.hear(ben)
    for (const body of [1, 2, 3]) stage.say(ann, to('ben', body))
    expect(stage.hear(ben)).toEqual([from('ann', 1)])
    stage.say(ben, to('ann', 1))
    expect(stage.hear(ann)).toEqual([from('ben', 1)])
    expect(arrivals(stage, ben, 40)).toEqual([100, 200])
  })

  test('holds for answers, news and messages alike', () => {
    const stage = presenceStage()
    const ann = stage.open('ann')
    expect(stage.hear(ann)).toEqual([online('ann')])
    stage.open('ben')
    stage.say(ann, { type: 'userList' })
    stage.say(ann, { type: 'oops' })
    stage.say(ann, { type: 'iceServers' })
    expect(arrivals(stage, ann, 60)).toEqual([100, 200, 300, 400])
  })

  test('is as long as it is set, and without one everything goes at once', () => {
    const slow = presenceStage({ interval: 30 })
    const ann = slow.open('ann')
    for (const body of [1, 2]) slow.say(ann, to('ann', body))
    expect(arrivals(slow, ann, 20)).toEqual([0, 30, 60])
    const stage = presenceStage(swift)
    const ben = stage.open('ben')
    for (let body = 0; body < 500; body++) stage.say(ben, to('ben', body))
    expect(stage.hear(ben)).toHaveLength(501)
    expect(stage.presence.nextDeadline()).toBeUndefined()
  })
})

describe('[S34] what has no room', () => {
  test('waits with its sender and comes in order, nothing lost: a burst of candidates and more', () => {
    const stage = presenceStage()
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    const bodies = Array.from({ length: 150 }, (_, body) => body)
    for (const body of bodies) stage.say(ann, to('ben', body))
    stage.world.pass(20_000)
    expect(stage.hear(ben)).toEqual([online('ben'), ...bodies.map((body) => from('ann', body))])
    expect(stage.world.closeOf(ann)).toBeUndefined()
  })

  test('waits in turn, so that two senders share what room there is', () => {
    const stage = presenceStage()
    const [ann, ben, cas] = [stage.open('ann'), stage.open('ben'), stage.open('cas')]
    for (let body = 0; body < 60; body++) stage.say(ann, to('cas', body))
    for (let body = 0; body < 20; body++) stage.say(ben, to('cas', body))
    stage.world.pass((mostLetters + 20) * 100)
    const heard = stage
      .hear(cas)
      .slice(-10)
      .map((frame) => JSON.stringify(frame))
    expect(heard.filter((frame) => frame.includes('ann')).length).toBe(5)
  })

  test('holds up what its sender sends after it, also to others', () => {
    const stage = presenceStage()
    const [ann, , cas] = [stage.open('ann'), stage.open('ben'), stage.open('cas')]
    for (let body = 0; body < mostLetters + 5; body++) stage.say(ann, to('ben', body))
    stage.world.pass(200)
    stage.hear(cas)
    stage.say(ann, to('cas', 'later'))
    expect(stage.hear(cas)).toEqual([])
    stage.world.pass(10_000)
    expect(stage.hear(cas)).toContainEqual(from('ann', 'later'))
  })

  test('closes the connection of whom too much of it waits, and nobody else’s', () => {
    const stage = presenceStage({ messagesPerSecond: 0 })
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    for (let body = 0; body < 1_100; body++) stage.say(ann, to('ben', body))
    expect(stage.world.closeOf(ann)).toEqual(closes.crowded)
    expect(stage.world.isOpen(ben)).toBe(true)
    stage.world.pass(10_000)
    expect(stage.hear(ben).at(-1)).toEqual(offline('ann'))
  })

  test('is bounded by its length too', () => {
    const stage = presenceStage()
    const ann = stage.open('ann')
    stage.open('ben')
    const long = 'x'.repeat(32_000)
    for (let count = 0; count < mostLetters + 30; count++) stage.say(ann, to('ben', long))
    expect(stage.world.closeOf(ann)).toBeUndefined()
    for (let count = 0; count < 5; count++) stage.say(ann, to('ben', long))
    expect(stage.world.closeOf(ann)).toEqual(closes.crowded)
  })

  test('is answered all the same: errors and lists wait for room of their own', () => {
    const stage = presenceStage()
    const ann = stage.open('ann')
    for (let count = 0; count < 60; count++) stage.say(ann, count % 2 === 0 ? { type: 'userList' } : { type: 'x' })
    stage.world.pass(10_000)
    expect(stage.hear(ann)).toHaveLength(61)
  })
})

describe('[S35] who sends too much', () => {
  test('is closed after ten times of what a second allows', () => {
    const stage = presenceStage({ ...swift, messagesPerSecond: 5 })
    const [ann] = [stage.open('ann'), stage.open('ben')]
    for (let count = 0; count < 50; count++) stage.say(ann, to('ben', count))
    expect(stage.world.closeOf(ann)).toBeUndefined()
    stage.say(ann, to('ben', 'one more'))
    expect(stage.world.closeOf(ann)).toEqual(closes.flooding)
  })

  test('may go on for ever at that rate; all connections of a user count together', () => {
    const stage = presenceStage({ ...swift, messagesPerSecond: 5 })
    const [one, two] = [stage.open('ann'), stage.open('ann')]
    for (let second = 0; second < 30; second++) {
      for (let count = 0; count < 5; count++) stage.say(count % 2 === 0 ? one : two, { type: 'userList' })
      stage.world.pass(1_000)
    }
    expect([one, two].map((id) => stage.world.isOpen(id))).toEqual([true, true])
    for (let count = 0; count < 40; count++) for (const id of [one, two]) stage.say(id, { type: 'userList' })
    expect(stage.world.isOpen(one) && stage.world.isOpen(two)).toBe(false)
  })

  test('is not limited without a limit', () => {
    const stage = presenceStage({ ...swift, messagesPerSecond: 0 })
    const ann = stage.open('ann')
    for (let count = 0; count < 20_000; count++) stage.say(ann, { type: 'x' })
    expect(stage.world.isOpen(ann)).toBe(true)
  })
})

describe('[S37] who is far behind', () => {
  test('has messages and news by turns, so that a call does not wait for a storm of logins', () => {
    const stage = presenceStage()
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    for (let count = 0; count < 100; count++) stage.open(`u${count}`)
    for (let body = 0; body < 3; body++) stage.say(ann, to('ben', body))
    stage.hear(ben)
    stage.world.pass(600)
    const kinds = stage.hear(ben).map((frame) => JSON.stringify(frame).slice(9, 10))
    expect(kinds).toEqual(['x', 'u', 'x', 'u', 'x', 'u'])
  })

  test('has the news first while they are few: of a caller one hears that he is online before he calls', () => {
    const stage = presenceStage()
    const ben = stage.open('ben')
    for (let count = 0; count < 10; count++) stage.open(`u${count}`)
    const ann = stage.open('ann')
    stage.say(ann, to('ben', 'call'))
    stage.world.pass(5_000)
    const heard = stage.hear(ben)
    expect(heard.slice(-2)).toEqual([online('ann'), from('ann', 'call')])
  })

  test('gets the list in place of more news than there are users', () => {
    const stage = presenceStage({ grace: 0, devicesPerUser: 2 })
    const ann = stage.open('ann')
    for (let count = 0; count < 1_100; count++) stage.world.lose(stage.open('ben'))
    stage.open('cas')
    stage.world.pass(1_000)
    expect(stage.hear(ann)).toEqual([online('ann'), list('ann', 'cas')])
    stage.world.pass(200_000)
    expect(stage.hear(ann)).toEqual([])
  })

  test('has had all news with the list that he asked for', () => {
    const stage = presenceStage()
    const ann = stage.open('ann')
    for (const subject of ['ben', 'cas']) stage.open(subject)
    stage.hear(ann)
    stage.say(ann, { type: 'userList' })
    stage.open('dan')
    stage.world.pass(5_000)
    expect(stage.hear(ann)).toEqual([online('ben'), online('cas'), list('ann', 'ben', 'cas', 'dan')])
  })
})

describe('[S38] nothing is lost', () => {
  test('of what waits when the last connection ends: the next one gets it', () => {
    const stage = presenceStage()
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    for (const body of [1, 2, 3]) stage.say(ann, to('ben', body))
    stage.world.lose(ben)
    const again = stage.open('ben')
    stage.world.pass(2_000)
    expect(stage.hear(again)).toEqual([online('ben'), ...[1, 2, 3].map((body) => from('ann', body))])
  })

  test('of what waits for a connection that ends: one that came later gets it', () => {
    const stage = presenceStage()
    const [ann, old] = [stage.open('ann'), stage.open('ben')]
    for (const body of [1, 2, 3]) stage.say(ann, to('ben', body))
    const young = stage.open('ben')
    stage.say(ann, to('ben', 4))
    stage.world.pass(150)
    expect(stage.hear(old)).toEqual([online('ben'), from('ann', 1)])
    stage.world.lose(old)
    stage.world.pass(2_000)
    expect(stage.hear(young)).toEqual([online('ben'), ...[1, 2, 3, 4].map((body) => from('ann', body))])
  })

  test('without word: for each message that nobody came for, its sender hears it', () => {
    const stage = presenceStage()
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    stage.world.pass(1_000)
    stage.hear(ann)
    stage.world.lose(ben)
    for (let body = 0; body < mostLetters + 2; body++) stage.say(ann, to('ben', body))
    stage.world.pass(10_000)
    const heard = stage.hear(ann).map((frame) => JSON.stringify(frame))
    expect(heard.filter((frame) => frame.includes('target_offline'))).toHaveLength(mostLetters + 2)
    expect(heard.filter((frame) => frame.includes('userOffline'))).toHaveLength(1)
  })

  test('of what a sender sent before he went', () => {
    const stage = presenceStage({ grace: 0 })
    const [ann, ben] = [stage.open('ann'), stage.open('ben')]
    const bodies = Array.from({ length: 60 }, (_, body) => body)
    for (const body of bodies) stage.say(ann, to('ben', body))
    stage.say(ann, { type: 'userList' })
    stage.say(ann, to('nobody', 1))
    stage.say(ann, to('ben', 'last'))
    stage.world.lose(ann)
    stage.world.pass(20_000)
    const heard = stage.hear(ben)
    expect(heard).toContainEqual(offline('ann'))
    const others = [online('ben'), offline('ann')].map((frame) => JSON.stringify(frame))
    expect(heard.filter((frame) => !others.includes(JSON.stringify(frame)))).toEqual(
      [...bodies, 'last'].map((body) => from('ann', body)),
    )
    expect(stage.presence.census()).toEqual({ users: 1, connections: 1 })
  })
})
