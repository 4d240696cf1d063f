/** A relay without sockets: users ann, ben, cas and dan whose password is `pw-` and the name. */
import type { ConnectionId } from '../../../src/core/ids.ts'
import {
  createRelay,
  type Known,
  type RelayFrontEnd,
  type RelaySettings,
} from '../../../src/protocols/relay/connection.ts'
import { type RoomName, roomName } from '../../../src/protocols/relay/room-name.ts'
import type { Happening, HookEvent, Relay } from '../../../src/protocols/relay/vocabulary.ts'
import { createDice } from '../../support/clock.ts'
import { type Answering, createWorld, type World } from '../../support/world.ts'

export interface RelayServer {
  readonly relay: RelayFrontEnd
  readonly world: World<Relay>
  /** A connection, nothing said. */
  open(room?: string): ConnectionId
  say(id: ConnectionId, said: unknown): void
  /** What came since the last time: texts, or values where they are JSON. */
  hear(id: ConnectionId): readonly unknown[]
  /** Opens and authenticates; what is said to it about that has been heard. */
  member(name: string, room?: string): ConnectionId
  /** The calls of hooks so far: `create den ann [ben]`. */
  calls(): readonly string[]
}

export interface RelayServerOptions extends Partial<Omit<RelaySettings, 'hooks'>> {
  readonly hooks?: readonly HookEvent[]
  readonly known?: (username: string) => Known
  readonly answering?: Answering<Relay>
  readonly iceServers?: (username: string) => readonly { readonly urls: readonly string[] }[]
  readonly seed?: number
}

export function room(name: string): RoomName {
  const found = roomName(name)
  if (found === undefined) throw new Error(`no name of a room: ${name}`)
  return found
}

export const authenticate = (username: unknown, password: unknown): unknown => ({
  event: 'authenticate',
  data: { username, password },
})

const people = ['ann', 'ben', 'cas', 'dan']
const knownPeople = (name: string): Known => (people.includes(name) ? { password: `pw-${name}` } : undefined)

export const printCall = ({ event, room: name, username, others }: Happening): string =>
  `${event} ${name} ${username} [${others.join(' ')}]`

export function relayServer(options: RelayServerOptions = {}): RelayServer {
  const { hooks = [], known = knownPeople, iceServers = () => [], answering, seed = 1, ...settings } = options
  const dice = createDice(seed)
  const relay = createRelay(
    {
      revision: 1,
      authTimeout: 10_000,
      waiting: { bytes: 1_048_576, messages: 1_000 },
      ...settings,
      hooks: new Set(hooks),
    },
    { known, random: dice.bytes, iceServers },
  )
  const world = createWorld<Relay>(relay, answering ? { answering } : {})
  const open = (name = 'den'): ConnectionId => world.open({ room: room(name) })
  const say = (id: ConnectionId, said: unknown): void =>
    world.text(id, typeof said === 'string' ? said : JSON.stringify(said))

  return {
    relay,
    world,
    open,
    say,
    hear: (id) => world.hear(id).map(readable),
    member(name, where) {
      const id = open(where)
      say(id, authenticate(name, `pw-${name}`))
      world.hear(id)
      return id
    },
    calls: () => world.asked.flatMap(({ ask }) => (ask.ask === 'hook' ? [printCall(ask.happening)] : [])),
  }
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
