/** A stub Nextcloud Talk: real HTTP and HTTPS, checks signatures as Talk does, records all, misbehaves on demand. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Json } from './json.ts'
import { parseJson, textAt } from './json.ts'
import type { SelfSigned } from './self-signed.ts'
import { selfSigned } from './self-signed.ts'
import type { TalkAnswer } from './talk-answers.ts'
import { backendHeader, checksum, checksumHeader, isAuthentic, randomHeader, randomText } from './talk-checksum.ts'
import type { TalkCapabilities, TalkRequest } from './talk-giving.ts'
import { give } from './talk-giving.ts'
import type { TokenAlgorithm } from './talk-keys.ts'
import { talkKeys } from './talk-keys.ts'

/** Ways to spoil the signature of a request that the stub sends. */
export type Tampering = 'bad-checksum' | 'no-checksum' | 'no-backend' | 'other-backend' | 'text-plain' | 'chunked'

export interface StubTalk extends AsyncDisposable {
  /** http://127.0.0.1:port/<cloud>/ */
  url(cloud?: string): string
  secureUrl(cloud?: string): string
  readonly certificate: string
  secret(cloud?: string): string
  readonly capabilities: TalkCapabilities
  readonly requests: readonly TalkRequest[]
  /** The next request of that type whose body contains the text (several such rules are used up in order) gets this answer. */
  answerNext(type: string, answer: TalkAnswer, containing?: string): void
  /** The first request, past or future, that fits; fails after the limit. */
  request(fits: (request: TalkRequest) => boolean, limitMs?: number): Promise<TalkRequest>
  /** Sends a room request to a signaling server (http://host:port), signed as Talk signs. */
  post(signalingUrl: string, roomId: string, body: Json | string, how?: Tampering, cloud?: string): Promise<Response>
  /** A hello v2 token; `iss`, `iat` and `exp` are filled in unless given. */
  token(claims: Readonly<Record<string, Json>>, cloud?: string): Promise<string>
  useKeys(algorithm: TokenAlgorithm): Promise<void>
}

export interface StubTalkOptions {
  /** Name of a Nextcloud (its first path segment) → secret. */
  readonly clouds?: Readonly<Record<string, string>>
}

interface Rule {
  readonly type: string
  readonly containing: string
  readonly answer: TalkAnswer
}

const defaultClouds = { one: 'secret-of-cloud-one', two: 'secret-of-cloud-two', small: 'secret-of-cloud-small' }

export async function startStubTalk(options: StubTalkOptions = {}): Promise<StubTalk> {
  const clouds = new Map(Object.entries(options.clouds ?? defaultClouds))
  const [firstCloud = 'one'] = clouds.keys()
  const pair: SelfSigned = selfSigned()
  const rules: Rule[] = []
  const requests: TalkRequest[] = []
  const watchers = new Set<(request: TalkRequest) => void>()
  const capabilities: TalkCapabilities = {
    features: ['audio', 'video', 'chat-v2', 'federation-v2', 'signaling-v3'],
    sessionPingLimit: 200,
    cacheControl: 'max-age=60',
    etag: undefined,
    keys: await talkKeys('ES256'),
  }

  const answer: RequestListener = (request, response) => {
    void receive(request, clouds).then(async (asked) => {
      requests.push(asked)
      for (const watcher of [...watchers]) watcher(asked)
      await give(asked, takeRule(rules, asked), capabilities, response)
    })
  }
  const plain = createServer(answer)
  const secure = createSecureServer(pair, answer)
  const plainPort = await listen(plain)
  const securePort = await listen(secure)
  const secret = (cloud = firstCloud) => clouds.get(cloud) ?? ''
  const url = (cloud = firstCloud) => `http://127.0.0.1:${plainPort}/${cloud}/`

  return {
    url,
    secureUrl: (cloud = firstCloud) => `https://127.0.0.1:${securePort}/${cloud}/`,
    certificate: pair.cert,
    secret,
    capabilities,
    requests,
    answerNext: (type, how, containing = '') => void rules.push({ type, containing, answer: how }),
    request: (fits, limitMs = 5_000) => firstRequest(requests, watchers, fits, limitMs),
    post: (signalingUrl, roomId, body, how, cloud = firstCloud) =>
      postRoom(`${signalingUrl}/api/v1/room/${encodeURIComponent(roomId)}`, body, how, secret(cloud), url(cloud)),
    token: async (claims, cloud = firstCloud) => {
      const now = Math.floor(Date.now() / 1000)
      if (!capabilities.keys) throw new Error('the stub has no keys')
      return capabilities.keys.sign({ iss: url(cloud), iat: now, exp: now + 300, ...claims })
    },
    useKeys: async (algorithm) => {
      capabilities.keys = await talkKeys(algorithm)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([end(plain), end(secure)])
    },
  }
}

async function receive(request: IncomingMessage, clouds: ReadonlyMap<string, string>): Promise<TalkRequest> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const path = request.url ?? '/'
  const cloud = path.split('/')[1] ?? ''
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value)
  const text = bytes.toString('utf8')
  const body = readable(text)
  const random = headers[randomHeader.toLowerCase()] ?? ''
  const given = headers[checksumHeader.toLowerCase()] ?? ''
  return {
    method: request.method ?? '',
    path,
    cloud,
    headers,
    text,
    body,
    type: path.includes('/cloud/capabilities') ? 'capabilities' : (textAt(body, 'type') ?? ''),
    authentic: isAuthentic(clouds.get(cloud) ?? '', random, given, bytes),
  }
}

function readable(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function takeRule(rules: Rule[], asked: TalkRequest): TalkAnswer | undefined {
  const place = rules.findIndex(({ type, containing }) => type === asked.type && asked.text.includes(containing))
  return place < 0 ? undefined : rules.splice(place, 1)[0]?.answer
}

function postRoom(
  url: string,
  body: Json | string,
  how: Tampering | undefined,
  secret: string,
  backend: string,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const random = randomText()
  const headers: Record<string, string> = {
    'Content-Type': how === 'text-plain' ? 'text/plain' : 'application/json',
    [randomHeader]: random,
    [checksumHeader]: how === 'bad-checksum' ? checksum(`${secret}x`, random, text) : checksum(secret, random, text),
    [backendHeader]: how === 'other-backend' ? 'http://127.0.0.1:9/elsewhere' : backend.replace(/\/$/, ''),
  }
  if (how === 'no-backend') delete headers[backendHeader]
  if (how === 'no-checksum') delete headers[checksumHeader]
  return fetch(url, { method: 'POST', headers, body: how === 'chunked' ? inPieces(text) : text })
}

/** A body of unknown length, so that it travels chunked. */
function inPieces(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  const half = Math.floor(bytes.length / 2)
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes.slice(0, half))
      await Bun.sleep(5)
      controller.enqueue(bytes.slice(half))
      controller.close()
    },
  })
}

function firstRequest(
  requests: readonly TalkRequest[],
  watchers: Set<(request: TalkRequest) => void>,
  fits: (request: TalkRequest) => boolean,
  limitMs: number,
): Promise<TalkRequest> {
  const past = requests.find(fits)
  if (past) return Promise.resolve(past)
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      watchers.delete(look)
      reject(new Error(`Talk was not asked within ${limitMs} ms`))
    }, limitMs)
    const look = (request: TalkRequest) => {
      if (!fits(request)) return
      clearTimeout(limit)
      watchers.delete(look)
      resolve(request)
    }
    watchers.add(look)
  })
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
