/** POST /api/v1/room/{id}: Nextcloud's requests, checked before anything happens (1.1). */
import type { Throttle } from '../core/throttle.ts'
import { addressKey } from '../lib/ip-range.ts'
import type { Fact } from '../observe/facts.ts'
import { authenticate, explainRefusal } from '../protocols/talk/backend/authenticate.ts'
import type { Backends } from '../protocols/talk/backend/backends.ts'
import { backendHeader, checksumHeader, randomHeader } from '../protocols/talk/backend/checksum.ts'
import { readRoomRequest } from '../protocols/talk/backend/room-request.ts'
import { normaliseBackendUrl } from '../protocols/talk/backend/urls.ts'
import type { IncomingRequest } from '../protocols/talk/requests.ts'
import { now } from './clock.ts'
import { readBody } from './read-body.ts'

const action = 'BackendRoomAuth'

export interface RoomApi {
  handle(request: Request, roomId: string, address: string): Promise<Response>
  /** The machine's answer to the request of that number. */
  reply(number: number, status: number, body: string): void
}

export interface RoomApiParts {
  readonly backends: Backends
  readonly throttle: Throttle
  /** Bytes. */
  readonly maxBodySize: number
  readonly requested: (request: IncomingRequest) => void
  /** Whoever asked has gone, and the request of that number was not answered. */
  readonly abandoned: (number: number) => void
  readonly note: (fact: Fact) => void
}

export function createRoomApi(parts: RoomApiParts): RoomApi {
  const { backends, throttle, maxBodySize, requested, abandoned, note } = parts
  const waiting = new Map<number, (response: Response) => void>()
  let serial = 0

  async function handle(request: Request, roomId: string, address: string): Promise<Response> {
    const refuse = (status: number, text: string, why: string = text): Response => {
      note({ fact: 'room-request-refused', status, why, address })
      return new Response(`${text}\n`, { status })
    }
    // What is still to come is thrown away unread: a connection closed under it would take our answer along.
    const tooLarge = (): Response =>
      refuse(413, 'Request entity too large', `the body is larger than [backend] maxbodysize = ${maxBodySize}`)

    if (Number(request.headers.get('content-length') ?? 0) > maxBodySize) return tooLarge()
    if (!request.headers.get('content-type')?.startsWith('application/json')) {
      return refuse(400, 'Unsupported content type', 'the content type is not application/json')
    }
    const signature = {
      claimed: request.headers.get(backendHeader),
      random: request.headers.get(randomHeader),
      checksum: request.headers.get(checksumHeader),
    }
    const key = addressKey(address)
    if (signature.random && signature.checksum && !throttle.allows(key, action, now())) {
      note({ fact: 'attempt-refused', address, action })
      return refuse(429, 'Too many requests', 'too many failed requests from this address in the last 30 minutes')
    }
    const body = await readBody(request, maxBodySize)
    if (!body.ok) {
      return body.error === 'too large' ? tooLarge() : refuse(400, 'Could not read body', 'the body broke off')
    }
    const signer = authenticate(backends, signature, body.value)
    if (!signer.ok) {
      if (signer.error.failed !== 'headers') {
        const delay = throttle.failed(key, action, now())
        note({ fact: 'attempt-delayed', address, action, delay })
        await Bun.sleep(delay)
      }
      return refuse(403, 'Authentication check failed', explainRefusal(backends, signer.error))
    }
    const text = Buffer.from(body.value).toString()
    const read = readRoomRequest(text)
    if (!read.ok) {
      switch (read.error.fault) {
        case 'no JSON':
          return refuse(400, 'Could not read body', 'the body is no JSON')
        case 'unknown type':
          return refuse(400, `Unsupported request type: ${read.error.type}`)
        case 'invalid':
          return refuse(400, 'Could not read body', `the body does not fit: ${read.error.why}`)
      }
    }
    return new Promise((resolve) => {
      const number = ++serial
      waiting.set(number, resolve)
      request.signal.addEventListener('abort', () => {
        if (waiting.delete(number)) abandoned(number)
      })
      const backendUrl = normaliseBackendUrl(signature.claimed ?? '') ?? signer.value.urls[0] ?? ''
      requested({ number, backend: signer.value, backendUrl, roomId, request: read.value, received: now() })
    })
  }

  return {
    handle,
    reply(number, status, body) {
      const resolve = waiting.get(number)
      waiting.delete(number)
      const headers = { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }
      resolve?.(new Response(body, { status, headers }))
    },
  }
}
