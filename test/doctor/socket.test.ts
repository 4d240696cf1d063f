/** WebSockets that open, and the many ways in which they do not. */
import { expect, test } from 'bun:test'
import { type Opening, socketFinding } from '../../src/doctor/socket.ts'
import { answer, nothing, server, signalingHeaders } from './seen.ts'

const first = (frame: Extract<Opening, { opened: true }>['first']): Opening => ({ opened: true, first: frame })
const refused = (exchange: Extract<Opening, { opened: false }>['answer']): Opening => ({
  opened: false,
  why: 'Expected 101',
  answer: exchange,
})
const ours = 'This is a WebSocket endpoint. A proxy in front has to pass the Upgrade and Connection headers on.\n'

test.each<[string, Opening, RegExp]>([
  ['a welcome', first({ is: 'text', text: '{"type":"welcome"}' }), /^ok /],
  ['another message first', first({ is: 'text', text: '{"type":"error"}' }), /^warn .*"error"/],
  ['no message', first({ is: 'text', text: 'hello' }), /^fail .*"hello"/],
  ['JSON without type', first({ is: 'text', text: '[]' }), /^fail /],
  ['binary', first({ is: 'binary' }), /^fail .*binary/],
  ['closed at once', first({ is: 'close', code: 1011, reason: 'x' }), /^fail .*1011 "x"/],
  ['nothing', first({ is: 'nothing' }), /^fail .*buffering/],
  ['our text', refused(answer(400, ours, signalingHeaders)), /^fail .*Upgrade and Connection .*proxy_set_header/],
  ["the original's text", refused(answer(400, 'Bad Request\n')), /^fail .*Upgrade and Connection/],
  ['426', refused(answer(426)), /^fail .*Upgrade and Connection/],
  ['our 404', refused(answer(404, 'Not found\n', signalingHeaders)), /^fail .*remove the prefix/],
  ['a 404 in front', refused(answer(404, '<html>')), /^fail .*does not pass \/spreed on/],
  ['502', refused(answer(502, '<html>')), /^fail .*cannot reach the signaling server/],
  ['503 in front', refused(answer(503)), /^fail .*cannot reach/],
  ['our 503', refused(answer(503, '', signalingHeaders)), /^fail .*about to stop/],
  ['429', refused(answer(429)), /^fail .*maxconnectionsperaddress/],
  ['403', refused(answer(403)), /^fail .*access rules/],
  ['a redirection', refused(answer(302, '', { location: 'https://x/' })), /^fail .*redirected to "https:\/\/x\/"/],
  ['a page', refused(answer(200, '<html>')), /^fail .*status 200/],
  ['an html 400', refused(answer(400, '<html>')), /^fail no upgrade but status 400/],
  ['an answer that only a raw client gets', refused(nothing('other', 'status 101')), /^fail .*"Expected 101"/],
  ['no answer in time', refused(nothing('timeout')), /^fail .*in time/],
])('%s', (_, opening, expected) => {
  const { verdict, says, next } = socketFinding(opening, server())
  expect(`${verdict} ${says} ${next ?? ''}`).toMatch(expected)
})

test('servers of old say nothing first', () => {
  expect(socketFinding(first({ is: 'nothing' }), server({ features: new Set(['mcu']) })).verdict).toBe('ok')
})
