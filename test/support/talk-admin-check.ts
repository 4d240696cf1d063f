/** What Talk's admin page does with the address of a signaling server, step by step, and what it then shows. */
import type { Json } from './json.ts'
import { at, isObject, parseJson, textAt } from './json.ts'
import { openTalkClient } from './talk-client.ts'

/** What the admin page shows beside the address. */
export type Verdict =
  | { readonly shows: 'OK'; readonly version: string; readonly usesChangedUsers: boolean }
  | { readonly shows: 'UPDATE_OPTIONAL'; readonly version: string; readonly missing: readonly string[] }
  | { readonly shows: 'UPDATE_REQUIRED'; readonly version: string }
  | { readonly shows: 'CAN_NOT_CONNECT' | 'JSON_INVALID' | 'TIME_OUT_OF_SYNC' }
  | { readonly shows: 'status'; readonly status: number }

/** Without one of these Talk does not use a server. */
export const demanded: readonly string[] = [
  'audio-video-permissions',
  'federation',
  'hello-v2',
  'incall-all',
  'switchto',
]
/** Without one of these Talk shows a warning. */
export const wished: readonly string[] = ['dialout', 'join-features', 'chat-relay', 'changed-users']

/** Seconds that the two clocks may be apart. */
const mostSkew = 45

/** The half that Nextcloud itself does. */
export async function askWelcome(setting: string): Promise<Verdict> {
  const lower = setting.replace(/\/+$/, '').toLowerCase()
  const url = lower.replace(/^ws(s?):\/\//, 'http$1://')
  const before = Math.floor(Date.now() / 1000)
  const answer = await fetch(`${url}/api/v1/welcome`).catch(() => undefined)
  if (!answer) return { shows: 'CAN_NOT_CONNECT' }
  if (answer.status >= 400) return { shows: 'status', status: answer.status }
  const after = Math.floor(Date.now() / 1000)

  const data = readable(await answer.text())
  if (!isObject(data) && !Array.isArray(data)) return { shows: 'JSON_INVALID' }
  const version = textAt(data, 'version')
  if (version === undefined) return { shows: 'UPDATE_REQUIRED', version: '' }
  const features = (answer.headers.get('X-Spreed-Signaling-Features') ?? '').split(',').map((name) => name.trim())
  if (!demanded.every((name) => features.includes(name))) return { shows: 'UPDATE_REQUIRED', version }
  const date = Date.parse(answer.headers.get('Date') ?? '') / 1000
  // PHP takes a missing date for the present one.
  if (before - mostSkew > date || after + mostSkew < date) return { shows: 'TIME_OUT_OF_SYNC' }
  const missing = wished.filter((name) => !features.includes(name))
  if (missing.length > 0) return { shows: 'UPDATE_OPTIONAL', version, missing }
  return { shows: 'OK', version, usesChangedUsers: features.includes('changed-users') }
}

function readable(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

export interface SocketTest {
  readonly url: string
  /** Those of the welcome, which the page lists. */
  readonly features: readonly Json[]
  readonly helloVersion: string
  /** As the browser calls it: closed by both sides. */
  readonly wasClean: boolean
}

/** What the admin has in the signaling settings: the parameters of the hello by version. */
export interface HelloParams {
  readonly '1.0': Json
  readonly '2.0': Json
}

/** The half that the browser of the admin does; throws what it would show as "Websocket connection failed". */
export async function testWebSocket(setting: string, api: string, params: HelloParams): Promise<SocketTest> {
  const url = `${setting.replace(/^http/, 'ws').replace(/\/$/, '')}/spreed`
  await using socket = await openTalkClient(url)
  // It waits three seconds for a welcome before it takes the server for an old one.
  const welcome = await socket.until((message) => message['type'] === 'welcome', 3_000)
  const listed = at(welcome, 'welcome', 'features')
  const features = Array.isArray(listed) ? listed : []
  const version = features.includes('hello-v2') ? '2.0' : '1.0'
  socket.send({ type: 'hello', hello: { version, auth: { url: api, params: params[version] } } })
  const answer = await socket.until((message) => message['type'] === 'hello' || message['type'] === 'error')
  if (answer['type'] === 'error') throw new Error(`refused: ${JSON.stringify(answer)}`)
  socket.send({ type: 'bye', bye: {} })
  socket.close()
  const { code } = await socket.closed()
  return { url, features, helloVersion: textAt(answer, 'hello', 'version') ?? '', wasClean: code !== 1006 }
}
