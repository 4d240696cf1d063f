/** What the doctor says of the SFU, by what is announced and what the statistics say. */
import { expect, test } from 'bun:test'
import type { Exchange } from '../../src/doctor/exchange.ts'
import { mediaFinding } from '../../src/doctor/media.ts'
import { answer, features, nothing, server } from './seen.ts'

const withSfu = server({ features: new Set([...features, 'mcu', 'simulcast', 'update-sdp']) })
const statistics = (mcu: unknown): Exchange => answer(200, JSON.stringify({ rooms: 0, sessions: 0, mcu }))
const inShort = (seen: Exchange, of = withSfu): string => {
  const { verdict, says } = mediaFinding(of, seen)
  return `${verdict} ${says}`
}

test('none announced: that is no fault, whatever else is seen', () => {
  for (const seen of [statistics({ url: 'ws://x', connected: false }), answer(403), nothing('timeout')]) {
    expect(inShort(seen, server())).toMatch(/^ok none is announced/)
  }
})

test.each<[string, Exchange]>([
  ['refused', answer(403, 'Authentication check failed')],
  ['unanswered', nothing('timeout')],
  ['no JSON', answer(200, '<html>')],
  ['null', answer(200, 'null')],
  ['nothing of it', answer(200, '{"rooms":0}')],
])('announced, and the statistics are not seen: %s', (_, seen) => {
  expect(inShort(seen)).toMatch(/^ok announced; whether it is reached shows only from/)
})

test('one Janus', () => {
  expect(inShort(statistics({ url: 'ws://127.0.0.1:8188', connected: true }))).toBe(
    'ok announced, and 1 gateway connected',
  )
  expect(inShort(statistics({ url: 'ws://127.0.0.1:8188\u001b[0m', connected: false }))).toBe(
    'fail announced, but the signaling server does not reach it: "ws://127.0.0.1:8188?[0m". Calls have no sound',
  )
})

test('proxies: all, some, none', () => {
  const proxies = (...connected: readonly unknown[]) =>
    statistics({ details: connected.map((one, index) => ({ url: `https://p${index}/`, connected: one })) })
  expect(inShort(proxies(true, true))).toBe('ok announced, and 2 gateways connected')
  expect(inShort(proxies(true, false, 'true'))).toBe('warn 2 of 3 gateways not reached: "https://p1/", "https://p2/"')
  expect(inShort(proxies(false, false))).toMatch(/^fail announced, but the signaling server does not reach it/)
  expect(inShort(proxies())).toMatch(/^fail announced, but there is none/)
  expect(inShort(statistics({}))).toMatch(/^fail announced, but there is none/)
})
