/** What the SFU tells, in the words of the protocol. */
import { mayGoOut, parseCandidate } from '../../sfu/candidates.ts'
import { candidateBody, description, unaskedOffer } from '../../sfu/proxy/payloads.ts'
import { filterSdp } from '../../sfu/sdp.ts'
import type { SfuEvent } from '../../sfu/sfu.ts'
import type { Candidate } from '../../sfu/stream.ts'
import { ended, notOpened, opened, removeClient } from './clients.ts'
import { refuse, send, sendEvent } from './deliver.ts'
import { codeOf, withId } from './errors.ts'
import type { Client } from './model.ts'
import { confirm } from './payloads.ts'
import { failPull, receiving } from './remote/pulls.ts'
import { answered, type Pending, type State } from './state.ts'

type EventOf<E extends SfuEvent['event']> = Extract<SfuEvent, { readonly event: E }>

export function sfuTold(state: State, event: SfuEvent): void {
  switch (event.event) {
    case 'available':
      return available(state, event.is)
    case 'opened':
      return withClient(state, event, (client) => opened(state, client, event.sid, event.bitrate))
    case 'answer':
    case 'done':
    case 'streams':
    case 'receiving':
    case 'failed':
      return replied(state, event)
    case 'offer':
      return event.request === undefined ? offered(state, event) : replied(state, { ...event, request: event.request })
    case 'candidate':
      return withClient(state, event, (client) => found(state, client, event.candidate))
    case 'interrupted':
      return withClient(state, event, (client) => ended(state, client, 'its publisher is gone'))
    case 'closed':
      return closed(state, event)
  }
}

function withClient(state: State, { leg }: { readonly leg: Client['leg'] }, act: (client: Client) => void): void {
  const found = state.byLeg.get(leg)
  if (found && 'session' in found) act(found)
}

function closed(state: State, { leg, detail }: EventOf<'closed'>): void {
  const found = state.byLeg.get(leg)
  if (!found) return
  if ('session' in found) ended(state, found, detail)
  else failPull(state, found, 'internal_error', detail)
}

/** Without Janus there is nothing: those who had something here go elsewhere. */
function available(state: State, is: boolean): void {
  if (state.isAvailable === is) return
  state.isAvailable = is
  // Those without a connection too: that their media has gone is told by nothing else.
  for (const session of state.sessions.values()) {
    sendEvent(state, session, { type: is ? 'backend-connected' : 'backend-disconnected' })
  }
  if (is) return
  const clients = [...state.clients.values()]
  // Subscribers first: their sessions are not told of each.
  for (const client of clients.toSorted((a, b) => b.kind.localeCompare(a.kind))) {
    if (client.opening) notOpened(state, client, 'internal_error', 'Janus is gone')
    else removeClient(state, client)
  }
  for (const pull of [...state.pulls.values()]) failPull(state, pull, 'internal_error', 'Janus is gone')
}

type Answer =
  | EventOf<'answer' | 'done' | 'streams' | 'receiving' | 'failed'>
  | (EventOf<'offer'> & { readonly request: number })

function replied(state: State, event: Answer): void {
  const pending = answered(state, event.request)
  if (!pending) return
  if (event.event === 'failed') return failed(state, pending, event)
  switch (pending.of) {
    case 'payload':
      return answeredPayload(state, pending, event)
    case 'streams': {
      const streams = event.event === 'streams' ? [...event.streams] : []
      const command = { id: pending.client.id, streams }
      return send(state, pending.session, { ...withId(pending.request), type: 'command', command })
    }
    case 'forward':
    case 'stop-forwarding': {
      const command = { id: pending.forward.publisher.id }
      return send(state, pending.session, { ...withId(pending.request), type: 'command', command })
    }
    case 'receive':
      if (event.event === 'receiving') receiving(state, pending.pull, { port: event.port, rtcpPort: event.rtcpPort })
      return
  }
}

function failed(state: State, pending: Pending, { why, detail }: EventOf<'failed'>): void {
  if (pending.of === 'receive') {
    // Older ones know nothing of other Januses.
    const code = why === 'refused' ? 'unsupported_subscriber' : codeOf(why)
    return failPull(state, pending.pull, code, detail)
  }
  const session = pending.of === 'payload' ? pending.client.session : pending.session
  if (pending.of === 'forward') {
    for (const [key, forward] of session.forwards) if (forward === pending.forward) session.forwards.delete(key)
  }
  const request = pending.of === 'payload' ? pending.type : pending.of
  state.note({ fact: 'proxy-request-failed', session: session.number, request, why: detail })
  refuse(state, session, pending.request, codeOf(why))
}

function answeredPayload(
  state: State,
  { client, request, type }: Extract<Pending, { readonly of: 'payload' }>,
  event: Answer,
): void {
  if (event.event !== 'answer' && event.event !== 'offer') return confirm(state, client, request, type)
  if (event.event === 'offer') updateSid(state, client, event.sid)
  const payload = description(event.event, outgoing(state, event.sdp))
  const { session, id: clientId } = client
  send(state, session, { ...withId(request), type: 'payload', payload: { type, clientId, payload: { ...payload } } })
}

/** An offer that nobody asked for. */
function offered(state: State, event: EventOf<'offer'>): void {
  withClient(state, event, (client) => {
    updateSid(state, client, event.sid)
    const payload = { type: 'offer', clientId: client.id, payload: { ...unaskedOffer(outgoing(state, event.sdp)) } }
    send(state, client.session, { type: 'payload', payload })
  })
}

/** Said before the offer that brings the new connection. */
function updateSid(state: State, client: Client, sid: string): void {
  if (client.sid === sid) return
  client.sid = sid
  sendEvent(state, client.session, { type: 'subscriber-sid-updated', clientId: client.id, sid })
}

function found(state: State, client: Client, candidate: Candidate): void {
  const line = parseCandidate(candidate.candidate)
  if (line === 'end') return sendEvent(state, client.session, { type: 'ice-completed', clientId: client.id })
  if (line && !mayGoOut(state.wishes.filter, line)) return
  const payload = { type: 'candidate', clientId: client.id, payload: { ...candidateBody(candidate) } }
  send(state, client.session, { type: 'payload', payload })
}

const outgoing = ({ wishes: { filter } }: State, sdp: string): string =>
  filterSdp(sdp, (line) => mayGoOut(filter, line))
