/** Streams that went with the SFU, and how their publishers are asked for them again. */
import { expect, test } from 'bun:test'
import { at, type Json, textAt } from '../../../support/json.ts'
import { codeOf } from '../server.ts'
import { type MediaStage, mediaStage, offer, publishes, receives, says, sdp } from './stage.ts'

/** `unshareScreen video` for a word about media, `[7,7]` for the in-call flags of a list of participants. */
const words = (messages: readonly Json[]): readonly string[] =>
  messages.map((message) => {
    const users = at(message, 'event', 'update', 'users')
    if (Array.isArray(users)) return JSON.stringify(users.map((user: Json) => at(user, 'inCall') ?? null))
    return `${textAt(message, 'message', 'data', 'type')} ${textAt(message, 'message', 'data', 'roomType')}`
  })

function lose(stage: MediaStage, ...legs: readonly ReturnType<typeof publishes>[]): void {
  for (const leg of legs) stage.tells({ event: 'closed', leg, why: 'lost', detail: 'gone' })
}

test('[R77] a lost stream is asked for again, and the list of participants follows: then Talk publishes', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = publishes(stage, a, { sid: '7' })
  lose(stage, leg)
  expect(a.hears()).toEqual([])
  stage.world.pass(200)
  const heard = a.hears()
  expect(heard[0]).toEqual({
    type: 'message',
    message: {
      sender: { type: 'session', sessionid: a.id, userid: 'user 1' },
      data: { to: a.id, from: a.id, type: 'unshareScreen', roomType: 'video', sid: '7' },
    },
  })
  expect(words(heard)).toEqual(['unshareScreen video', '[7,7]'])
  expect(b.hears()).toEqual([])
})

test('[R77] only when there is an SFU again, and not twice', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  stage.tells({ event: 'available', is: false })
  lose(stage, publishes(stage, a))
  stage.world.pass(60_000)
  expect(a.hears()).toEqual([])
  stage.tells({ event: 'available', is: true })
  stage.world.pass(200)
  expect(words(a.hears())).toEqual(['unshareScreen video', '[7,7]'])
  stage.world.pass(60_000)
  expect(a.hears()).toEqual([])
})

test('[R77] whoever was asked in vain is asked again; whoever publishes again is not', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  lose(stage, publishes(stage, a), publishes(stage, b))
  stage.world.pass(200)
  publishes(stage, b, { sid: 'new' })
  for (const client of [a, b]) client.hears()
  stage.tells({ event: 'available', is: false }, { event: 'available', is: true })
  stage.world.pass(200)
  expect([words(a.hears()), b.hears()]).toEqual([['unshareScreen video', '[7,7]'], []])
})

test('[R77] an offer that fails because there is no SFU is asked for again when there is one', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  stage.tells({ event: 'available', is: false })
  says(a, a, offer(), 'o1')
  const first = stage.order('publish').leg
  stage.orders()
  lose(stage, first)
  expect(says(a, a, offer(), 'o2').map(codeOf)).toEqual(['client_not_found'])
  const { leg } = stage.order('publish')
  const { request } = stage.order('say')
  stage.tells({ event: 'failed', leg, request, why: 'not available', detail: '' })
  expect(stage.order('close')).toEqual({ do: 'close', leg })
  expect(a.hears().map(codeOf)).toEqual(['client_not_found'])
  stage.tells({ event: 'available', is: true })
  stage.world.pass(200)
  expect(words(a.hears())).toEqual(['unshareScreen video', '[7,7]'])
})

test('[R77] a screen is offered again to people who have just come: so the others are out of the call for a moment', () => {
  const stage = mediaStage()
  const [a] = stage.call(3)
  const camera = publishes(stage, a)
  says(a, a, offer(sdp('video'), { roomType: 'screen' }))
  const screen = stage.order('publish').leg
  stage.orders()
  lose(stage, camera, screen)
  a.hears()
  stage.world.pass(200)
  expect(words(a.hears())).toEqual(['unshareScreen video', 'unshareScreen screen', '[7,0,0]', '[7,7,7]'])
})

test('[R77] of many not all are asked at the same moment', () => {
  const stage = mediaStage()
  const clients = stage.call(120)
  lose(stage, ...clients.map((client) => publishes(stage, client)))
  const asked = (): number => clients.filter((client) => client.hears().length > 0).length
  for (const client of clients) client.hears()
  stage.world.pass(200)
  expect(asked()).toBe(50)
  stage.world.pass(200)
  expect(asked()).toBe(50)
  stage.world.pass(200)
  expect(asked()).toBe(20)
})

test('[R77] whoever left, or stopped sharing, is not asked', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  lose(stage, publishes(stage, a))
  says(b, b, offer(sdp('video'), { roomType: 'screen' }))
  const screen = stage.order('publish').leg
  stage.orders()
  lose(stage, screen)
  a.leaves()
  says(b, b, { type: 'unshareScreen', roomType: 'screen' })
  for (const client of [a, b]) client.hears()
  stage.world.pass(1_000)
  expect([a.hears(), b.hears()]).toEqual([[], []])
  expect(stage.state.lostStreams.size).toBe(0)
})

test("[R77] a peer connection that ended is its client's affair", () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  stage.tells({ event: 'closed', leg: publishes(stage, a), why: 'ended', detail: '' })
  stage.world.pass(1_000)
  expect(a.hears()).toEqual([])
})

test('[R78] those who received wait, and are offered the new stream', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const camera = publishes(stage, a)
  const leg = receives(stage, b, a)
  lose(stage, camera)
  stage.tells({ event: 'interrupted', leg })
  publishes(stage, a, { sid: 'new' })
  stage.tells({ event: 'offer', leg, request: undefined, sid: 's2', update: false, sdp: sdp('audio') })
  expect(words(b.hears())).toEqual(['offer video'])
})

test('[R77] whoever wanted to publish while there was no SFU is asked when there is one', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  stage.tells({ event: 'available', is: false })
  says(a, a, offer())
  const { leg } = stage.order('publish')
  const { request } = stage.order('say')
  stage.tells({ event: 'failed', leg, request, why: 'not available', detail: '' })
  expect(a.hears().map(codeOf)).toEqual(['client_not_found'])
  stage.tells({ event: 'available', is: true })
  stage.world.pass(200)
  expect(words(a.hears())).toEqual(['unshareScreen video', '[7,7]'])
})

test('[R77] without a room there is no list', () => {
  const stage = mediaStage()
  const alone = stage.user('ann')
  lose(stage, publishes(stage, alone))
  stage.world.pass(200)
  expect(words(alone.hears())).toEqual(['unshareScreen video'])
})
