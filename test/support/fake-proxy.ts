/** A media proxy without sockets, Janus or media: it keeps the books of the real one, and can be made to misbehave. */
import { createPublicKey } from 'node:crypto'
import type { Reply } from '../../src/sfu/proxy/messages.ts'
import { sayingOf } from '../../src/sfu/proxy/payloads.ts'
import { checkToken } from '../../src/sfu/proxy/tokens.ts'
import { decodeRequest, type Request } from '../../src/sfu/proxy/wire.ts'
import { rsaPair } from './rsa-keys.ts'

type Say = (message: Reply) => void
type Command = Extract<Request, { readonly type: 'command' }>
type Payload = Extract<Request, { readonly type: 'payload' }>

interface FakePublisher {
  readonly kind: 'publisher'
  readonly sid: string
  readonly type: string
  readonly settings: unknown
  sdp: string | undefined
  isUp: boolean
}

interface FakeSubscriber {
  readonly kind: 'subscriber'
  readonly publisher: string
  readonly remoteUrl: string | undefined
  sid: string
  isJoined: boolean
  answer: string | undefined
}

interface Session {
  readonly id: string
  say: Say | undefined
  /** What is for its next connection. */
  readonly pending: Reply[]
  readonly clients: Map<string, FakePublisher | FakeSubscriber>
}

export interface FakeProxy {
  readonly url: string
  /** Two letters; empty: it does not say. */
  country: string
  features: readonly string[]
  /** Whether it can be dialled. */
  isUp: boolean
  /** Whether it hears and says nothing. */
  isMute: boolean
  /** Those of before 2.0 do not. */
  knowsSids: boolean
  /** Whether media flows as soon as it is offered; otherwise `up` says when. */
  isQuick: boolean
  /** Refuses the commands of this type with this error. */
  readonly refuses: Map<string, string>
  /** What was asked of it, as it was decoded, in order. */
  readonly heard: Request[]
  publishers(): readonly string[]
  subscribers(): readonly string[]
  client(id: string): FakePublisher | FakeSubscriber | undefined
  /** The media of a publisher flows. */
  up(publisher: string): void
  /** Says it to whoever has a session. */
  push(message: Reply): void
  load(load: number, bandwidth?: { readonly incoming?: number; readonly outgoing?: number }): void
  candidate(client: string, candidate: string): void
  /** The peer connection of a client ended. */
  hangUp(client: string): void
  /** Its Janus died: everything in it is gone. */
  loseBackend(): void
  /** It has forgotten everything, as after a restart. */
  forget(): void
  /** Sessions without a connection are over. */
  expire(): void
  /** A connection begins; `say` is how the proxy speaks on it. */
  connected(say: Say): { readonly hear: (text: string, now: number) => void; readonly lost: () => void }
}

