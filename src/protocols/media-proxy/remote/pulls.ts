/** How a stream comes from another proxy: which media it has, room for it at our Janus, and where to send it. */

import type { z } from 'zod'
import type { Stream as WireStream } from '../../../sfu/proxy/messages.ts'
import type { PublisherStream, Stream } from '../../../sfu/stream.ts'
import { ended, nextLeg, notOpened, receive } from '../clients.ts'
import type { ErrorCode } from '../errors.ts'
import { type Pull, pullKey } from '../model.ts'
import { asked, type State } from '../state.ts'
import { ask, closePull, otherAt } from './others.ts'

/** How long (ms) all of it may take. */
const limit = 5_000

/** The pull of that stream, begun if there is none. */
export function pullOf(state: State, url: string, stream: Stream): Pull {
  const key = pullKey(url, stream)
  const known = state.pulls.get(key)
  if (known) return known
  const other = otherAt(state, url)
  const leg = nextLeg(state)
  const pull: Pull = {
    key,
    other,
    stream,
    leg,
    phase: 'listing',
    ports: undefined,
    subscribers: new Set(),
    asked: new Set(),
  }
  state.pulls.set(key, pull)
  state.byLeg.set(leg, pull)
  other.pulls.add(pull)
  state.deadlines.set(`pull ${leg}`, state.now() + limit, { due: 'pull', pull })
  const command = { type: 'get-publisher-streams', clientId: stream.publisher } as const
  ask(state, other, command, { about: 'streams', pull })
  return pull
}

/** The other proxy said which media there is. */
export function listed(state: State, pull: Pull, streams: readonly z.infer<typeof WireStream>[]): void {
  if (pull.phase !== 'listing') return
  if (streams.length === 0) return failPull(state, pull, 'internal_error', 'the publisher sends nothing')
  pull.phase = 'receiving'
  const number = asked(state, { of: 'receive', pull })
  const { leg, stream } = pull
  state.sfu({ do: 'receive', leg, request: number, stream, streams: streams.map(withoutNulls) })
}

function withoutNulls(stream: z.infer<typeof WireStream>): PublisherStream {
  const { mid, mindex, type, ...more } = stream
  const given = Object.entries(more).filter(([, value]) => value !== null && value !== undefined)
  return { mid, mindex, type, ...Object.fromEntries(given) }
}

/** Our Janus waits for it at these ports. */
export function receiving(state: State, pull: Pull, ports: NonNullable<Pull['ports']>): void {
  const { remote } = state.settings
  if (pull.phase !== 'receiving' || !remote) return
  pull.phase = 'announcing'
  pull.ports = ports
  const { publisher: clientId } = pull.stream
  const command = { type: 'publish-remote', clientId, hostname: remote.hostname, ...ports } as const
  ask(state, pull.other, command, { about: 'publish', pull })
}

/** It is on its way. */
export function flowing(state: State, pull: Pull): void {
  if (pull.phase !== 'announcing') return
  pull.phase = 'ready'
  state.deadlines.cancel(`pull ${pull.leg}`)
  for (const client of pull.subscribers) receive(state, client)
}

/** It could not be had, or is gone: its subscribers with it. */
export function failPull(state: State, pull: Pull, code: ErrorCode, why: string): void {
  if (pull.phase === 'over') return
  const subscribers = [...pull.subscribers]
  closePull(state, pull)
  for (const client of subscribers) {
    if (client.opening) notOpened(state, client, code, why)
    else ended(state, client, why)
  }
}
