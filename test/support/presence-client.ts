/** A client of the presence front end over a real socket, and a whole server in this process for it to connect to. */
import { within } from '../../src/io/within.ts'
import type { Json } from './json.ts'
import { parseJson } from './json.ts'
import { type ServerInProcess, startInProcess } from './server-in-process.ts'

/** `text` is what stands in the file beside the listener and the keys. */
export const startPresenceServer = (text: string): Promise<ServerInProcess> =>
  startInProcess(`[app]\ndraintimeout = 0.5\n${text}`)

/** As an operator would write it; `interval` is small so that nobody has to wait. */
export const presenceSection = (issuer: string, more = '', ofProvider = ''): string =>
  `[presence]\nproviders = one\ninterval = 1\ngrace = 20\n${more}\n[presence-one]\nissuer = ${issuer}\naudience = my-client\n${ofProvider}\n`

export interface PresenceClient extends AsyncDisposable {
  send(message: Json | string | Uint8Array): void
  /** The next frame, as it came. */
  text(): Promise<string>
  next(): Promise<Json>
  close(): void
  closed(): Promise<{ readonly code: number; readonly reason: string }>
  readonly protocol: string
}

const patience = 10_000

/** Rejects when the connection is refused. */
export async function openPresence(
  address: string,
  token: string | undefined,
  {
    protocols,
    headers = {},
    path = '/',
  }: {
    readonly protocols?: readonly string[]
    readonly headers?: Readonly<Record<string, string>>
    readonly path?: string
  } = {},
): Promise<PresenceClient> {
  const url = `ws://${address}${path}${token === undefined ? '' : `?oidc=${token}`}`
  const socket = new WebSocket(url, { headers, ...(protocols ? { protocols: [...protocols] } : {}) })
  const frames: string[] = []
  const waiting: ((text: string) => void)[] = []
  const end = Promise.withResolvers<{ code: number; reason: string }>()
  const opened = Promise.withResolvers<void>()
  socket.onmessage = ({ data }) => {
    const next = waiting.shift()
    if (next) next(String(data))
    else frames.push(String(data))
  }
  socket.onopen = () => opened.resolve()
  socket.onclose = ({ code, reason }) => {
    end.resolve({ code, reason })
    opened.reject(new Error(`refused: ${code} ${reason}`))
  }
  await within(patience, opened.promise)
  const text = (): Promise<string> => {
    const first = frames.shift()
    return first === undefined
      ? within(patience, new Promise((resolve) => waiting.push(resolve)))
      : Promise.resolve(first)
  }
  return {
    send: (message) =>
      socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message)),
    text,
    next: async () => parseJson(await text()),
    close: () => socket.close(),
    closed: () => within(patience, end.promise),
    protocol: socket.protocol,
    async [Symbol.asyncDispose]() {
      socket.close()
      await within(patience, end.promise)
    },
  }
}
