/** Who can pass for somebody else. */
import { expect, test } from 'bun:test'
import { clientAddressFinding } from '../../src/doctor/client-address.ts'
import type { Exchange } from '../../src/doctor/exchange.ts'
import { answer, nothing } from './seen.ts'

test.each<[string, Exchange, Exchange, boolean, RegExp]>([
  ['nobody', answer(403), answer(403), false, /^ok .*not believed/],
  ['everybody', answer(403), answer(200), false, /^fail .*set X-Real-IP/],
  ['everybody, seen from near', answer(403), answer(200), true, /^fail /],
  ['we are allowed anyway', answer(200), answer(200), true, /^ok .*from elsewhere/],
  ['strangers are allowed', answer(200), answer(403), false, /^warn .*allowed_ips/],
  ['not passed on', answer(404), answer(404), false, /^ok .*not reached.*404/],
  ['no answer', nothing('timeout'), answer(403), false, /^skip /],
])('%s', (_, plain, lying, isNear, expected) => {
  const { verdict, says, next } = clientAddressFinding(plain, lying, isNear)
  expect(`${verdict} ${says} ${next ?? ''}`).toMatch(expected)
})
