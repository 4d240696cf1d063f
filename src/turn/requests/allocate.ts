/** Allocate: a relay port of one's own, or one of each family (RFC 8656 section 7.2; SPEC R9–R17). */
import { grantedLifetime } from '../allocation.ts'
import { addressFamilies } from '../codec/address.ts'
import { attributes, transportProtocols } from '../codec/attributes.ts'
import { quotaErrorCodes } from '../quota.ts'
import { transactionText } from './answers.ts'
import { bindRelays } from './bind-relays.ts'
import type { Wanted } from './binds.ts'
import { putGrant } from './grant.ts'
import { granted, type Outcome, refused, type Turn, type TurnRequest } from './turn.ts'

export function allocate(turn: Turn, request: TurnRequest): Outcome {
  for (const check of checks) {
    const outcome = check(turn, request)
    if (outcome) return outcome
  }
  return begin(turn, request)
}

/** Goes on if it says nothing. */
type Check = (turn: Turn, request: TurnRequest) => Outcome | undefined

const checks: readonly Check[] = [
  isFirst,
  hasTransport,
  mayKeepWhole,
  hasTokenAlone,
  hasOneFamilyAttribute,
  hasFamilyOfOurs,
  isTakingMore,
]

/** Whether the five-tuple is free. A repeated request gets the same answer, because the first may have been lost. */
function isFirst(turn: Turn, { allocation, message, sender }: TurnRequest): Outcome | undefined {
  if (!allocation) return undefined
  const isSame = allocation.transaction === transactionText(message) && allocation.sender.username === sender.username
  if (!isSame) return refused(437)
  if (allocation.phase === 'binding') return { outcome: 'ignored', why: 'bind under way' }
  return granted((writer) => putGrant(writer, turn.rules.settings, allocation))
}

/** Whether REQUESTED-TRANSPORT is there, and is one that we have. Peers over TCP are for clients over TCP (RFC 6062 section 5.1). */
function hasTransport({ rules }: Turn, { message, transport }: TurnRequest): Outcome | undefined {
  const protocol = message.get('requestedTransport')
  if (protocol === undefined) return refused(400)
  if (protocol === transportProtocols.udp) return undefined
  if (protocol !== transportProtocols.tcp || !rules.settings.tcpRelay) return refused(442)
  const isFit =
    transport !== 'udp' &&
    !message.span('evenPort') &&
    !message.span('dontFragment') &&
    !message.span('reservationToken')
  return isFit ? undefined : refused(400)
}

/** Whether we can do what DONT-FRAGMENT asks for; whoever cannot has to say that he does not know it. */
function mayKeepWhole({ capabilities }: Turn, { message }: TurnRequest): Outcome | undefined {
  if (capabilities.dontFragment || !message.span('dontFragment')) return undefined
  return { outcome: 'refused', code: 420, unknown: [attributes.dontFragment.type] }
}

/** RESERVATION-TOKEN names a port, and with it all that the others ask for. Whether it is good is seen when it is claimed. */
function hasTokenAlone(_turn: Turn, { message }: TurnRequest): Outcome | undefined {
  if (!message.span('reservationToken')) return undefined
  const isAlone =
    !message.span('evenPort') && !message.span('requestedAddressFamily') && !message.span('additionalAddressFamily')
  return isAlone ? undefined : refused(400)
}

/** REQUESTED- and ADDITIONAL-ADDRESS-FAMILY exclude each other; additional is IPv6 only, and no pair of ports goes with it. */
function hasOneFamilyAttribute(_turn: Turn, { message }: TurnRequest): Outcome | undefined {
  if (!message.span('additionalAddressFamily')) return undefined
  const isGood =
    !message.span('requestedAddressFamily') &&
    message.get('additionalAddressFamily') === addressFamilies[6] &&
    message.get('evenPort') !== true
  return isGood ? undefined : refused(400)
}

/** Whether we have a relay address of a family that is asked for; of two, one is enough. */
function hasFamilyOfOurs(turn: Turn, request: TurnRequest): Outcome | undefined {
  if (request.message.span('reservationToken')) return undefined
  return familiesAsked(request).some((family) => turn.rules.settings.relays[family]) ? undefined : refused(440)
}

/** Whether anything new is made at all: 300 would be another answer, but browsers try the next server on 508 too. */
function isTakingMore({ isDraining }: Turn): Outcome | undefined {
  return isDraining ? refused(508) : undefined
}

/** Counts the allocation, takes ports, and has them bound. */
function begin(turn: Turn, request: TurnRequest): Outcome {
  const holder = { user: request.sender.user, source: request.client.address.ip }
  const taken = turn.ledger.quotas.take(holder)
  if (taken !== 'ok') {
    turn.note({ fact: 'turn-quota-reached', of: taken, user: holder.user })
    return refused(quotaErrorCodes[taken])
  }
  // A token is good once, so it is claimed only when nothing else can be in the way.
  return bindRelays(turn, request, wanted(turn, request), holder)
}

function wanted({ rules }: Turn, request: TurnRequest): Wanted {
  const { message } = request
  const asked = familiesAsked(request)
  const families = asked.filter((family) => rules.settings.relays[family])
  const missing = asked.find((family) => !families.includes(family))
  const even = message.get('evenPort')
  return {
    protocol: message.get('requestedTransport') === transportProtocols.tcp ? 'tcp' : 'udp',
    families,
    lacking: missing && { family: missing, code: 440 },
    wish: even === undefined ? 'any' : even ? 'pair' : 'even',
    token: message.get('reservationToken'),
    lifetime: grantedLifetime(message.get('lifetime')),
  }
}

/** IPv4 unless something else is said (RFC 8656 section 7.2); a family that we have never heard of is none. */
function familiesAsked({ message }: TurnRequest): readonly (4 | 6)[] {
  if (message.span('additionalAddressFamily')) return [4, 6]
  const asked = message.get('requestedAddressFamily')
  if (asked === undefined || asked === addressFamilies[4]) return [4]
  return asked === addressFamilies[6] ? [6] : []
}
