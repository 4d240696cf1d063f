/** The order of the examination, what stops what, and how often the world is asked. */
import { expect, test } from 'bun:test'
import { examine, type Nextcloud, type Probes } from '../../src/doctor/examination.ts'
import type { Exchange } from '../../src/doctor/exchange.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { answer, noon, signalingHeaders, welcome } from './seen.ts'

const address = 'https://h.example/standalone-signaling'
const cloud: Nextcloud = { url: 'https://cloud.example/', secret: 'the-secret' }

/** A world in which all is well, but for the changes, and what was asked of it. */
function world(changes: Partial<Probes> = {}): { readonly probes: Probes; readonly asked: string[] } {
  const asked: string[] = []
  const fine = answer(200, welcome(), signalingHeaders)
  const probes: Probes = {
    now: () => noon,
    lookUp: async () => ({ found: true, addresses: ['192.0.2.1'] }),
    connect: async (one) => ({ address: one, outcome: 'open', why: '' }),
    shakeHands: async () => ({
      done: true,
      distrust: undefined,
      isForName: true,
      names: '',
      issuer: '',
      validFrom: noon - 1e10,
      validTo: noon + 1e10,
    }),
    get: async (url) => (url.endsWith('/stats') ? answer(403) : fine),
    post: async () => answer(200, '{}'),
    openSocket: async () => ({ opened: true, first: { is: 'text', text: '{"type":"welcome"}' } }),
    capabilities: async () => ({ exchange: answer(200), talk: 'complete' }),
    ...changes,
  }
  const recorded: Probes = {
    ...probes,
    get: (url, headers) => {
      asked.push(`GET ${url}`)
      return probes.get(url, headers)
    },
    post: (url, body, signing) => {
      asked.push(`POST ${url} as ${signing.claimed ?? 'nobody'}`)
      return probes.post(url, body, signing)
    },
  }
  return { probes: recorded, asked }
}

const run = (probes: Probes, nextclouds: readonly Nextcloud[] = [cloud], at = address): Promise<Finding[]> =>
  Array.fromAsync(examine(at, nextclouds, probes))
const verdicts = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ verdict, check }) => `${verdict} ${check}`)

const toTheServer = [
  'ok URL',
  'ok DNS',
  'ok TCP',
  'ok TLS',
  'ok welcome',
  'ok features',
  'ok clock',
  'ok WebSocket',
  'ok SFU',
]
const nextcloud = ['ok Nextcloud', 'ok Nextcloud clock']

test('all is well', async () => {
  const { probes } = world()
  const all = [...toTheServer, 'ok secret', 'ok large body', 'ok client address', ...nextcloud]
  expect(verdicts(await run(probes))).toEqual(all)
})

test('what was not given is not looked at', async () => {
  const { probes, asked } = world()
  const findings = verdicts(await run(probes, []))
  expect(findings).toEqual([...toTheServer, 'skip secret', 'ok client address', 'skip Nextcloud'])
  expect(asked.some((one) => one.startsWith('POST'))).toBe(false)
})

const unreached = 'skip welcome, WebSocket, SFU, secret, client address'
test.each<[string, Partial<Probes>, readonly string[]]>([
  [
    'no name',
    { lookUp: async () => ({ found: false, reason: 'unknown', why: '' }) },
    ['ok URL', 'fail DNS', unreached],
  ],
  [
    'no port',
    { connect: async (one) => ({ address: one, outcome: 'refused', why: '' }) },
    ['ok URL', 'ok DNS', 'fail TCP', unreached],
  ],
  [
    'no TLS',
    { shakeHands: async () => ({ done: false, reason: 'no TLS', why: '' }) },
    ['ok URL', 'ok DNS', 'ok TCP', 'fail TLS', unreached],
  ],
  [
    'no welcome',
    { get: async () => answer(404) },
    ['ok URL', 'ok DNS', 'ok TCP', 'ok TLS', 'fail welcome', 'skip WebSocket, SFU, secret, client address'],
  ],
])('%s: what depends on it is left out, Nextcloud is asked all the same', async (_, changes, expected) => {
  expect(verdicts(await run(world(changes).probes))).toEqual([...expected, ...nextcloud])
})

test('an unusable address asks nobody', async () => {
  const { probes, asked } = world()
  expect(verdicts(await run(probes, [], 'talk.example.org'))).toEqual(['fail URL', unreached, 'skip Nextcloud'])
  expect(asked).toEqual([])
})

test('an address in place of a name is not looked up, and without TLS there is no certificate', async () => {
  const findings = verdicts(await run(world().probes, [], 'http://127.0.0.1:8080'))
  expect(findings.slice(0, 3)).toEqual(['ok URL', 'ok TCP', 'ok welcome'])
})

test('a wrong prefix: looks for the right one', async () => {
  const right = 'https://h.example/standalone-signaling/api/v1/welcome'
  const { probes, asked } = world({
    get: async (url): Promise<Exchange> => (url === right ? answer(200, welcome(), signalingHeaders) : answer(404)),
  })
  const findings = await run(probes, [], 'https://h.example/signaling')
  expect(findings.find(({ check }) => check === 'welcome')?.next).toContain(`Enter ${address} in Talk`)
  expect(asked).toEqual(['GET https://h.example/signaling/api/v1/welcome', `GET ${right}`])
})

test('refused: asks once more without the url, and gives up after the second Nextcloud', async () => {
  const { probes, asked } = world({ post: async () => answer(403, 'Authentication check failed\n') })
  const clouds = ['https://a.example/', 'https://b.example/', 'https://c.example/'].map((url) => ({ url, secret: 's' }))
  const findings = await run(probes, clouds)
  expect(verdicts(findings).filter((one) => one.includes('secret'))).toEqual([
    'fail secret',
    'fail secret',
    'skip secret',
  ])
  expect(asked.filter((one) => one.startsWith('POST')).map((one) => one.split(' as ')[1])).toEqual([
    'https://a.example/',
    'nobody',
    'https://b.example/',
    'nobody',
  ])
})

test('no secret is ever said', async () => {
  for (const status of [200, 400, 403, 404, 429, 500]) {
    const { probes } = world({ post: async () => answer(status, 'Authentication check failed\n') })
    expect(JSON.stringify(await run(probes))).not.toContain('the-secret')
  }
})
