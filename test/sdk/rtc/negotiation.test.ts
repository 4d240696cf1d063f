import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Negotiation } from '../../../sdk/src/rtc/negotiation.ts'
import type { Signal } from '../../../sdk/src/rtc/signal.ts'
import { asNegotiable, contentOf, FakePeerConnection } from '../support/fake-peer-connection.ts'
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts'

interface End {
  readonly connection: FakePeerConnection
  readonly negotiation: Negotiation
  /** On their way to the other end. */
  readonly outgoing: Signal[]
}

interface Pair {
  readonly world: VirtualWorld
  readonly ends: readonly [End, End]
  readonly faults: unknown[]
}

function pair(prepared: readonly [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()]): Pair {
  const world = virtualWorld()
  const faults: unknown[] = []
  const end = (name: string, polite: boolean, ready: Promise<void>): End => {
    const connection = new FakePeerConnection(name)
    const outgoing: Signal[] = []
    const negotiation = new Negotiation({
      connection: asNegotiable(connection),
      polite,
      send: (signal) => void outgoing.push(signal),
      prepared: ready,
      world,
      failed: (thrown) => void faults.push(thrown),
    })
    return { connection, negotiation, outgoing }
  }
  return { world, ends: [end('a', true, prepared[0]), end('b', false, prepared[1])], faults }
}

const hand = (signal: Signal | undefined, to: End): void => {
  if (signal && signal.kind !== 'bye') to.negotiation.receive(signal)
}

/** Everything that may happen next: an operation ends, a candidate is found, or a signal arrives. */
function possible({ ends: [a, b] }: Pair, loses: (signal: Signal) => boolean): (() => void)[] {
  const arrives = (from: End, to: End) => () => {
    const signal = from.outgoing.shift()
    if (signal && !loses(signal)) hand(signal, to)
  }
  return [
    ...[a, b].flatMap(({ connection }) => [...connection.operations.slice(0, 1), ...connection.findings.slice(0, 1)]),
    ...(a.outgoing.length > 0 ? [arrives(a, b)] : []),
    ...(b.outgoing.length > 0 ? [arrives(b, a)] : []),
  ]
}

/** Lets things happen in the order that `choose` wants, until nothing is left to happen. */
async function play(
  both: Pair,
  choose: (count: number) => number,
  actions: (() => void)[] = [],
  loses = (_: Signal) => false,
) {
  for (let step = 0; step < 5_000; step += 1) {
    await both.world.settled()
    const next = possible(both, loses)
    if (actions.length > 0) next.push(() => actions.shift()?.())
    if (next.length === 0) {
      if (isSettled(both)) return
      // Only time can help.
      const wait = both.world.next()
      if (wait === undefined) return
      await both.world.pass(wait)
    } else next[choose(next.length)]?.()
  }
  throw new Error('it never came to rest')
}

function isSettled({ ends }: Pair): boolean {
  return ends.every(({ connection }) => connection.signalingState === 'stable' && !connection.wantsNegotiation)
}

function expectAgreement({ ends: [a, b] }: Pair, media: Readonly<Record<'a' | 'b', readonly string[]>>): void {
  for (const [mine, theirs] of [
    [a.connection, b.connection],
    [b.connection, a.connection],
  ] as const) {
    expect(mine.signalingState).toBe('stable')
    expect(mine.wantsNegotiation).toBe(false)
    expect(mine.currentLocalDescription?.sdp).toBe(theirs.currentRemoteDescription?.sdp)
    const local = contentOf(mine.currentLocalDescription)
    expect(local?.media).toEqual(media[mine.name === 'a' ? 'a' : 'b'])
    // The candidates of what has been agreed on have arrived.
    expect(theirs.candidates).toContain(`${local?.ufrag}-host`)
  }
}

describe('two ends, in every order', () => {
  const orders = fc.infiniteStream(fc.nat())

  test('whoever adds what and when, both agree in the end, and nothing fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        orders,
        fc.array(fc.constantFrom('a', 'b', 'restart a', 'restart b'), { minLength: 1, maxLength: 6 }),
        async (order, script) => {
          const both = pair()
          const [a, b] = both.ends
          const media: Record<'a' | 'b', string[]> = { a: [], b: [] }
          const actions = script.map((what, index) => () => {
            const end = what.endsWith('a') ? a : b
            if (what.startsWith('restart')) end.connection.restartIce()
            else {
              media[end === a ? 'a' : 'b'].push(`track ${index}`)
              end.connection.add(`track ${index}`)
            }
          })
          const choices = order[Symbol.iterator]()
          await play(both, (count) => Number(choices.next().value) % count, actions)
          expectAgreement(both, media)
          expect(both.faults).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })

  test('though signals are lost, both agree in the end', async () => {
    await fc.assert(
      fc.asyncProperty(orders, fc.array(fc.nat(12), { maxLength: 5 }), async (order, lost) => {
        const both = pair()
        const [a, b] = both.ends
        let said = 0
        // Only descriptions are made up for: lost candidates fail the connection, which is then restarted.
        const loses = (signal: Signal) => signal.kind === 'description' && lost.includes(said++)
        const choices = order[Symbol.iterator]()
        const actions = [() => a.connection.add('mine'), () => b.connection.add('yours')]
        await play(both, (count) => Number(choices.next().value) % count, actions, loses)
        for (const { connection } of both.ends) expect(connection.signalingState).toBe('stable')
        expect(contentOf(a.connection.currentLocalDescription)?.media).toEqual(['mine'])
        expect(contentOf(b.connection.currentLocalDescription)?.media).toEqual(['yours'])
      }),
      { numRuns: 100 },
    )
  })
})

