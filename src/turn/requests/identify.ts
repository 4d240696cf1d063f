/** Finds out who sent a request, or sees to it that he is challenged, refused, or asked about (RFC 8489 section 9.2.4). */
import { formatTransportAddress } from '../../lib/ip-address.ts'
import type { Authentication, Presented, Sender } from '../authenticate.ts'
import { headerLength } from '../codec/header.ts'
import { integrityHolds, integritySha256Holds } from '../codec/integrity.ts'
import type { StunMessage } from '../codec/message.ts'
import { passwordAlgorithms } from '../codec/values.ts'
import type { TurnTransport } from '../facts.ts'
import type { HookAnswer } from '../hook-answers.ts'
import type { AnswerTo, MacKind, Put } from './answers.ts'
import { methodName, type Turn, type TurnRequest } from './turn.ts'

/** What is known of a request before its sender is. */
export type Unidentified = Omit<TurnRequest, 'sender' | 'mac'> & { readonly mac: undefined }

export interface Identified {
  readonly sender: Sender
  readonly mac: NonNullable<AnswerTo['mac']>
}

/** `ask` is the name that the hook is to be asked about; undefined: all that there is to say has been said. */
export function identify(
  turn: Turn,
  request: Unidentified,
  owner: Sender | undefined,
  hooked: (username: string) => HookAnswer | undefined,
): Identified | { readonly ask: string } | undefined {
  const { message, client, now } = request
  const { settings, authenticator } = turn.rules
  const username = message.get('username')
  const kind = macKind(message, settings.sha256)
  const presented: Presented = {
    client: client.address,
    isBare: message.end - message.start === headerLength || message.fingerprintAt === message.start + headerLength,
    makesNew: message.method === 'allocate',
    username,
    realm: message.get('realm'),
    nonce: message.get('nonce'),
    hasIntegrity: kind !== undefined,
    algorithm: settings.sha256 ? algorithmOf(message) : 'md5',
    holds: (key) => (kind === 'sha256' ? integritySha256Holds(message, key) : integrityHolds(message, key)),
  }
  const hookAnswer = username === undefined ? undefined : hooked(username)
  const found = authenticator.authenticate(presented, now, owner, hookAnswer)
  if (found.outcome === 'ok') return { sender: found.sender, mac: { kind: kind ?? 'sha1', key: found.sender.key } }
  if (found.outcome === 'ask') return { ask: found.username }
  rebuff(turn, request, found)
  return undefined
}

type Rebuff = Exclude<Authentication, { readonly outcome: 'ok' | 'ask' }>

function rebuff(turn: Turn, request: Unidentified, found: Rebuff): void {
  const { client, message, transport, now } = request
  if (isRationed(transport, found) && !turn.ledger.challenges.admits(client.address.ip, now)) {
    return turn.ignore(transport, 'over the answer rate')
  }
  const [method, address] = [methodName(message.method), formatTransportAddress(client.address)]
  if (found.outcome === 'refusal') {
    turn.act(turn.answers.error(request, found.code))
    turn.note({ fact: 'turn-refused', transport, method, code: found.code, address })
    return
  }
  turn.act(turn.answers.error(request, found.code, challenge(turn, request)))
  turn.note({ fact: 'turn-challenged', transport, method, code: found.code, why: found.why, address })
}

/**
 * SPEC Q4: an answer to a datagram can be turned against whoever's address was invented. On a stream that is not so, and
 * a client there does not repeat what we leave unanswered; but it could guess passwords as fast as it likes.
 */
function isRationed(transport: TurnTransport, found: Rebuff): boolean {
  if (transport === 'udp') return true
  return found.outcome === 'challenge' && (found.why === 'wrong password' || found.why === 'unknown user')
}

function challenge({ rules: { settings, nonces } }: Turn, { client, now }: Unidentified): Put {
  return (writer) => {
    writer.put('realm', settings.realm).put('nonce', nonces.make(client.address, now))
    if (settings.sha256) writer.put('passwordAlgorithms', offered)
  }
}

const none = new Uint8Array(0)
/** The one that we prefer first. */
const offered = [
  { algorithm: passwordAlgorithms.sha256, parameters: none },
  { algorithm: passwordAlgorithms.md5, parameters: none },
]

/** If a request has both, the stronger one is looked at. */
function macKind(message: StunMessage, sha256: boolean): MacKind | undefined {
  if (sha256 && message.integritySha256At !== undefined) return 'sha256'
  return message.integrityAt === undefined ? undefined : 'sha1'
}

/**
 * RFC 8489 section 9.2.4: neither of the attributes means MD5; else both must be there, the list as we sent it, and the
 * one chosen on it. So nobody on the way can make a client choose the weaker one.
 */
function algorithmOf(message: StunMessage): Presented['algorithm'] {
  const isPresent = [message.span('passwordAlgorithm'), message.span('passwordAlgorithms')].some((one) => one)
  if (!isPresent) return 'md5'
  const chosen = message.get('passwordAlgorithm')
  const list = message.get('passwordAlgorithms')
  if (!chosen || chosen.parameters.length > 0 || list?.length !== offered.length) return undefined
  const isOurs = list.every(
    ({ algorithm, parameters }, at) => algorithm === offered[at]?.algorithm && parameters.length === 0,
  )
  if (!isOurs) return undefined
  if (chosen.algorithm === passwordAlgorithms.sha256) return 'sha256'
  return chosen.algorithm === passwordAlgorithms.md5 ? 'md5' : undefined
}
