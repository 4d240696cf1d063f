/** What the doctor may have seen, for its tests: answers and servers with one field changed. */
import type { Answer, NoAnswer } from '../../src/doctor/exchange.ts'
import type { Server } from '../../src/doctor/welcome.ts'

export const noon = Date.parse('2026-06-01T12:00:00Z')

export function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Answer {
  return { came: 'answer', status, headers: new Map(Object.entries(headers)), body, time: noon + 500, date: noon }
}

export const nothing = (reason: NoAnswer['reason'], why = 'why it is so'): NoAnswer => ({
  came: 'nothing',
  reason,
  why,
})

export const features = [
  'audio-video-permissions',
  'changed-users',
  'chat-relay',
  'dialout',
  'federation',
  'hello-v2',
  'incall-all',
  'join-features',
  'switchto',
  'welcome',
]
/** By which a signaling server is known, also behind a proxy. */
export const signalingHeaders = { 'x-spreed-signaling-features': features.join(', ') }
export const welcome = (version = '1.0~heliograph-1'): string =>
  JSON.stringify({ 'nextcloud-spreed-signaling': 'Welcome', version })

export function server(changes: Partial<Server> = {}): Server {
  return { version: '1.0~heliograph-1', features: new Set(features), isHeliograph: true, ...changes }
}
