/** Who has which legs. */
import { expect, test } from 'bun:test'
import { sessionId } from '../../../../src/core/ids.ts'
import { createLegs } from '../../../../src/protocols/talk/media/legs.ts'
import { sessionNamed } from '../server.ts'

const [ann, bob] = [sessionNamed('ann'), sessionNamed('bob')]

test('a session has one publisher of a kind and one subscriber of a stream; ids are never used twice', () => {
  const legs = createLegs()
  const camera = legs.addPublisher({ session: ann, type: 'video', sid: '1', media: 3 })
  const screen = legs.addPublisher({ session: ann, type: 'screen', sid: undefined, media: 4 })
  const received = legs.addSubscriber({ session: bob, type: 'video', publisher: ann.id })
  if (!camera || !screen || !received) throw new Error('there is room for three')
  expect(new Set([camera.id, screen.id, received.id]).size).toBe(3)
  expect(legs.addPublisher({ session: ann, type: 'video', sid: '2', media: 1 })).toBeUndefined()
  expect(legs.publisher(ann.id, 'video')).toBe(camera)
  expect(legs.subscriber(bob.id, ann.id, 'video')).toBe(received)
  expect([legs.publisher(bob.id, 'video'), legs.subscriber(bob.id, ann.id, 'screen')]).toEqual([undefined, undefined])
  expect(legs.of(ann.id)).toEqual([camera, screen])
  expect(legs.subscribersOf(ann.id)).toEqual([received])

  for (const leg of [camera, screen, received]) expect(legs.remove(leg)).toEqual([])
  expect([legs.size, legs.of(ann.id), legs.subscribersOf(ann.id)]).toEqual([0, [], []])
  const again = legs.addPublisher({ session: ann, type: 'video', sid: '1', media: 3 })
  expect([camera.id, screen.id, received.id]).not.toContain(again?.id)
})

test('a leg that is removed hands out what was asked on it, once', () => {
  const legs = createLegs()
  const leg = legs.addPublisher({ session: ann, type: 'video', sid: undefined, media: 3 })
  if (!leg) throw new Error('there is room')
  const numbers = ['1', '2', '3'].map((id) => legs.ask({ leg, asker: bob, id }))
  expect(legs.answered(numbers[1] ?? 0)?.id).toBe('2')
  expect(legs.answered(numbers[1] ?? 0)).toBeUndefined()
  expect(legs.isAsked(leg)).toBe(true)
  expect(legs.remove(leg).map(({ id }) => id)).toEqual(['1', '3'])
  expect([legs.remove(leg), legs.unanswered, legs.isAsked(leg)]).toEqual([[], 0, false])
})

test('[R79] there are only so many of both', () => {
  const legs = createLegs()
  const many = Array.from({ length: 2_001 }, (_, index) =>
    legs.addSubscriber({ session: bob, type: 'video', publisher: sessionId(`p${index}`) }),
  )
  expect(many.filter((leg) => leg === undefined)).toHaveLength(1)
  const [leg] = many
  if (!leg) throw new Error('there is room for one')
  const asked = Array.from({ length: 501 }, () => legs.ask({ leg, asker: bob, id: undefined }))
  expect(asked.filter((number) => number === undefined)).toHaveLength(1)
})
