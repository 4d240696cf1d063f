/** What every front end keeps to, whatever its protocol: run by the tests of each of them. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import type { Effects, FrontEnd, Vocabulary } from '../../src/protocols/front-end.ts'

/** A front end with one connection that has a session, and what to say on it. */
export interface Specimen<V extends Vocabulary> {
  readonly frontEnd: FrontEnd<V>
  readonly connection: ConnectionId
  readonly now: number
  /** A message that is answered at once. */
  readonly text: string
  /** A message that makes the front end ask something of the world, and what may come back; for those that ask. */
  readonly question?: { readonly asking: string; readonly answer: V['answer'] }
  /** For those that tell other nodes something. */
  readonly event?: { readonly to: Parameters<FrontEnd<V>['told']>[0]; readonly event: V['event'] }
}

/** Those effects that somebody outside would see. */
const visible = <V extends Vocabulary>(effects: Effects<V>): Effects<V> =>
  effects.filter(({ do: verb }) => verb !== 'note')

export function frontEndContract<V extends Vocabulary>(create: () => Specimen<V>): void {
  const say = ({ frontEnd, now }: Specimen<V>, id: ConnectionId, text: string): Effects<V> => {
    const decoded = frontEnd.decode(text)
    return decoded.ok ? frontEnd.received(id, decoded.value, now) : frontEnd.garbled(id, decoded.id, decoded.fault, now)
  }
  const askedIn = (effects: Effects<V>): readonly number[] =>
    effects.flatMap((effect) => (effect.do === 'ask' ? [effect.number] : []))

  const { question } = create()

  test('contract: the specimen answers, and asks if it is one that asks', () => {
    const specimen = create()
    expect(visible(say(specimen, specimen.connection, specimen.text))).not.toEqual([])
    if (question) expect(askedIn(say(specimen, specimen.connection, question.asking))).toHaveLength(1)
  })

  test('contract: decoding never throws, and says what is wrong', () => {
    const { frontEnd } = create()
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const decoded = frontEnd.decode(text)
        if (!decoded.ok) expect(decoded.fault).toBeString()
      }),
    )
  })

  test('contract: inputs after a connection was closed are ignored', () => {
    const specimen = create()
    const { frontEnd, connection, now, text } = specimen
    frontEnd.closed(connection, [], now)
    expect(visible(say(specimen, connection, text))).toEqual([])
    if (question) expect(visible(say(specimen, connection, question.asking))).toEqual([])
    expect(visible(frontEnd.garbled(connection, '1', 'odd', now))).toEqual([])
    expect(visible(frontEnd.overflowed(connection, now))).toEqual([])
    expect(visible(frontEnd.closed(connection, [], now))).toEqual([])
  })

  test('contract: unknown connections do no harm', () => {
    const specimen = create()
    const { frontEnd, now, text, connection } = specimen
    const stranger = connectionId(987_654)
    expect(visible(say(specimen, stranger, text))).toEqual([])
    if (question) expect(visible(say(specimen, stranger, question.asking))).toEqual([])
    expect(visible(frontEnd.garbled(stranger, undefined, 'odd', now))).toEqual([])
    expect(visible(frontEnd.overflowed(stranger, now))).toEqual([])
    expect(visible(frontEnd.closed(stranger, [{ text: '{}', kind: 'plain' }], now))).toEqual([])
    expect(visible(say(specimen, connection, text))).not.toEqual([])
  })

  if (question) testAnswers(question)

  const { event } = create()
  if (event) {
    test('contract: what another node tells is not told on', () => {
      const { frontEnd, now } = create()
      const effects = frontEnd.told(event.to, event.event, now)
      expect(effects.map(({ do: verb }) => verb)).not.toContain('tell')
    })
  }

  test('contract: time without deadlines does nothing, and with them leaves none that is due', () => {
    const { frontEnd, connection, now } = create()
    expect(visible(frontEnd.expired(now - 1))).toEqual([])
    frontEnd.closed(connection, [], now)
    let time = now
    for (let next = frontEnd.nextDeadline(); next !== undefined; next = frontEnd.nextDeadline()) {
      expect(next).toBeGreaterThanOrEqual(time)
      time = next
      frontEnd.expired(time)
      expect(time - now).toBeLessThan(3_600_000)
    }
  })

  function testAnswers({ asking, answer }: NonNullable<Specimen<V>['question']>): void {
    test('contract: an answer counts once, and one to no question not at all', () => {
      const specimen = create()
      const { frontEnd, now, connection } = specimen
      const [number = 0] = askedIn(say(specimen, connection, asking))
      expect(visible(frontEnd.answered(number + 1_000, answer, now))).toEqual([])
      expect(visible(frontEnd.answered(number, answer, now))).not.toEqual([])
      expect(visible(frontEnd.answered(number, answer, now))).toEqual([])
    })

    test('contract: an answer that comes when the connection has gone is sent to nobody', () => {
      const specimen = create()
      const { frontEnd, now, connection } = specimen
      const [number = 0] = askedIn(say(specimen, connection, asking))
      frontEnd.closed(connection, [], now)
      const sent = frontEnd.answered(number, answer, now).flatMap((effect) => (effect.do === 'send' ? effect.to : []))
      expect(sent).not.toContain(connection)
    })
  }
}
