/** A small WebSocket client for tests: says what it is told to, keeps what it hears, and waits for it without sleeping. */
import type { Json, JsonObject } from './json.ts'
import { isObject, parseJson, textAt } from './json.ts'

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** What comes out of the queue of a connection. */
export type Incoming =
  | { readonly kind: 'message'; readonly text: string; readonly json: JsonObject }
  | ({ readonly kind: 'closed' } & Closed)
  | { readonly kind: 'nothing' }

export interface TalkClient extends AsyncDisposable {
  /** An object goes as JSON, a string as it is, bytes as a binary frame. */
  send(message: JsonObject | string | Uint8Array): void
  /** The next thing heard; `nothing` after the limit. */
  next(limitMs?: number): Promise<Incoming>
  /** Passes over messages until one fits; throws when the connection closes or the limit passes first. */
  until(fits: (message: JsonObject) => boolean, limitMs?: number): Promise<JsonObject>
  /** The close that ends the connection; messages before it are passed over. */
  closed(limitMs?: number): Promise<Closed>
  /** What was heard and not yet taken, after a round trip that the server answers in the order of this connection. */
  untilQuiet(): Promise<readonly JsonObject[]>
  /** Everything heard since the start. */
  readonly heard: readonly JsonObject[]
  close(code?: number): void
}

const defaultLimitMs = 5_000
let roundTrips = 0

export async function openTalkClient(url: string, headers: Readonly<Record<string, string>> = {}): Promise<TalkClient> {
  const socket = new WebSocket(url, { headers: { ...headers }, tls: { rejectUnauthorized: false } })
  const queue: Incoming[] = []
  const heard: JsonObject[] = []
  let wake: (() => void) | undefined
  let ended = false
  const take = (incoming: Incoming) => {
    queue.push(incoming)
    wake?.()
  }
  socket.addEventListener('message', ({ data }) => {
    const json = parseJson(String(data))
    if (!isObject(json)) throw new Error(`not an object: ${data}`)
    heard.push(json)
    take({ kind: 'message', text: String(data), json })
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('close', ({ code, reason }) => {
      ended = true
      reject(new Error(`closed at once: ${code} ${reason}`))
      take({ kind: 'closed', code, reason })
    })
  })

  const next = async (limitMs = defaultLimitMs): Promise<Incoming> => {
    const end = performance.now() + limitMs
    for (;;) {
      const first = queue[0]
      // A close stays in the queue: whoever asks afterwards hears of it too.
      if (first) return first.kind === 'closed' ? first : (queue.shift() ?? first)
      const rest = end - performance.now()
      if (rest <= 0) return { kind: 'nothing' }
      const { promise, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, rest)
      wake = resolve
      await promise
      wake = undefined
      clearTimeout(limit)
    }
  }
  const until = async (fits: (message: JsonObject) => boolean, limitMs = defaultLimitMs): Promise<JsonObject> => {
    const end = performance.now() + limitMs
    for (;;) {
      const incoming = await next(Math.max(0, end - performance.now()))
      if (incoming.kind !== 'message') throw new Error(`waited for a message, got ${JSON.stringify(incoming)}`)
      if (fits(incoming.json)) return incoming.json
    }
  }

  const client: TalkClient = {
    heard,
    next,
    until,
    send: (message) => {
      if (message instanceof Uint8Array) socket.send(Uint8Array.from(message))
      else socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    },
    closed: async (limitMs = defaultLimitMs) => {
      for (;;) {
        const incoming = await next(limitMs)
        if (incoming.kind === 'closed') return incoming
        if (incoming.kind === 'nothing') throw new Error(`still open after ${limitMs} ms`)
      }
    },
    untilQuiet: async () => {
      const id = `quiet-${++roundTrips}`
      const before: JsonObject[] = []
      // A message without a body: answered with `invalid_format` and the id, whoever asks.
      client.send({ id, type: 'message' })
      await until((message) => textAt(message, 'id') === id || before.push(message) === 0)
      return before
    },
    close: (code = 1000) => {
      if (!ended) socket.close(code)
    },
    async [Symbol.asyncDispose]() {
      if (ended) return
      socket.close(1000)
      const limit = setTimeout(() => socket.terminate(), 1_000)
      await client.closed().catch(() => undefined)
      clearTimeout(limit)
    },
  }
  return client
}

/** Says hello (v1) as a user of the stub Talk, or as a guest, and returns the answer. */
export async function helloAs(client: TalkClient, authUrl: string, userid?: string): Promise<JsonObject> {
  const params: JsonObject = userid === undefined ? {} : { userid }
  client.send({ id: 'hello', type: 'hello', hello: { version: '1.0', auth: { url: authUrl, params } } })
  const answer: Json = await client.until((message) => textAt(message, 'id') === 'hello')
  if (textAt(answer, 'type') !== 'hello') throw new Error(`no hello: ${JSON.stringify(answer)}`)
  return answer
}
