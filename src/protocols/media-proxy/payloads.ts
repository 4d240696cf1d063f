/** What clients say to the peer connection of a publisher or subscriber, and whether it may be said. */
import { mayComeIn, parseCandidate } from '../../sfu/candidates.ts'
import type { Payload } from '../../sfu/proxy/messages.ts'
import { sayingOf } from '../../sfu/proxy/payloads.ts'
import { filterSdp, parseSdp } from '../../sfu/sdp.ts'
import type { Saying } from '../../sfu/sfu.ts'
import { refuse, send } from './deliver.ts'
import { withId } from './errors.ts'
import type { Client, Session } from './model.ts'
import { asked, type State } from './state.ts'

export function payload(state: State, session: Session, request: string | undefined, said: Payload): void {
  const { type, sid, clientId } = said
  if (isBare(said)) return refuse(state, session, request, 'invalid_format')
  const client = session.clients.get(clientId)
  state.note({ fact: 'proxy-payload', session: session.number, type: isKnown(type) ? type : 'unknown' })
  if (!client || client.opening) return refuse(state, session, request, 'unknown_client')
  const saying = sayingOf(said)
  const checked = saying && maySay(client, saying) ? permitted(state, saying) : 'unusable'
  if (checked === 'unusable') return refuse(state, session, request, 'unsupported_payload')
  if (checked === 'dropped') return confirm(state, client, request, type)
  const number = asked(state, { of: 'payload', client, request, type })
  state.sfu({ do: 'say', leg: client.leg, request: number, sid: sid || undefined, saying: checked })
}

/** There has to be something in these. */
const isBare = ({ type, payload: body }: Payload): boolean =>
  ['offer', 'answer', 'candidate'].includes(type) && Object.keys(body ?? {}).length === 0

const types = ['offer', 'answer', 'candidate', 'endOfCandidates', 'requestoffer', 'sendoffer', 'selectStream']
const isKnown = (type: string): boolean => types.includes(type)

/** Offers are for publishers; answers, and the wish for an offer, for subscribers. */
function maySay({ kind }: Client, { say }: Saying): boolean {
  switch (say) {
    case 'offer':
      return kind === 'publisher'
    case 'answer':
    case 'request-offer':
    case 'select':
      return kind === 'subscriber'
    case 'candidate':
      return true
  }
}

/** `dropped`: a candidate that the operator does not want; nobody is told. */
function permitted({ wishes: { filter } }: State, saying: Saying): Saying | 'dropped' | 'unusable' {
  switch (saying.say) {
    case 'offer':
    case 'answer':
      if (!parseSdp(saying.sdp)) return 'unusable'
      return { ...saying, sdp: filterSdp(saying.sdp, (line) => mayComeIn(filter, line)) }
    case 'candidate': {
      const line = parseCandidate(saying.candidate.candidate)
      if (line === undefined) return 'unusable'
      return line === 'end' || mayComeIn(filter, line) ? saying : 'dropped'
    }
    case 'request-offer':
    case 'select':
      return saying
  }
}

/** Done, and there is nothing to say about it. */
export function confirm(state: State, { session, id }: Client, request: string | undefined, type: string): void {
  send(state, session, { ...withId(request), type: 'payload', payload: { type, clientId: id, payload: null } })
}
