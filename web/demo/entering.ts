/** The way into a room: connected with a ticket, let in by an owner, or the first one there, who opens it. */
import { AdmissionClient } from '../../sdk/src/admission/client.ts'
import type { AdmissionRoom } from '../../sdk/src/admission/room.ts'
import { ConnectionError, RefusedError } from '../../sdk/src/core/errors.ts'
import { fullJitter } from '../../sdk/src/core/reconnect-policy.ts'
import { newPass, proofOf } from './pass.ts'
import { fetchTicket } from './ticket.ts'

export interface Entrance {
  readonly name: string
  readonly password: string
}

/** Connected, or refused for good. */
export async function connect({ name, password }: Entrance, signal: AbortSignal): Promise<AdmissionClient> {
  const first = await fetchTicket(password)
  let unused: string | undefined = first.token
  const client = new AdmissionClient({
    // Somebody in front of the server may have put a path before ours.
    url: new URL(first.path.slice(1), new URL('.', location.href)).href,
    async getToken() {
      const token = unused ?? (await fetchTicket(password)).token
      unused = undefined
      return token
    },
    peerinfo: { name },
    socketio: { transports: ['websocket', 'polling'], tryAllTransports: true },
    reconnect: fullJitter({ base: 300, cap: 4_000 }),
  })
  client.connect()
  try {
    await client.ready({ signal, timeout: 20_000 })
  } catch (thrown) {
    client.disconnect()
    throw thrown
  }
  return client
}

/** With it one need not be let in a second time. */
export interface KeptPass {
  /** Undefined until somebody who was there before has told it. */
  pass: string | undefined
}

/** Several who come at once may each find the room first gone and then taken. */
const mostAttempts = 8
const pause = 250

/** Whoever opens the room makes its pass up, unless one is kept. */
export async function enter(
  client: AdmissionClient,
  name: string,
  kept: KeptPass,
  signal: AbortSignal,
): Promise<AdmissionRoom> {
  // Asked for again whenever the connection was lost, by which time the pass may be known.
  const payload = async (id: string) => (kept.pass === undefined ? {} : { proof: await proofOf(kept.pass, name, id) })
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.join(name, { payload, signal })
    } catch (thrown) {
      if (isLost(thrown) && client.state !== 'closed') {
        await client.ready({ signal })
        attempt = 0
        continue
      }
      if (!isNotFound(thrown)) throw thrown
    }
    try {
      const room = await client.createRoom(name, { payload, signal })
      kept.pass ??= newPass()
      return room
    } catch (thrown) {
      if (!isTaken(thrown) || attempt === mostAttempts) throw thrown
    }
    await new Promise((resolve) => setTimeout(resolve, pause * Math.random() * attempt))
  }
}

const isNotFound = (thrown: unknown): boolean => thrown instanceof RefusedError && /not found/i.test(thrown.message)

/** The connection, not the question, came to an end. */
const isLost = (thrown: unknown): boolean => thrown instanceof ConnectionError && thrown.temporary

const isTaken = (thrown: unknown): boolean => thrown instanceof RefusedError && /taken/i.test(thrown.message)

/** As the server says it. */
export const declined: RegExp = /was rejected/

export const isDeclined = (thrown: unknown): boolean => thrown instanceof RefusedError && declined.test(thrown.message)
