/** Media of publishers here that is copied to other proxies. */
import type { CommandOf } from '../../sfu/proxy/messages.ts'
import { refuse, sendEvent } from './deliver.ts'
import { type Client, type Forward, forwardKey, type Session } from './model.ts'
import { asked, type State } from './state.ts'

type Wanted = CommandOf<'publish-remote'> | CommandOf<'unpublish-remote'>

/** The publisher may be of any session: its id, which nobody guesses, came from the signaling server that has it. */
export function publishRemote(state: State, session: Session, request: string | undefined, wanted: Wanted): void {
  const publisher = state.clients.get(wanted.clientId)
  if (publisher?.kind !== 'publisher' || publisher.opening || !isPlace(wanted.hostname)) {
    return refuse(state, session, request, 'unknown_client')
  }
  const forward = { publisher, to: receiverOf(session, wanted) }
  const key = forwardKey(publisher.id, forward.to)
  const former = session.forwards.get(key)
  // Whoever asks anew has forgotten that it runs; the other end may have.
  if (former) stopForwarding(state, former)
  session.forwards.set(key, forward)
  const number = asked(state, { of: 'forward', session, forward, request })
  state.sfu({ do: 'forward', leg: publisher.leg, request: number, to: forward.to })
}

export function unpublishRemote(state: State, session: Session, request: string | undefined, wanted: Wanted): void {
  const key = forwardKey(wanted.clientId, receiverOf(session, wanted))
  const forward = session.forwards.get(key)
  if (!forward) return refuse(state, session, request, 'unknown_client')
  session.forwards.delete(key)
  const number = asked(state, { of: 'stop-forwarding', session, forward, request })
  state.sfu({ do: 'stop-forwarding', leg: forward.publisher.leg, request: number, to: forward.to })
}

/** Nobody waits for the answer. */
export function stopForwarding(state: State, { publisher, to }: Forward): void {
  state.sfu({ do: 'stop-forwarding', leg: publisher.leg, request: state.serial(), to })
}

/** A publisher is gone: those who had its media copied are told. */
export function forgetForwardsOf(state: State, publisher: Client): void {
  for (const session of state.sessions.values()) {
    const keys = [...session.forwards].filter(([, forward]) => forward.publisher === publisher).map(([key]) => key)
    for (const key of keys) session.forwards.delete(key)
    if (keys.length > 0) sendEvent(state, session, { type: 'publisher-closed', clientId: publisher.id })
  }
}

/** Each copy needs a name of its own at Janus. */
const receiverOf = (session: Session, { hostname: host, port, rtcpPort }: Wanted): Forward['to'] => ({
  id: `${session.number}@${host}:${port}`,
  host,
  port,
  rtcpPort,
})

/** A name or an address and nothing else: Janus looks it up. */
const isPlace = (hostname: string): boolean => /^[a-z0-9]([a-z0-9.:-]{0,252})$/i.test(hostname)