describe('one case each', () => {
  const inOrder = () => 0

  test('when both offer at once the impolite one has its way, and the other is heard after it', async () => {
    const both = pair()
    const [polite, impolite] = both.ends
    polite.connection.add('p')
    impolite.connection.add('i')
    await both.world.settled()
    for (const { connection } of both.ends) connection.operations[0]?.()
    await both.world.settled()
    const kinds = [polite, impolite].map(({ outgoing }) =>
      outgoing.flatMap((signal) => (signal.kind === 'description' ? [signal.description.type] : [])),
    )
    expect(kinds).toEqual([['offer'], ['offer']])
    await play(both, inOrder)
    expect(contentOf(impolite.connection.currentLocalDescription)?.answers).toBeUndefined()
    expectAgreement(both, { a: ['p'], b: ['i'] })
  })

  test('nothing is said before the ICE servers are there, and then once', async () => {
    let arrived = (): void => {}
    const later = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const both = pair([later, later])
    const [a] = both.ends
    a.connection.add('one')
    a.connection.add('two')
    await both.world.settled()
    expect(a.connection.operations).toEqual([])
    arrived()
    await both.world.settled()
    expect(a.connection.operations).toHaveLength(1)
    await play(both, inOrder)
    expectAgreement(both, { a: ['one', 'two'], b: [] })
  })

  test('candidates that overtake their description wait for it', async () => {
    const both = pair()
    const [a, b] = both.ends
    a.connection.add('one')
    await both.world.settled()
    a.connection.operations[0]?.()
    await both.world.settled()
    for (const find of [...a.connection.findings]) find()
    const description = a.outgoing.find(({ kind }) => kind === 'description')
    for (const signal of a.outgoing.splice(0)) if (signal.kind === 'candidate') hand(signal, b)
    await both.world.settled()
    hand(description, b)
    await play(both, inOrder)
    expectAgreement(both, { a: ['one'], b: [] })
    expect(both.faults).toEqual([])
  })

  test('an offer without an answer is said again, with growing pauses, until the answer is there', async () => {
    const both = pair()
    const [a, b] = both.ends
    a.connection.add('one')
    await both.world.settled()
    a.connection.operations[0]?.()
    await both.world.settled()
    const offers = () => a.outgoing.splice(0).filter(({ kind }) => kind === 'description')
    expect(offers()).toHaveLength(1)
    await both.world.pass(10_000)
    const [again] = offers()
    expect(again).toMatchObject({ number: 1, description: { type: 'offer' } })
    await both.world.pass(19_999)
    expect(offers()).toEqual([])
    a.negotiation.repeat()
    expect(offers()).toHaveLength(1)
    hand(again, b)
    hand(again, b)
    await play(both, inOrder)
    await both.world.pass(600_000)
    expect(offers()).toEqual([])
    expect(both.faults).toEqual([])
  })

  test('an answer to an offer that is no more is passed over', async () => {
    const both = pair()
    const [a, b] = both.ends
    a.connection.add('one')
    await play(both, inOrder)
    const late: Signal = {
      kind: 'description',
      description: { type: 'answer', sdp: contentSdp(b) },
      number: 1,
    }
    hand(late, a)
    a.connection.add('two')
    await both.world.settled()
    a.connection.operations[0]?.()
    hand(late, a)
    await play(both, inOrder)
    expect(both.faults).toEqual([])
    expect(contentOf(b.connection.currentRemoteDescription)?.media).toEqual(['one', 'two'])
  })

  test('after the end nothing is said any more', async () => {
    const both = pair()
    const [a, b] = both.ends
    a.connection.add('one')
    await both.world.settled()
    a.negotiation.end()
    a.connection.operations[0]?.()
    hand({ kind: 'candidate', candidate: null }, a)
    await both.world.pass(60_000)
    expect(a.outgoing).toEqual([])
    expect(b.outgoing).toEqual([])
  })
})

const contentSdp = ({ connection }: End): string => connection.currentLocalDescription?.sdp ?? ''
