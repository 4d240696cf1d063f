/** The presence machine in a world of arrays: users of one provider, each named by a word. */
import type { ConnectionId } from '../../../src/core/ids.ts'
import type { Frame } from '../../../src/core/mailbox.ts'
import type { Effects } from '../../../src/protocols/front-end.ts'
import {
  createPresence,
  type PresenceFrontEnd,
  type PresenceSettings,
} from '../../../src/protocols/presence/connection.ts'
import { ServerMessage } from '../../../src/protocols/presence/messages.ts'
import type { Identity } from '../../../src/protocols/presence/names.ts'
import type { Presence } from '../../../src/protocols/presence/vocabulary.ts'
import { createWorld, type World } from '../../support/world.ts'

export const issuer = 'https://login.example'

export const usual: PresenceSettings = {
  revision: 1,
  interval: 100,
  grace: 1_000,
  isStrict: false,
  closesExpired: false,
  devicesPerUser: 16,
  messagesPerSecond: 100,
}

/** What is not paced, for tests of something else. */
export const swift: Partial<PresenceSettings> = { interval: 0, grace: 0 }

export interface PresenceStage {
  readonly presence: PresenceFrontEnd
  readonly world: World<Presence>
  open(subject: string, more?: Partial<Identity> & { readonly expires?: number }): ConnectionId
  say(id: ConnectionId, message: unknown): void
  /** What came since the last time, as values. */
  hear(id: ConnectionId): readonly unknown[]
}

/** Every frame that is sent has to be one that the protocol knows, with its line break. */
export function checkFrame({ text }: Frame): void {
  if (!text.endsWith('}\n')) throw new Error(`[S21] does not end with a line break: ${text}`)
  ServerMessage.parse(JSON.parse(text))
}

/** Told of every frame that is sent to a connection. */
export type Witness = (to: ConnectionId, now: number) => void

export function presenceStage(settings: Partial<PresenceSettings> = {}, witness?: Witness): PresenceStage {
  const created = createPresence({ ...usual, ...settings })
  const presence = witness ? witnessed(created, witness) : created
  const iceServers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }]
  const world = createWorld<Presence>(presence, {
    answering: () => ({ answer: 'ice-servers', iceServers }),
    check: checkFrame,
  })
  return {
    presence,
    world,
    open: (subject, { expires = Number.MAX_SAFE_INTEGER, ...more } = {}) =>
      world.open({ identity: { issuer, subject, username: subject, ...more }, expires }),
    say: (id, message) => world.text(id, typeof message === 'string' ? message : JSON.stringify(message)),
    hear: (id) => world.hear(id).map((text): unknown => JSON.parse(text)),
  }
}

export const idOf = (subject: string) => ({ issuer, subject })
export const infoOf = (subject: string) => ({ issuer, subject, username: subject })
export const online = (subject: string) => ({ type: 'userOnline', body: { user: infoOf(subject) } })
export const offline = (subject: string) => ({ type: 'userOffline', body: { user: idOf(subject) } })
export const list = (...subjects: readonly string[]) => ({ type: 'userList', body: { users: subjects.map(infoOf) } })

function witnessed(presence: PresenceFrontEnd, witness: Witness): PresenceFrontEnd {
  const seen = (effects: Effects<Presence>, now: number): Effects<Presence> => {
    for (const effect of effects) if (effect.do === 'send') for (const to of effect.to) witness(to, now)
    return effects
  }
  return {
    ...presence,
    opened: (id, arrival, now) => seen(presence.opened(id, arrival, now), now),
    received: (id, message, now) => seen(presence.received(id, message, now), now),
    answered: (number, answer, now) => seen(presence.answered(number, answer, now), now),
    closed: (id, undelivered, now) => seen(presence.closed(id, undelivered, now), now),
    expired: (now) => seen(presence.expired(now), now),
  }
}
