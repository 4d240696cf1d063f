/** What a session may have done here. */
import type { Command, CommandOf } from '../../sfu/proxy/messages.ts'
import { publish, removeClient, subscribe } from './clients.ts'
import { refuse, send } from './deliver.ts'
import { withId } from './errors.ts'
import { publishRemote, unpublishRemote } from './forwards.ts'
import type { Client, Session } from './model.ts'
import { subscribeElsewhere } from './remote/subscribe.ts'
import { asked, type State } from './state.ts'

/** More than a Janus can serve; bounds what one session makes us remember. */
const mostClients = 20_000

export function command(state: State, session: Session, request: string | undefined, order: Command): void {
  state.note({ fact: 'proxy-command', session: session.number, type: order.type })
  switch (order.type) {
    case 'create-publisher':
      if (state.isDraining) return refuse(state, session, request, 'shutdown_scheduled')
      if (!mayHaveMore(state, session)) return refuse(state, session, request, 'internal_error')
      return publish(state, session, request, order)
    case 'create-subscriber':
      if (!mayHaveMore(state, session)) return refuse(state, session, request, 'internal_error')
      return createSubscriber(state, session, request, order)
    case 'delete-publisher':
      return remove(state, session, request, order, 'publisher')
    case 'delete-subscriber':
      return remove(state, session, request, order, 'subscriber')
    case 'publish-remote':
      return publishRemote(state, session, request, order)
    case 'unpublish-remote':
      return unpublishRemote(state, session, request, order)
    case 'get-publisher-streams':
      return listStreams(state, session, request, order)
  }
}

/** Whoever hears at once that there is no Janus goes elsewhere at once. */
const mayHaveMore = ({ isAvailable }: State, { clients }: Session): boolean => isAvailable && clients.size < mostClients

/** The publisher may be of another session: several signaling servers may share a call, and a proxy. */
function createSubscriber(
  state: State,
  session: Session,
  request: string | undefined,
  order: CommandOf<'create-subscriber'>,
): void {
  const { publisherId, streamType: type } = order
  const publisher = state.clients.get(publisherId)
  const isHere = publisher?.kind === 'publisher' && publisher.stream.type === type
  if (order.remoteUrl) return subscribeElsewhere(state, session, request, order, isHere ? publisher : undefined)
  if (!isHere) return refuse(state, session, request, 'unknown_client')
  subscribe(state, session, request, { stream: publisher.stream, pull: undefined, bitrate: publisher.bitrate })
}

function remove(
  state: State,
  session: Session,
  request: string | undefined,
  { clientId }: { readonly clientId: string },
  kind: Client['kind'],
): void {
  const client = session.clients.get(clientId)
  if (client?.kind !== kind || client.opening) return refuse(state, session, request, 'unknown_client')
  removeClient(state, client)
  send(state, session, { ...withId(request), type: 'command', command: { id: clientId } })
}

function listStreams(
  state: State,
  session: Session,
  request: string | undefined,
  { clientId }: CommandOf<'get-publisher-streams'>,
): void {
  const client = state.clients.get(clientId)
  if (client?.kind !== 'publisher' || client.opening) return refuse(state, session, request, 'unknown_client')
  const number = asked(state, { of: 'streams', session, client, request })
  state.sfu({ do: 'list-streams', leg: client.leg, request: number })
}
