import { expect, test } from 'bun:test'
import { createFactsPost } from '../../../src/io/turn/facts-post.ts'
import type { CountedFact } from '../../../src/io/turn/worker-messages.ts'

type OneFact = CountedFact['fact']

function posting() {
  const posts: (readonly CountedFact[])[] = []
  const timers: (() => void)[] = []
  let time = 1000
  const facts = createFactsPost({
    post: (counted) => posts.push(counted),
    now: () => time,
    later: (callback) => timers.push(callback),
  })
  const pass = (ms: number): void => {
    time += ms
    for (const timer of timers.splice(0)) timer()
  }
  return { ...facts, posts, timers, pass }
}

const ignored = (why: 'not a STUN message' | 'no allocation'): OneFact => ({
  fact: 'turn-ignored',
  transport: 'udp',
  why,
})
const challenged = (address: string): OneFact => ({
  fact: 'turn-challenged',
  transport: 'udp',
  method: 'allocate',
  code: 401,
  why: 'no credentials',
  address,
})
const exhausted = (family: 4 | 6): OneFact => ({ fact: 'turn-ports-exhausted', family })
const broke = (error: string): OneFact => ({ fact: 'machine-broke', where: 'here', error })
const allocated = (allocation: string): OneFact => ({
  fact: 'turn-allocated',
  allocation,
  transport: 'udp',
  user: 'bob',
  address: '192.0.2.1',
  ports: [50_000],
})

test('the first fact goes at once, what follows it within a tenth of a second together', () => {
  const some = posting()
  some.note(exhausted(4))
  expect(some.posts).toEqual([[{ fact: exhausted(4), times: 1 }]])
  some.note(exhausted(4))
  some.note(exhausted(6))
  expect([some.posts.length, some.timers.length]).toEqual([1, 1])
  some.pass(100)
  expect(some.posts[1]).toEqual([
    { fact: exhausted(4), times: 1 },
    { fact: exhausted(6), times: 1 },
  ])
  some.pass(100)
  some.note(exhausted(4))
  expect(some.posts).toHaveLength(3)
})

test('a flood is one fact of each kind and label, with how often and the first address', () => {
  const some = posting()
  some.note(exhausted(4))
  for (let host = 0; host < 1000; host++) {
    some.note(challenged(`192.0.2.${host}`))
    some.note(ignored(host % 4 === 0 ? 'no allocation' : 'not a STUN message'))
  }
  expect(some.posts).toHaveLength(1)
  some.pass(100)
  expect(some.posts[1]).toEqual([
    { fact: challenged('192.0.2.0'), times: 1000 },
    { fact: ignored('no allocation'), times: 250 },
    { fact: ignored('not a STUN message'), times: 750 },
  ])
})

test('of texts without number only so many are told, and all are counted', () => {
  const some = posting()
  for (let number = 0; number < 5000; number++) some.note(broke(`error ${number}`))
  some.pass(100)
  expect(Math.max(...some.posts.map((facts) => facts.length))).toBeLessThanOrEqual(513)
  const times = some.posts.flat().reduce((sum, counted) => sum + counted.times, 0)
  expect(times).toBe(5000)
})

test('every allocation is told, however many there are at once', () => {
  const some = posting()
  for (let number = 0; number < 2000; number++) some.note(allocated(`allocation ${number}`))
  some.flush()
  const told = some.posts.flat().map(({ fact }) => 'allocation' in fact && fact.allocation)
  expect(new Set(told).size).toBe(2000)
  some.flush()
  expect(Math.max(...some.posts.map((facts) => facts.length))).toBeLessThanOrEqual(512)
})
