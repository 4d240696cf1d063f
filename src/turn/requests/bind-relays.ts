/** Between an Allocate request and its answer: ports are taken, sockets bound, and other ports tried if that fails (SPEC R18, R19). */
import { formatTransportAddress } from '../../lib/ip-address.ts'
import { type Granted, openAllocation, type PendingAllocation, type Relay } from '../allocation.ts'
import { portKey } from '../allocations.ts'
import type { Holder } from '../quota.ts'
import { kept, transactionText } from './answers.ts'
import type { Attempt, Binding, Wanted } from './binds.ts'
import { closeRelay } from './end.ts'
import { putGrant } from './grant.ts'
import { answerRefused } from './refuse.ts'
import { type Outcome, refused, type Turn, type TurnRequest } from './turn.ts'

/** Other programs use ports of the range too, but hardly eight in a row. */
const mostAttempts = 8

/** What `holder` has been counted for is released again if this refuses. */
export function bindRelays(turn: Turn, request: TurnRequest, wanted: Wanted, holder: Holder): Outcome {
  const { client, clientKey, sender, message } = request
  const { protocol } = wanted
  const transaction = transactionText(message)
  const pending: PendingAllocation = { phase: 'binding', clientKey, client, sender, protocol, transaction }
  const { lacking } = wanted
  const answerTo = kept(request)
  const binding: Binding = { pending, answerTo, holder, wanted, lacking, bound: [], awaited: 0, isAbandoned: false }
  if (wanted.token) claim(turn, binding, wanted.token, request.now)
  else for (const family of wanted.families) takePort(turn, binding, family, 1, request.now)
  if (binding.awaited === 0) {
    turn.ledger.quotas.release(holder)
    return refused(508)
  }
  turn.allocations.hold(pending)
  return { outcome: 'later' }
}

export function relayBound(turn: Turn, relay: Relay, now: number): void {
  const attempt = takeAttempt(turn, relay)
  if (!attempt) return turn.act({ do: 'close-relay', relay })
  const { binding } = attempt
  if (binding.isAbandoned) {
    turn.act({ do: 'close-relay', relay })
    return releasePort(turn, attempt, now)
  }
  binding.bound.push(relay)
  settle(turn, binding, now)
}

export function relayFailed(turn: Turn, family: 4 | 6, port: number, error: string, now: number): void {
  const attempt = takeAttempt(turn, { family, port })
  if (!attempt) return
  turn.note({ fact: 'turn-bind-failed', family, port, error })
  releasePort(turn, attempt, now)
  const { binding, attempts } = attempt
  if (binding.isAbandoned) return
  // A token is for one port only.
  if (attempts < mostAttempts && !binding.wanted.token) takePort(turn, binding, family, attempts + 1, now)
  else binding.lacking ??= { family, code: 508 }
  settle(turn, binding, now)
}

/** Lets go of everything that has been taken for a client who has gone; what is not bound yet, as soon as it is. */
export function abandon(turn: Turn, pending: PendingAllocation, now: number): void {
  turn.allocations.remove(pending.clientKey)
  const attempts = [...turn.binds.values()].filter((one) => one.binding.pending === pending)
  const binding = attempts[0]?.binding
  if (!binding || binding.isAbandoned) return
  binding.isAbandoned = true
  letGo(turn, binding, now)
}

function takePort(turn: Turn, binding: Binding, family: 4 | 6, attempts: number, now: number): void {
  const port = turn.ledger.ports[family].take(binding.wanted.wish, now)
  if (port === undefined) {
    turn.note({ fact: 'turn-ports-exhausted', family })
    binding.lacking ??= { family, code: 508 }
  } else attempt(turn, { binding, family, port, attempts })
}

/** Ports of the families are kept apart, so the token tells which one it is. */
function claim(turn: Turn, binding: Binding, token: Uint8Array, now: number): void {
  const text = tokenText(token)
  for (const family of [4, 6] as const) {
    const port = turn.rules.settings.relays[family] && turn.ledger.ports[family].claim(text, now)
    if (port !== undefined) return attempt(turn, { binding, family, port, attempts: 1 })
  }
}

function attempt(turn: Turn, one: Attempt): void {
  const { binding, family, port } = one
  turn.binds.set(portKey(family, port), one)
  binding.awaited++
  const { clientKey, protocol } = binding.pending
  turn.act({ do: 'bind-relay', for: clientKey, family, port, protocol })
}

function takeAttempt(turn: Turn, { family, port }: Pick<Relay, 'family' | 'port'>): Attempt | undefined {
  const attempt = turn.binds.get(portKey(family, port))
  if (!attempt) return undefined
  turn.binds.delete(portKey(family, port))
  attempt.binding.awaited--
  return attempt
}

/** When every socket is bound, or cannot be. */
function settle(turn: Turn, binding: Binding, now: number): void {
  if (binding.awaited > 0) return
  if (binding.bound.length > 0) return open(turn, binding, now)
  turn.allocations.remove(binding.pending.clientKey)
  turn.ledger.quotas.release(binding.holder)
  answerRefused(turn, binding.answerTo, 'allocate', refused(508))
}

function open(turn: Turn, binding: Binding, now: number): void {
  const { pending, answerTo, wanted, lacking } = binding
  const relays = binding.bound.toSorted((one, other) => one.family - other.family)
  const token = wanted.wish === 'pair' ? turn.randomOctets(8) : undefined
  const [first] = relays
  if (token && first) turn.ledger.ports[first.family].keep(first.port + 1, tokenText(token), now)
  const granted: Granted = { lifetime: wanted.lifetime, token, lacking }
  const allocation = openAllocation(pending, { id: turn.newId(), relays, since: now, granted })
  turn.allocations.add(allocation, now + wanted.lifetime * 1000)
  turn.act({ do: 'open', allocation })
  turn.note({
    fact: 'turn-allocated',
    allocation: allocation.id,
    transport: turn.transports[pending.client.listener] ?? 'udp',
    user: pending.sender.user,
    address: formatTransportAddress(pending.client.address),
    ports: relays.map(({ port }) => port),
  })
  turn.act(turn.answers.success(answerTo, (writer) => putGrant(writer, turn.rules.settings, allocation)))
}

function letGo(turn: Turn, binding: Binding, now: number): void {
  for (const relay of binding.bound) {
    closeRelay(turn, relay, now)
    if (binding.wanted.wish === 'pair') turn.ledger.ports[relay.family].release(relay.port + 1, now)
  }
  turn.ledger.quotas.release(binding.holder)
}

/** Of a pair, both. */
function releasePort({ ledger }: Turn, { binding, family, port }: Attempt, now: number): void {
  ledger.ports[family].release(port, now)
  if (binding.wanted.wish === 'pair') ledger.ports[family].release(port + 1, now)
}

/** Hexadecimal, so that it can cross into shared memory as it is. */
const tokenText = (token: Uint8Array): string => token.toHex()
