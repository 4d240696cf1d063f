/** The same requests to ours and to coturn 4.6.1: every difference is in the list with its reason. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { hasIpv6Loopback, startTurn, type TurnKind, type TurnUnderTest } from '../../support/turn-under-test.ts'
import { answers, type Expected, portable } from './answers.ts'
import { type Row, setTable } from './asking.ts'
import { requests } from './requests.ts'

const suite = 'TURN: the same requests to ours and to coturn'
const withoutIpv6 = !hasIpv6Loopback()
if (withoutIpv6) console.log(`NOT RUN: ${suite}: needs ::1`)

const servers = [
  { kind: 'ours', path: 'auto', expected: ({ asked }: Row) => told(answers[asked], 'ours') },
  { kind: 'ours', path: 'portable', expected: ({ asked }: Row) => portable[asked] ?? told(answers[asked], 'ours') },
  { kind: 'coturn', path: 'auto', expected: ({ asked }: Row) => told(answers[asked], 'coturn') },
] as const

for (const { kind, path, expected } of servers) {
  const name = `${suite}: ${kind}${path === 'portable' ? ', path = portable' : ''}`
  const missing =
    withoutIpv6 ||
    (kind === 'ours' ? oursMissing(name) : notRunnable(name, debian.turnserver)) ||
    notRunnable(name, debian.openssl)

  describe.skipIf(missing)(name, () => {
    let server: TurnUnderTest
    beforeAll(async () => {
      server = await startTurn({ tls: selfSigned(), path }, kind)
    }, 30_000)
    afterAll(() => server[Symbol.asyncDispose]())

    for (const [chapter, rows] of Object.entries(requests)) {
      describe(chapter, () => {
        for (const row of rows) {
          test.concurrent(row.asked, async () => {
            await using table = setTable(server)
            expect({ answered: await row.ask(table) }).toEqual({ answered: expected(row) })
          }, 20_000)
        }
      })
    }
  })
}

test('every request has its answer in the table, and every answer its request', () => {
  const asked = Object.values(requests).flatMap((rows) => rows.map((row) => row.asked))
  expect(asked.toSorted()).toEqual(Object.keys(answers).toSorted())
})

function told(answer: Expected | undefined, kind: TurnKind): string {
  if (answer === undefined) return 'there is no answer in the table'
  return typeof answer === 'string' ? answer : answer[kind]
}
