/** Our server with the admission front end, in this process, on a port of its own; and real clients of Socket.IO that wait for events. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { appToken } from '../../src/protocols/admission/token.ts'
import { type ServerInProcess, startInProcess } from './server-in-process.ts'

export const secret = 'secret-of-the-tests'
export const password = 'password-of-the-tests'
export const token = appToken(secret, 'app')

export type Body = Readonly<Record<string, unknown>>

/** Any client of Socket.IO, of whatever generation, as far as these tests use one. */
export interface AnyClient {
  readonly id?: string | undefined
  emit(event: string, ...args: unknown[]): unknown
  once(event: string, listener: (argument: never) => void): unknown
  onAny(listener: (event: string, message: Body) => void): unknown
  disconnect(): unknown
}

/** One that keeps what it hears until it is asked for. */
export interface Listening extends AsyncDisposable {
  readonly client: AnyClient
  readonly id: string
  /** The session token. */
  readonly token: string
  say(event: string, message?: Body): void
  /** The next event of that name. */
  heard(event: string): Promise<Body>
}

/** `settings` are lines of `[admission]`, and of sections after it. */
export const startAdmissionServer = (settings = ''): Promise<ServerInProcess> =>
  startInProcess(`[admission]\nappsecret = ${secret}\n${settings}\n`)

export const connect = (url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Socket =>
  io(url, { auth: { token }, forceNew: true, reconnection: false, ...options })

export function happened<T = Body>(client: Pick<AnyClient, 'once'>, event: string): Promise<T> {
  return new Promise((resolve) => client.once(event, (argument: T) => resolve(argument)))
}

/** Connects, and gets a session. */
export async function enter(client: AnyClient, appToken = token): Promise<Listening> {
  const kept: { readonly event: string; readonly message: Body }[] = []
  const waiting: { readonly event: string; readonly resolve: (message: Body) => void }[] = []
  client.onAny((event, message) => {
    const index = waiting.findIndex((one) => one.event === event)
    if (index < 0) kept.push({ event, message })
    else waiting.splice(index, 1)[0]?.resolve(message)
  })
  const heard = (event: string): Promise<Body> => {
    const index = kept.findIndex((one) => one.event === event)
    const [found] = index < 0 ? [] : kept.splice(index, 1)
    return found ? Promise.resolve(found.message) : new Promise((resolve) => waiting.push({ event, resolve }))
  }
  await happened(client, 'connect')
  client.emit('auth-request', { token: appToken })
  const { token: session } = await heard('auth-accept')
  const auth = String(session)
  return {
    client,
    id: client.id ?? '',
    token: auth,
    say: (event, message = {}) => client.emit(event, { auth, ...message }),
    heard,
    async [Symbol.asyncDispose]() {
      client.disconnect()
    },
  }
}

/** From opening a room to a candidate that goes from one member to the other. */
export async function meet(first: Listening, second: Listening, room: string): Promise<readonly Body[]> {
  first.say('room-create-request', { room })
  const created = await first.heard('room-create-accept')
  second.say('room-join-request', { room, payload: 'may I?' })
  const asked = await first.heard('room-join-request')
  first.say('room-join-accept', { room, peer_id: asked['peer_id'], payload: 'yes' })
  const admitted = await second.heard('room-join-accept')
  const joined = await first.heard('room-user-join')
  second.say('relay-session-description', { room, to: first.id, session_description: { type: 'offer', sdp: 'v=0' } })
  const offered = await first.heard('session-description')
  first.say('relay-ice-candidate', { room, to: second.id, ice_candidate: { candidate: 'é', sdpMLineIndex: 0 } })
  return [created, asked, admitted, joined, offered, await second.heard('ice-candidate')]
}

/** What `meet` leads to. */
export const met = (first: Listening, second: Listening, room: string): readonly Body[] => [
  { room },
  { room, peer_id: second.id, payload: 'may I?' },
  { room, peer_id: second.id, peers: [first.id], payload: 'yes' },
  { room, peer_id: second.id, payload: 'yes' },
  { room, peer_id: second.id, session_description: { type: 'offer', sdp: 'v=0' } },
  { room, peer_id: first.id, ice_candidate: { candidate: 'é', sdpMLineIndex: 0 } },
]
