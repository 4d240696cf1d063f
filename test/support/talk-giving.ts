/** How the stub Talk gives its answers over HTTP, the usual ones and the bad ones. */
import type { ServerResponse } from 'node:http'
import type { Json } from './json.ts'
import type { TalkAnswer } from './talk-answers.ts'
import { ocs, usualAnswer, withFields } from './talk-answers.ts'
import type { TalkKeys } from './talk-keys.ts'

export interface TalkRequest {
  readonly method: string
  readonly path: string
  /** The first path segment: which of the stub's Nextclouds was asked. */
  readonly cloud: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: Json | undefined
  /** `auth`, `room`, `ping`, `session` of the body, or `capabilities`. */
  readonly type: string
  readonly authentic: boolean
}

/** What the capabilities say; change the fields and the next request sees it. */
export interface TalkCapabilities {
  features: readonly string[]
  /** 0: the key is left out. */
  sessionPingLimit: number
  cacheControl: string | undefined
  etag: string | undefined
  keys: TalkKeys | undefined
}

/** Answers one recorded request: as Talk does, or as `how` says. */
export async function give(
  asked: TalkRequest,
  how: TalkAnswer | undefined,
  capabilities: TalkCapabilities,
  response: ServerResponse,
): Promise<void> {
  if (how?.kind === 'held') {
    await how.until
    return give(asked, how.after, capabilities, response)
  }
  if (how?.kind === 'slow') {
    await Bun.sleep(how.ms)
    return give(asked, how.after, capabilities, response)
  }
  if (how && how.kind !== 'data' && how.kind !== 'fields') misbehave(asked, how, response)
  else if (asked.type === 'capabilities') giveCapabilities(asked, capabilities, response)
  else if (!asked.path.includes('/ocs/v2.php/apps/spreed/api/')) send(response, 404, 'text/html', '<p>not found</p>')
  else if (!asked.authentic) sendJson(response, ocs(refusedRequest))
  else if (how)
    sendJson(response, ocs(how.kind === 'data' ? how.data : withFields(usualAnswer(asked.body), how.fields)))
  else sendJson(response, ocs(usualAnswer(asked.body)))
}

const refusedRequest = {
  type: 'error',
  error: { code: 'invalid_request', message: 'The request could not be authenticated.' },
}

type Misbehaviour = Exclude<TalkAnswer, { readonly kind: 'data' | 'fields' | 'held' | 'slow' }>

function misbehave(asked: TalkRequest, how: Misbehaviour, response: ServerResponse): void {
  switch (how.kind) {
    case 'html':
      send(response, 200, 'text/html; charset=utf-8', '<html><body>Maintenance</body></html>')
      break
    case 'garbage':
      sendJson(response, '{"ocs":{"meta":{"status":"ok"},"data":{"type":')
      break
    case 'truncated':
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
      response.write('{"ocs":')
      setImmediate(() => response.socket?.destroy())
      break
    case 'hang':
      break
    case 'close':
      response.socket?.destroy()
      break
    case 'throttled':
      sendJson(response, ocs([], 429))
      break
    case 'wrong-type':
      sendJson(response, ocs({ type: 'surprise', surprise: {} }))
      break
    case 'status':
      send(response, how.status, 'application/json', ocs([], how.status))
      break
    case 'redirect': {
      const host = asked.headers['host'] ?? ''
      const port = host.split(':')[1] ?? ''
      const there = how.to === 'same-host' ? host : `localhost:${port}`
      response.writeHead(307, { Location: `http://${there}${asked.path}?redirected` })
      response.end()
      break
    }
    case 'huge':
      sendJson(response, ocs({ type: asked.type, padding: 'x'.repeat(how.bytes) }))
      break
  }
}

function giveCapabilities(asked: TalkRequest, capabilities: TalkCapabilities, response: ServerResponse): void {
  const { cacheControl, etag, features, keys, sessionPingLimit } = capabilities
  if (cacheControl !== undefined) response.setHeader('Cache-Control', cacheControl)
  if (etag !== undefined) response.setHeader('ETag', etag)
  if (etag !== undefined && asked.headers['if-none-match'] === etag) {
    response.writeHead(304)
    response.end()
    return
  }
  const signaling = {
    ...(sessionPingLimit > 0 ? { 'session-ping-limit': sessionPingLimit } : {}),
    ...(keys ? { 'hello-v2-token-key': keys.published } : {}),
  }
  sendJson(
    response,
    ocs({ version: { major: 31, string: '31.0.0' }, capabilities: { spreed: { features, config: { signaling } } } }),
  )
}

function sendJson(response: ServerResponse, text: string): void {
  send(response, 200, 'application/json; charset=utf-8', text)
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