/** `publisherElsewhere`: whether a publisher is at another fake. */
export function createFakeProxy(url: string, country = ''): FakeProxy {
  const sessions = new Map<string, Session>()
  const waiting: { readonly publisher: string; readonly answer: () => void }[] = []
  let number = 0
  let sids = 0
  const newId = (what: string): string => `${new URL(url).hostname}-${what}-${++number}`
  const key = createPublicKey(rsaPair().publicKey)

  const clients = (): [string, FakePublisher | FakeSubscriber][] =>
    [...sessions.values()].flatMap((session) => [...session.clients])
  const find = (id: string) => clients().find(([known]) => known === id)?.[1]
  const ownerOf = (id: string): Session | undefined => [...sessions.values()].find((one) => one.clients.has(id))
  function to(session: Session | undefined, message: Reply): void {
    if (session?.say) session.say(message)
    else session?.pending.push(message)
  }
  const tell = (client: string, type: string, sid?: string): void =>
    to(ownerOf(client), { type: 'event', event: { type, clientId: client, ...(sid === undefined ? {} : { sid }) } })

  function greet(say: Say, { id, hello }: Extract<Request, { readonly type: 'hello' }>, now: number) {
    const resumed = hello.resumeid ? sessions.get(hello.resumeid) : undefined
    if (hello.resumeid && !resumed) return void refuse(say, id, 'no_such_session')
    const token = checkToken(hello.token ?? '', (issuer) => (issuer === 'one' ? key : undefined), now)
    if (!resumed && !token.ok) return void refuse(say, id, token.error.code)
    const session = resumed ?? { id: newId('session'), say: undefined, pending: [], clients: new Map() }
    sessions.set(session.id, session)
    session.say = say
    const server = { version: 'fake', features: [...fake.features], ...(fake.country ? { country: fake.country } : {}) }
    for (const message of session.pending.splice(0)) say(message)
    say({ id, type: 'hello', hello: { version: '1.0', sessionid: session.id, server } })
    return session
  }

  const refuse = (say: Say, id: string | undefined, code: string): void =>
    say({ id, type: 'error', error: { code, message: `it is ${code}` } })

  function command(session: Session, { id, command: what }: Command, now: number): void {
    const say: Say = (message) => to(session, message)
    const done = (client: string, more: object = {}): void =>
      say({ id, type: 'command', command: { id: client, ...more } })
    const refusal = fake.refuses.get(what.type)
    if (refusal !== undefined) return refuse(say, id, refusal)
    switch (what.type) {
      case 'create-publisher': {
        const client = newId('publisher')
        const { streamType: type, publisherSettings: settings, sid } = what
        session.clients.set(client, { kind: 'publisher', sid: sid ?? '', type, settings, sdp: undefined, isUp: false })
        return done(client, { bitrate: settings?.bitrate ?? 0 })
      }
      case 'create-subscriber': {
        const { publisherId: publisher, remoteUrl, remoteToken } = what
        const isAllowed = remoteUrl ? checkToken(remoteToken ?? '', () => key, now) : undefined
        if (isAllowed && !(isAllowed.ok && isAllowed.value.subject === publisher)) return refuse(say, id, 'auth_failed')
        if (!remoteUrl && !find(publisher)) return refuse(say, id, 'unknown_client')
        const client = newId('subscriber')
        const sid = String(++sids)
        session.clients.set(client, {
          kind: 'subscriber',
          publisher,
          remoteUrl: remoteUrl ?? undefined,
          sid,
          isJoined: false,
          answer: undefined,
        })
        return done(client, fake.knowsSids ? { sid } : {})
      }
      case 'delete-publisher':
      case 'delete-subscriber':
        if (!session.clients.delete(what.clientId)) return refuse(say, id, 'unknown_client')
        return done(what.clientId)
      default:
        refuse(say, id, 'bad_request')
    }
  }

  function payload(session: Session, { id, payload: what }: Payload): void {
    const say: Say = (message) => to(session, message)
    const client = session.clients.get(what.clientId)
    const saying = sayingOf(what)
    if (!client) return refuse(say, id, 'unknown_client')
    if (!saying) return refuse(say, id, 'unsupported_payload')
    const answer = (body?: Record<string, unknown>): void =>
      say({
        id,
        type: 'payload',
        payload: { type: what.type, clientId: what.clientId, ...(body ? { payload: body } : {}) },
      })
    if (client.kind === 'publisher') {
      if (saying.say !== 'offer') return answer()
      client.sdp = saying.sdp
      client.isUp ||= fake.isQuick
      answer({ type: 'answer', sdp: `answer to ${saying.sdp}` })
      release()
      return
    }
    if (what.sid && what.sid !== client.sid && saying.say !== 'request-offer') return refuse(say, id, 'internal_error')
    if (saying.say === 'answer') client.answer = saying.sdp
    if (saying.say !== 'request-offer') return answer()
    if (client.isJoined && what.sid !== client.sid && fake.knowsSids) {
      client.sid = String(++sids)
      tell(what.clientId, 'subscriber-sid-updated', client.sid)
    }
    const offer = (): void => {
      if (!session.clients.has(what.clientId)) return
      client.isJoined = true
      const publisher = find(client.publisher)
      const sdp = publisher?.kind === 'publisher' ? publisher.sdp : 'something from elsewhere'
      answer({ type: 'offer', sdp: `offer of ${sdp}` })
    }
    const publisher = find(client.publisher)
    if (publisher?.kind === 'publisher' && !publisher.isUp) {
      waiting.push({ publisher: client.publisher, answer: offer })
    } else offer()
  }

  function release(): void {
    for (const one of waiting.splice(0)) {
      const publisher = find(one.publisher)
      if (publisher?.kind === 'publisher' && publisher.isUp) one.answer()
      else waiting.push(one)
    }
  }

  const fake: FakeProxy = {
    url,
    country,
    features: ['remote-streams'],
    isUp: true,
    isMute: false,
    isQuick: true,
    knowsSids: true,
    refuses: new Map(),
    heard: [],
    publishers: () => clients().flatMap(([id, { kind }]) => (kind === 'publisher' ? [id] : [])),
    subscribers: () => clients().flatMap(([id, { kind }]) => (kind === 'subscriber' ? [id] : [])),
    client: find,
    up(id) {
      const publisher = find(id)
      if (publisher?.kind === 'publisher') publisher.isUp = true
      release()
    },
    push(message) {
      for (const session of [...sessions.values()]) to(session, message)
    },
    load: (load, bandwidth) => fake.push({ type: 'event', event: { type: 'update-load', load, bandwidth } }),
    candidate: (client, candidate) =>
      to(ownerOf(client), {
        type: 'payload',
        payload: {
          type: 'candidate',
          clientId: client,
          payload: { candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } },
        },
      }),
    hangUp(client) {
      const kind = find(client)?.kind
      tell(client, `${kind}-closed`)
      ownerOf(client)?.clients.delete(client)
    },
    loseBackend() {
      for (const session of sessions.values()) session.clients.clear()
      fake.push({ type: 'event', event: { type: 'backend-disconnected' } })
    },
    forget: () => sessions.clear(),
    expire() {
      for (const session of [...sessions.values()]) if (!session.say) sessions.delete(session.id)
    },
    connected(speak) {
      let session: Session | undefined
      const say: Say = (message) => {
        if (!fake.isMute) speak(message)
      }
      return {
        hear(text, now) {
          const decoded = decodeRequest(text)
          if (!decoded.ok) throw new Error(`a proxy would refuse ${text}: ${decoded.fault}`)
          const request = decoded.value
          fake.heard.push(request)
          if (fake.isMute) return
          if (request.type === 'hello') session = greet(say, request, now) ?? session
          else if (!session) refuse(say, request.id, 'hello_expected')
          else if (request.type === 'command') command(session, request, now)
          else if (request.type === 'payload') payload(session, request)
          else if (request.type === 'bye') sessions.delete(session.id)
        },
        lost() {
          if (session?.say === say) session.say = undefined
        },
      }
    },
  }
  return fake
}
