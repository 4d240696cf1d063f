import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  createPeerConnections,
  mostConnections,
  type PeerConnection,
} from '../../../src/turn/requests/peer-connections.ts'
import { at } from '../ip.ts'
import { opened } from '../opened.ts'

const waiting = { phase: 'waiting' } as const
const isAskedFor = false

test('[R26] numbers are neither 0 nor given twice', () => {
  const numbers = [0, 7, 7, 0, 8]
  const connections = createPeerConnections(() => numbers.shift() ?? 99)
  const ids = [1, 2].map((port) =>
    connections.add({ allocation: opened(), peer: at('8.8.8.8', port), isAskedFor, state: waiting }),
  )
  expect(ids).toMatchObject([{ id: 7 }, { id: 8 }])
})

test('[R28, R29] all the maps agree, whatever is added, taken, joined and removed', () => {
  const place = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 70 }))
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'wait', 'join', 'remove', 'expire'), place), {
    maxLength: 300,
  })
  fc.assert(
    fc.property(steps, (all) => {
      let last = 0
      const connections = createPeerConnections(() => ++last)
      const allocations = [0, 1, 2].map((index) => opened(index))
      const there = new Map<number, PeerConnection>()
      const pick = (number: number) => [...there.values()][number % Math.max(there.size, 1)]
      let now = 0
      for (const [what, [index, number]] of all) {
        now++
        const allocation = allocations[index]
        const one = pick(number)
        if (what === 'add' && allocation) {
          const added = connections.add({ allocation, peer: at('8.8.8.8', number), isAskedFor, state: waiting })
          if (typeof added === 'object') there.set(added.id, added)
        } else if (what === 'wait' && one?.state.phase === 'waiting') connections.wait(one, now + number)
        else if (what === 'join' && one?.state.phase === 'waiting') connections.join(one, one.id)
        else if (what === 'remove' && one) {
          connections.remove(one)
          there.delete(one.id)
        } else if (what === 'expire') {
          for (let gone = connections.takeExpired(now); gone; gone = connections.takeExpired(now)) there.delete(gone.id)
        }
        expect(new Set(connections.all())).toEqual(new Set(there.values()))
        expect(allocations.reduce((sum, each) => sum + connections.of(each).length, 0)).toBe(there.size)
        for (const each of there.values()) {
          const joined = each.state.phase === 'joined' ? each : undefined
          expect(connections.ofClient(each.id)).toBe(joined)
        }
      }
      for (const each of there.values()) connections.remove(each)
      expect([connections.nextDeadline(), [...connections.all()]]).toEqual([undefined, []])
    }),
    { numRuns: 50 },
  )
})

test('[R26] an allocation has one connection to a peer, and 64 in all', () => {
  let last = 0
  const connections = createPeerConnections(() => ++last)
  const allocation = opened()
  const add = (port: number) => connections.add({ allocation, peer: at('8.8.8.8', port), isAskedFor, state: waiting })
  for (let port = 1; port <= mostConnections; port++) expect(typeof add(port)).toBe('object')
  expect([add(1), add(1000)]).toEqual(['exists', 'full'])
})
