import { describe, expect, test } from 'bun:test'
import { checkConnectivity, kindOf } from '../../../sdk/src/diagnosis/connectivity.ts'
import { readCandidate } from '../../../sdk/src/diagnosis/gather.ts'
import { fakeRtc } from '../support/fake-rtc.ts'
import { virtualWorld } from '../support/virtual-world.ts'

test('the kind of a server follows from its URL', () => {
  expect(
    [
      'stun:a',
      'stuns:a',
      'turn:a',
      'turn:a:3478?transport=udp',
      'turn:a?transport=TCP',
      'turns:a?transport=tcp',
      'http:a',
    ].map(kindOf),
  ).toEqual(['stun', 'stun', 'turn-udp', 'turn-udp', 'turn-tcp', 'turn-tls', undefined])
})

test('a candidate is read', () => {
  expect(readCandidate('candidate:1 1 udp 2122260223 192.0.2.1 54321 typ srflx raddr 0.0.0.0')).toEqual({
    kind: 'srflx',
    address: '192.0.2.1:54321',
  })
  expect(readCandidate('candidate:1 1 udp 1 2001:db8::1 9 typ relay')?.address).toBe('[2001:db8::1]:9')
  expect(readCandidate('')).toBeUndefined()
})

describe('the report', () => {
  test('names what works and what does not', async () => {
    const world = virtualWorld()
    const { made, RTCPeerConnection } = fakeRtc()
    const running = checkConnectivity({
      http: 'https://host/api/v1/welcome',
      websocket: 'wss://host/spreed',
      iceServers: [
        { urls: 'stun:host' },
        { urls: ['turn:host', 'turn:host?transport=tcp'], username: 'u', credential: 'c' },
      ],
      fetch: async () => new Response('', { status: 502 }),
      RTCPeerConnection,
      world,
      timeout: 5_000,
    })
    await world.settled()
    world.socket().open()
    const [stun, udp, tcp] = made
    expect(made.map(({ configuration }) => configuration.iceTransportPolicy)).toEqual(['all', 'relay', 'relay'])
    const found = (candidate: string) => Object.assign(new Event('icecandidate'), { candidate: { candidate } })
    stun?.dispatchEvent(found('candidate:1 1 udp 1 10.0.0.1 1 typ host'))
    stun?.dispatchEvent(found('candidate:1 1 udp 1 192.0.2.1 7 typ srflx'))
    udp?.dispatchEvent(Object.assign(new Event('icecandidateerror'), { errorCode: 401, errorText: 'Unauthorized' }))
    udp?.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: null }))
    await world.pass(5_000)
    expect(await running).toMatchObject({
      ok: false,
      mayRelay: false,
      checks: {
        http: { outcome: 'failed', detail: 'answered 502' },
        websocket: { outcome: 'ok' },
        stun: { outcome: 'ok', detail: '192.0.2.1:7' },
        'turn-udp': { outcome: 'failed', detail: 'no relay candidate; 401 Unauthorized' },
        'turn-tcp': { outcome: 'failed' },
        'turn-tls': { outcome: 'skipped' },
      },
    })
    expect([tcp, stun, udp].map((one) => one?.isClosed)).toEqual([true, true, true])
  })
})
