/** Signed requests: secret or url, server or proxy. */
import { expect, test } from 'bun:test'
import type { Exchange } from '../../src/doctor/exchange.ts'
import { largeBodyFinding, largeUpdate, type Signed, secretFinding, update } from '../../src/doctor/secret.ts'
import { readRoomRequest } from '../../src/protocols/talk/backend/room-request.ts'
import { answer, nothing, server, signalingHeaders } from './seen.ts'

const claimed = 'https://cloud.example/'
const no = answer(403, 'Authentication check failed\n')
const signed = (exchange: Exchange, unclaimed?: Exchange): Signed => ({ claimed, exchange, unclaimed })

test.each<[string, Signed, RegExp]>([
  ['taken', signed(answer(200)), /^ok .*https:\/\/cloud\.example\//],
  ['taken, from nobody in particular', { ...signed(answer(200)), claimed: undefined }, /^ok the server takes it $/],
  ['the url is unknown', signed(no, answer(200)), /^fail the secret is right.*no backend .*https:\/\/cloud\.example\//],
  ['the secret is wrong', signed(no, no), /^fail .*another secret/],
  ['the secret is wrong, and then it is enough', signed(no, answer(429)), /^fail .*another secret/],
  ['no url was given', { ...signed(no), claimed: undefined }, /^fail the server refuses it: it has another secret/],
  ['forbidden in front', signed(answer(403, '<html>')), /^fail something in front forbids it/],
  ['the body was changed', signed(answer(400, 'Could not read body\n')), /^fail .*"Could not read body"/],
  ['no backend', signed(answer(404, 'Not found\n', signalingHeaders)), /^fail .*no backend at all/],
  ['not passed on', signed(answer(404, '<html>')), /^fail .*all of \/api\/v1\//],
  ['405', signed(answer(405)), /^fail POST is not allowed/],
  ['411', signed(answer(411)), /^fail .*length .*chunks/],
  ['413', signed(answer(413)), /^fail .*client_max_body_size/],
  ['429', signed(answer(429)), /^fail .*half hour/],
  ['redirected', signed(answer(301, '', { location: '/x' })), /^fail .*redirected/],
  ['502', signed(answer(502)), /^fail .*cannot reach/],
  ['500', signed(answer(500, 'oh')), /^fail status 500 .*"oh"/],
  ['slowed down', signed(nothing('timeout')), /^fail .*--timeout 30/],
  ['cut off', signed(nothing('closed')), /^fail .*closed without an answer/],
])('%s', (_, seen, expected) => {
  const { verdict, says, next } = secretFinding(seen, server())
  expect(`${verdict} ${says} ${next ?? ''}`).toMatch(expected)
})

test('the original does not tell secret from url', () => {
  const finding = secretFinding(signed(no, no), server({ isHeliograph: false }))
  expect(finding.next).toContain('the secret and the url')
})

test('a large body', () => {
  expect(largeBodyFinding(answer(200)).verdict).toBe('ok')
  expect(largeBodyFinding(answer(413)).says).toContain('status 413')
  expect(largeBodyFinding(nothing('timeout', 'too late')).says).toContain('too late')
})

test('what is posted is an update that tells nobody anything', () => {
  for (const body of [update, largeUpdate]) {
    const read = readRoomRequest(body)
    expect(read.ok && read.value.type === 'update' && read.value.update.userids).toEqual([])
  }
  // Between what nginx takes by itself and what [backend] maxbodysize is by itself.
  expect(largeUpdate.length).toBeGreaterThan(1024 * 1024)
  expect(largeUpdate.length).toBeLessThan(4 * 1024 * 1024)
})
