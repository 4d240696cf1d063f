/** Stands in for Nextcloud Talk's side of the signaling API: lets everybody in, verifies nothing, answers at once. */

import { textAt } from './text-at.ts'

export interface StubBackend {
  /** Base URL, with a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** Listens on 127.0.0.1 in this thread; port 0 takes any free one. */
export function listenStubBackend(port: number): StubBackend {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET') {
        return pathname.endsWith('/cloud/capabilities') ? ocs(capabilities) : new Response('not here', { status: 404 })
      }
      return ocs(answer(await request.json()))
    },
  })
  return { url: `http://127.0.0.1:${server.port}/`, stop: () => server.stop(true) }
}

/**
 * The same in a worker, so that it answers while the clients' thread is busy.
 * Where the worker's file cannot be loaded (a single executable built without it), it serves from this thread.
 */
export async function startStubBackend(port: number): Promise<StubBackend> {
  const worker = new Worker(new URL('./stub-backend-worker.ts', import.meta.url).href)
  const listening = Promise.withResolvers<string | undefined>()
  worker.onmessage = (event: MessageEvent<unknown>) => {
    listening.resolve(typeof event.data === 'string' ? event.data : undefined)
  }
  worker.onerror = () => listening.resolve(undefined)
  worker.postMessage(port)
  const url = await listening.promise
  if (url === undefined) {
    worker.terminate()
    return listenStubBackend(port)
  }
  return { url, stop: async () => worker.terminate() }
}

const capabilities = {
  version: { major: 30, minor: 0, micro: 0, string: '30.0.0', edition: '', extendedSupport: false },
  capabilities: {
    spreed: {
      features: ['audio', 'video', 'chat-v2', 'conversation-v4', 'signaling-v3'],
      config: { signaling: { 'session-ping-limit': 200 } },
      version: '20.0.0',
    },
  },
}

/** What Talk would answer to a request that it likes. */
export function answer(request: unknown): unknown {
  const version = '1.0'
  switch (textAt(request, 'type')) {
    case 'auth':
      return {
        type: 'auth',
        auth: {
          version,
          userid: textAt(request, 'auth', 'params', 'userid') ?? '',
          user: { displayname: 'Somebody At Work' },
        },
      }
    case 'room':
      return {
        type: 'room',
        room: { version, roomid: textAt(request, 'room', 'roomid') ?? '', properties: { name: 'Bench', type: 3 } },
      }
    case 'ping':
      return { type: 'room', room: { version, roomid: textAt(request, 'ping', 'roomid') ?? '' } }
    case 'session':
      return { type: 'session', session: { version, roomid: textAt(request, 'session', 'roomid') ?? '' } }
    default:
      return { type: 'error', error: { code: 'unknown_type', message: 'This type is not known here.' } }
  }
}

function ocs(data: unknown): Response {
  return Response.json({ ocs: { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data } })
}
