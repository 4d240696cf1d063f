/** A client of the relay over a real socket: says things and waits for what is said to it. */
import { type Json, parseJson } from './json.ts'

export interface RelayClient extends AsyncDisposable {
  say(said: unknown): void
  binary(bytes: Uint8Array): void
  /** The next frame: a value where it is JSON, else the text. Rejects if none comes. */
  next(): Promise<Json>
  /** The next frame as it came. */
  nextText(): Promise<string>
  /** Shows by a round trip that nothing is under way; rejects if something is. */
  nothing(): Promise<void>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  close(code?: number): void
}

/** Far more than anything takes. */
const patience = 5_000

export async function connectRelay(url: string): Promise<RelayClient> {
  const socket = new WebSocket(url)
  const frames: string[] = []
  const waiting: ((frame: string) => void)[] = []
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
  })
  socket.addEventListener('message', ({ data }) => {
    const frame = String(data)
    const take = waiting.shift()
    if (take) take(frame)
    else frames.push(frame)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)))
  })

  function nextText(): Promise<string> {
    const frame = frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing was said')), patience)
      waiting.push((come) => {
        clearTimeout(timer)
        resolve(come)
      })
    })
  }

  const next = async (): Promise<Json> => readable(await nextText())

  return {
    say: (said) => socket.send(typeof said === 'string' ? said : JSON.stringify(said)),
    binary: (bytes) => socket.send(new Uint8Array(bytes)),
    next,
    nextText,
    async nothing() {
      socket.send('ping')
      const frame = await next()
      if (frame !== 'pong') throw new Error(`nothing was expected, but there came ${JSON.stringify(frame)}`)
    },
    closed,
    close: (code) => socket.close(code),
    async [Symbol.asyncDispose]() {
      socket.close()
      await closed
    },
  }
}

function readable(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
