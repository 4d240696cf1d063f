/** The welcome page as servers, proxies and strangers answer it; features and clocks. */
import { describe, expect, test } from 'bun:test'
import type { Exchange } from '../../src/doctor/exchange.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { clockFinding, featuresFinding, readWelcome } from '../../src/doctor/welcome.ts'
import { featuresOf } from '../../src/protocols/talk/features.ts'
import { answer, features, noon, nothing, server, signalingHeaders, welcome } from './seen.ts'

const text = ({ verdict, says, next }: Finding): string => `${verdict} ${says} ${next ?? ''}`

test('a signaling server: version, features, and who answered', () => {
  const { finding, server: read } = readWelcome(
    answer(200, welcome(), { ...signalingHeaders, server: 'nginx' }),
    undefined,
  )
  expect(finding.verdict).toBe('ok')
  expect(finding.says).toContain('"1.0~heliograph-1", answered by "nginx"')
  expect(read).toEqual(server())
  expect(readWelcome(answer(200, welcome('2.1.1')), undefined).server).toEqual(
    server({ version: '2.1.1', features: new Set(), isHeliograph: false }),
  )
})

const page = '<!DOCTYPE html><html>Log in</html>'
test.each<[string, Exchange, RegExp]>([
  ['the prefix is passed on', answer(404, 'Not found\n', signalingHeaders), /remove the prefix/],
  ['another path', answer(404, page), /does not know this path/],
  ['a page', answer(200, page), /a page for people/],
  ['other JSON', answer(200, '{"version":"1"}'), /no signaling server answers/],
  ['a version that is none', answer(200, '{"nextcloud-spreed-signaling":"Welcome","version":1}'), /no signaling/],
  ['null', answer(200, 'null'), /no signaling server answers/],
  ['a redirection', answer(301, '', { location: 'https://x/\u001b[0m' }), /redirected to "https:\/\/x\/\?\[0m"/],
  ['a login', answer(401), /wants a password/],
  ['nobody behind the proxy', answer(502, page), /cannot reach the signaling server/],
  ['a fault', answer(500), /status 500/],
  ['no answer in time', nothing('timeout'), /in time/],
  ['no HTTP', nothing('closed'), /without an answer/],
  ['garbage', nothing('other', 'no HTTP/1.1 answer'), /no HTTP\/1\.1 answer/],
  ['no trust', nothing('tls', 'expired'), /certificate/],
])('no welcome: %s', (_, exchange, expected) => {
  const { finding, server: read } = readWelcome(exchange, undefined)
  expect(read).toBeUndefined()
  expect(text(finding)).toMatch(/^fail /)
  expect(text(finding)).toMatch(expected)
})

test('found elsewhere: says where', () => {
  const { finding } = readWelcome(answer(404), 'https://h.example/standalone-signaling')
  expect(text(finding)).toMatch(/^fail .*Enter https:\/\/h\.example\/standalone-signaling in Talk/)
})

describe('features', () => {
  const without = (...names: readonly string[]) =>
    featuresFinding(server({ features: new Set(features.filter((name) => !names.includes(name))) }))

  test.each(['audio-video-permissions', 'hello-v2', 'incall-all', 'switchto'])('%s is demanded', (name) => {
    expect(text(without(name, 'federation'))).toMatch(new RegExp(`^fail .*: ${name} `))
  })
  test('federation is a warning that says what Talk shows', () => {
    expect(text(without('federation'))).toMatch(/^warn .*must be updated.*Update the signaling server/)
  })
  test('the rest is a suggestion', () => {
    expect(text(without('changed-users', 'dialout'))).toMatch(/^warn missing: changed-users, dialout/)
    expect(without().verdict).toBe('ok')
  })
  test('none at all: the header is lost', () => {
    expect(text(featuresFinding(server({ features: new Set() })))).toMatch(/^fail .*X-Spreed-Signaling-Features/)
  })
  test('ours have what is demanded', () => {
    expect(featuresFinding(server({ features: new Set(featuresOf(false).info) })).verdict).not.toBe('fail')
  })
})

test.each<[number | undefined, RegExp]>([
  [0, /^ok /],
  [9_000, /^ok /],
  [-9_000, /^ok /],
  [20_000, /^warn .*20 s ahead of/],
  [45_000, /^warn /],
  [46_000, /^fail .*46 s ahead of/],
  [-3_600_000, /^fail .*3600 s behind/],
  [undefined, /^warn .*no Date header/],
])('a clock that is off by %p ms', (skew, expected) => {
  const seen = { ...answer(200), date: skew === undefined ? undefined : noon + skew }
  expect(text(clockFinding('clock', 'the clock of the server', seen))).toMatch(expected)
})
