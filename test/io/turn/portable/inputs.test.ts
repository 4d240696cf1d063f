/** One input, then all its actions, before the next; and a throw anywhere keeps nothing else from being done. */
import { expect, test } from 'bun:test'
import { createInputs, type Inputs } from '../../../../src/io/turn/portable/inputs.ts'
import type { TurnAction } from '../../../../src/turn/action.ts'
import { createLedger } from '../../../../src/turn/ledger.ts'
import { createTurnServer, type TurnServer } from '../../../../src/turn/server.ts'
import { settings } from '../../../contract/turn-world.ts'
import { at } from '../../../turn/ip.ts'

const ask = (username: string): TurnAction => ({ do: 'ask-hook', username })
const client = { address: at('192.0.2.1', 5000), listener: 0 }

/** Inputs over a machine of which some answers are made up. */
function staged(carryOut: (action: TurnAction, looking: Uint8Array) => void, made: Partial<TurnServer> = {}) {
  const present = settings()
  const ledger = createLedger({ shape: { min: 50_000, max: 50_010 }, limits: present, random: () => 0 })
  const real = createTurnServer({
    ...{ settings: present, ledger, capabilities: { dontFragment: false }, transports: ['udp'] },
    randomOctets: (length) => new Uint8Array(length),
    newId: () => 'a',
  })
  const facts: string[] = []
  const deadlines: number[] = []
  let settled = 0
  let expired = 0
  const inputs: Inputs = createInputs({
    server: { ...real, size: 0, ...made },
    carryOut,
    now: () => performance.now(),
    note: (fact) => void facts.push(fact.fact),
    settled: () => void settled++,
    nextDeadline: () => deadlines[0],
    expired() {
      expired++
      deadlines.shift()
    },
  })
  return { inputs, facts, deadlines, settled: () => settled, expired: () => expired }
}

test('what actions bring about waits until all of them are done', () => {
  const order: string[] = []
  const { inputs, settled } = staged((action) => {
    if (action.do !== 'ask-hook') return
    order.push(action.username)
    if (action.username === 'first') inputs.put(() => [ask('third')])
  })
  inputs.put(() => [ask('first'), ask('second')])
  expect(order).toEqual(['first', 'second', 'third'])
  expect(settled()).toBe(1)
})

test('a message that has to wait is kept as it was, and so are the octets that its actions look at', () => {
  const seen: number[][] = []
  const buffer = Uint8Array.of(0, 1, 2, 3)
  const { inputs } = staged(
    (action, looking) => {
      if (action.do !== 'ask-hook') return
      if (action.username === 'first') {
        inputs.received(buffer, 1, 3, client, () => {})
        buffer.fill(9)
      } else seen.push([...looking])
    },
    {
      received(bytes, start, end) {
        seen.push([...bytes.slice(start, end)])
        return [ask('second')]
      },
    },
  )
  inputs.put(() => [ask('first')])
  expect(seen).toEqual([
    [1, 2],
    [1, 2],
  ])
})

test('an action that throws is told, the others are done, and its cause is blamed', () => {
  const done: string[] = []
  let blamed = 0
  const { inputs, facts } = staged((action) => {
    if (action.do !== 'ask-hook') return
    if (action.username === 'bad') throw new Error('as the test wants it')
    done.push(action.username)
  })
  inputs.put(
    () => [ask('one'), ask('bad'), ask('two')],
    () => blamed++,
  )
  inputs.put(() => {
    throw new Error('as the test wants it')
  })
  inputs.put(() => [ask('three')])
  expect(done).toEqual(['one', 'two', 'three'])
  expect(facts).toEqual(['machine-broke', 'machine-broke'])
  expect(blamed).toBe(1)
})

test('rings for the earliest deadline, also when it becomes earlier', async () => {
  const rung = Promise.withResolvers<void>()
  const { inputs, deadlines, expired } = staged(() => {}, {
    expired() {
      if (expired() === 1) rung.resolve()
      return []
    },
  })
  deadlines.push(performance.now() + 60_000)
  inputs.rearm()
  deadlines.unshift(performance.now() + 5)
  inputs.rearm()
  await rung.promise
  expect(deadlines).toHaveLength(1)
  inputs[Symbol.dispose]()
})
