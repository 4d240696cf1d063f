/** Takes messages in: what is no request of ours is not answered, who sent one is found out, and its handler is asked (RFC 8489 section 6.3). */
import type { Allocation } from '../allocation.ts'
import type { Sender } from '../authenticate.ts'
import { fingerprintHolds } from '../codec/fingerprint.ts'
import type { Method } from '../codec/header.ts'
import { decodeMessage, type StunMessage } from '../codec/message.ts'
import type { TurnTransport } from '../facts.ts'
import { type Client, type ClientKey, clientKey } from '../five-tuple.ts'
import type { HookAnswer } from '../hook-answers.ts'
import { allocate } from './allocate.ts'
import { binding } from './binding.ts'
import { channelBind } from './channel-bind.ts'
import { connect } from './connect.ts'
import { connectionBind } from './connection-bind.ts'
import { createPermission } from './create-permission.ts'
import { createHookQueue } from './hook-queue.ts'
import { type Identified, identify, type Unidentified } from './identify.ts'
import { refresh } from './refresh.ts'
import { answerRefused } from './refuse.ts'
import { send } from './send.ts'
import { type Handler, methodName, type Outcome, refused, type Turn, type TurnRequest } from './turn.ts'
import { notUnderstood } from './understood.ts'

export interface Reception {
  received(bytes: Uint8Array, start: number, end: number, client: Client, now: number): void
  hookAnswered(username: string, answer: HookAnswer | undefined, now: number): void
  /** None of its requests is answered any more. */
  closed(client: ClientKey): void
}

function identified(request: Unidentified, { sender, mac }: Identified): TurnRequest {
  const { client, clientKey: key, message, hasFingerprint, transport, now, allocation } = request
  return { client, clientKey: key, message, hasFingerprint, transport, now, allocation, mac, sender }
}

const handlers: Readonly<Partial<Record<Method, Handler>>> = {
  allocate,
  refresh,
  createPermission,
  channelBind,
  connect,
  connectionBind,
}

export function createReception(turn: Turn): Reception {
  const hook = createHookQueue()

  function received(bytes: Uint8Array, start: number, end: number, client: Client, now: number): void {
    const transport = turn.transports[client.listener] ?? 'udp'
    const decoded = decodeMessage(bytes, start, end)
    if (!decoded.ok) return turn.ignore(transport, 'not a STUN message')
    const message = decoded.value
    if (!fingerprintHolds(message)) return turn.ignore(transport, 'wrong fingerprint')
    if (message.messageClass === 'request') return takeRequest(message, client, transport, now)
    if (message.messageClass === 'indication') return takeIndication(message, client, transport, now)
    turn.ignore(transport, 'response or unknown indication')
  }

  function takeIndication(message: StunMessage, client: Client, transport: TurnTransport, now: number): void {
    // Keeps a NAT open and asks for nothing.
    if (message.method === 'binding') return
    if (message.method !== 'send') return turn.ignore(transport, 'response or unknown indication')
    const allocation = turn.allocations.byClient(clientKey(client))
    const why = send(turn, message, allocation?.phase === 'open' ? allocation : undefined, now)
    if (why) turn.ignore(transport, why)
  }

  function takeRequest(message: StunMessage, client: Client, transport: TurnTransport, now: number): void {
    const hasFingerprint = message.fingerprintAt !== undefined
    if (message.method === 'binding') {
      return binding(turn, { client, message, hasFingerprint, mac: undefined, transport, now })
    }
    const handler = message.method && handlers[message.method]
    if (!handler) return turn.ignore(transport, 'unknown method')
    const key = clientKey(client)
    const allocation = turn.allocations.byClient(key)
    const mac = undefined
    const request: Unidentified = { client, clientKey: key, message, hasFingerprint, transport, now, allocation, mac }
    const found = identify(turn, request, ownerOf(message, allocation), (username) => hook.find(username, now))
    if (!found) return
    if ('ask' in found) return ask(found.ask, request)
    conclude(identified(request, found), handler)
  }

  /** In whose name a request may be made without anybody else's word: who made the allocation that it is about. */
  function ownerOf(message: StunMessage, allocation: Allocation | undefined): Sender | undefined {
    if (message.method !== 'connectionBind') return allocation?.sender
    return turn.connections.find(message.get('connectionId') ?? 0)?.allocation.sender
  }

  function conclude(request: TurnRequest, handler: Handler): void {
    const { message, transport } = request
    const outcome = fault(request) ?? handler(turn, request)
    switch (outcome.outcome) {
      case 'granted':
        turn.act(turn.answers.success(request, outcome.put))
        if (outcome.next) turn.act(outcome.next)
        return
      case 'refused':
        return answerRefused(turn, request, methodName(message.method), outcome)
      case 'ignored':
        return turn.ignore(transport, outcome.why)
      case 'later':
    }
  }

  /** What every request is refused for (RFC 8489 section 6.3.1). */
  function fault({ message }: TurnRequest): Outcome | undefined {
    const unknown = notUnderstood(turn, message)
    if (unknown.length > 0) return { outcome: 'refused', code: 420, unknown }
    return message.malformed === undefined ? undefined : refused(400)
  }

  function ask(username: string, { message, client, clientKey: key, transport, now }: Unidentified): void {
    // Who has many ports could else keep the hook busy with invented names. Clients on streams are fewer, and wait.
    if (transport === 'udp' && !hook.isAsked(username) && !turn.ledger.challenges.admits(client.address.ip, now)) {
      return turn.ignore(transport, 'over the answer rate')
    }
    const outcome = hook.wait(username, message, client, key)
    if (outcome === 'full') return turn.ignore(transport, 'too many wait for the hook')
    if (outcome === 'ask') turn.act({ do: 'ask-hook', username })
  }

  function hookAnswered(username: string, answer: HookAnswer | undefined, now: number): void {
    const waiting = hook.answered(username, answer, now)
    for (const { bytes, client } of waiting) {
      if (answer) received(bytes, 0, bytes.length, client, now)
      else giveUp(bytes, client)
    }
  }

  /** That the hook failed is not the client's fault, and 401 would make him ask his user for another password. */
  function giveUp(bytes: Uint8Array, client: Client): void {
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) return
    const message = decoded.value
    const hasFingerprint = message.fingerprintAt !== undefined
    answerRefused(turn, { client, message, hasFingerprint, mac: undefined }, methodName(message.method), refused(500))
  }

  return { received, hookAnswered, closed: hook.forget }
}
