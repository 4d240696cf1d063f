/** Nextclouds that answer, and those that do not. */
import { expect, test } from 'bun:test'
import { type CapabilitiesSeen, nextcloudFindings } from '../../src/doctor/nextcloud.ts'
import { answer, noon, nothing } from './seen.ts'

const url = 'https://cloud.example/nextcloud/'
const seen = (exchange: CapabilitiesSeen['exchange'], talk: CapabilitiesSeen['talk'] = 'unreadable') => ({
  exchange,
  talk,
})
const to = (location: string) => seen(answer(301, '', { location }))

test.each<[string, CapabilitiesSeen, RegExp]>([
  ['complete', seen(answer(200), 'complete'), /^ok /],
  ['without key', seen(answer(200), 'without key'), /^warn .*hello-v2-token-key/],
  ['without Talk', seen(answer(200), 'absent'), /^fail .*occ app:enable spreed/],
  ['no Nextcloud', seen(answer(200, '<html>')), /^fail .*not as Nextcloud/],
  ['another host', to('https://www.cloud.example/'), /^fail .*another host: "https:\/\/www/],
  ['another host without scheme', to('//evil.example/'), /^fail .*another host/],
  ['another path', to('/index.php/login'), /^warn .*redirects to "\/index\.php\/login"/],
  ['a place that is none', to('http://['), /^fail .*another host/],
  ['maintenance', seen(answer(503)), /^fail .*maintenance/],
  ['no trusted domain', seen(answer(400, 'Access through untrusted domain')), /^fail .*trusted_domains/],
  ['a wrong path', seen(answer(404)), /^fail no Nextcloud at/],
  ['throttled', seen(answer(429)), /^fail .*throttles/],
  ['a login', seen(answer(401)), /^fail .*password/],
  ['a fault', seen(answer(500)), /^fail status 500/],
])('%s', (_, capabilities, expected) => {
  const [{ verdict, says, next } = {}, clock] = nextcloudFindings(url, capabilities)
  expect(`${verdict} ${says} ${next ?? ''}`).toMatch(expected)
  expect(clock?.check).toBe('Nextcloud clock')
})

test.each(['timeout', 'tls', 'closed', 'other'] as const)('not reached: %s', (reason) => {
  const findings = nextcloudFindings(url, seen(nothing(reason)))
  expect(findings.map(({ verdict }) => verdict)).toEqual(['fail'])
  expect(findings[0]?.next).toContain('nobody can sign in')
})

test('its clock', () => {
  const [, clock] = nextcloudFindings(url, seen({ ...answer(200), date: noon - 90_000 }, 'complete'))
  expect(clock?.verdict).toBe('fail')
})
