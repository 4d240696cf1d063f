/** The relay front end: who may say what when, in both revisions of the protocol. */

import type { IceServer } from '../../auth/ice-servers.ts'
import type { Address } from '../../core/address.ts'
import type { ConnectionId } from '../../core/ids.ts'
import { sessionId } from '../../core/ids.ts'
import type { Frame, MailboxLimits } from '../../core/mailbox.ts'
import { createDeadlines } from '../../lib/deadline.ts'
import type { Effect, Effects, FrontEnd } from '../front-end.ts'
import { isSamePassword } from './credentials.ts'
import { closes } from './errors.ts'
import type { RelayFact, UnauthorizedReason } from './facts.ts'
import { createPassage } from './passage.ts'
import { invalidMessage, pong, type Revision, textFrame, unauthorized } from './render.ts'
import type { RoomName } from './room-name.ts'
import { createRooms, type Member, type Room, relayRoomKey } from './rooms.ts'
import type { HookEvent, Relay, RelayAnswer } from './vocabulary.ts'
import { mayMatter, memberOf, objectOf, readAuthenticate, withSender } from './wire.ts'

/** What is known of a name: its password, that somebody else has to be asked, or that there is none. */
export type Known = { readonly password: string } | 'ask' | undefined

export interface RelaySettings {
  readonly revision: Revision
  /** ms from the beginning of a connection. */
  readonly authTimeout: number
  readonly hooks: ReadonlySet<HookEvent>
  /** What may wait on one connection while its password is looked up and its room is busy. */
  readonly waiting: MailboxLimits
}

export interface RelayWorld {
  readonly known: (username: string) => Known
  readonly random: (count: number) => Uint8Array
  /** What the joiner may use; empty if there is nothing. */
  readonly iceServers: (username: string) => readonly IceServer[]
}

/** Somebody in a room, for the program that has us in it. */
export interface PeerEntry {
  readonly peerId: string
  readonly username: string
}

export interface RelayFrontEnd extends FrontEnd<Relay> {
  /** In the order in which they came. */
  peers(room: RoomName): readonly PeerEntry[]
  /** How many there are. */
  census(): { readonly connections: number; readonly rooms: number; readonly members: number }
}

type Phase =
  | { readonly phase: 'greeting' }
  | { readonly phase: 'checking'; readonly number: number; readonly username: string; readonly password: string }
  | { readonly phase: 'member'; readonly member: Member }

interface Connection {
  readonly id: ConnectionId
  readonly address: string
  readonly room: RoomName
  phase: Phase
  failures: number
  /** Frames that came while something was looked up. */
  waiting: string[]
  waitingLength: number
}

type Question =
  | { readonly about: 'password'; readonly connection: Connection }
  | { readonly about: 'hook'; readonly room: Room }

const mostFailures = 100
const peerIdBytes = 10

export function createRelay(
  { revision, authTimeout, hooks, waiting }: RelaySettings,
  world: RelayWorld,
): RelayFrontEnd {
  const connections = new Map<ConnectionId, Connection>()
  const byPeerId = new Map<string, Member>()
  const rooms = createRooms()
  const questions = new Map<number, Question>()
  const deadlines = createDeadlines<ConnectionId>()
  let effects: Effect<Relay>[] = []
  let serial = 0

  const emit = (effect: Effect<Relay>): void => void effects.push(effect)
  const note = (fact: RelayFact): void => emit({ do: 'note', fact })
  const send = (to: ConnectionId, frame: Frame): void => emit({ do: 'send', to: [to], frame })
  const asking = (question: Question): number => {
    questions.set(++serial, question)
    return serial
  }
  const passage = createPassage({
    revision,
    rooms,
    held: waiting,
    hooks,
    emit,
    asking: (room) => asking({ about: 'hook', room }),
    iceServers: world.iceServers,
    entered: ({ connection }) => {
      const found = connections.get(connection)
      if (found) catchUp(found)
    },
  })

  function close(connection: Connection, why: keyof typeof closes): void {
    const { id, address } = connection
    connection.waiting = []
    connection.waitingLength = 0
    emit({ do: 'close', to: id, ...closes[why] })
    note({ fact: 'relay-closed', address, why })
  }

  /** A frame in its turn. */
  function handle(connection: Connection, text: string): void {
    if (isBusy(connection)) return wait(connection, text)
    if (text === 'ping') return send(connection.id, pong)
    const { phase } = connection
    if (phase.phase !== 'member') greet(connection, text)
    else if (revision === 1) relay(phase.member, text)
    else direct(phase.member, text)
  }

  function isBusy({ phase }: Connection): boolean {
    return phase.phase === 'checking' || (phase.phase === 'member' && phase.member.presence === 'coming')
  }

  function wait(connection: Connection, text: string): void {
    connection.waiting.push(text)
    connection.waitingLength += text.length
    if (connection.waiting.length > waiting.messages || connection.waitingLength > waiting.bytes) {
      close(connection, 'flooding')
    }
  }

  /** What came meanwhile, as far as nothing has to be waited for again. */
  function catchUp(connection: Connection): void {
    while (!isBusy(connection)) {
      const text = connection.waiting.shift()
      if (text === undefined) break
      connection.waitingLength -= text.length
      handle(connection, text)
    }
  }

  function greet(connection: Connection, text: string): void {
    const said = readAuthenticate(text)
    if (!said) return refuse(connection, 'no authenticate')
    const known = world.known(said.username)
    if (known === undefined) return refuse(connection, 'unknown user')
    if (known === 'ask') {
      const number = asking({ about: 'password', connection })
      connection.phase = { phase: 'checking', number, ...said }
      emit({ do: 'ask', number, ask: { ask: 'password', username: said.username } })
    } else if (isSamePassword(said.password, known.password)) admit(connection, said.username)
    else refuse(connection, 'wrong password')
  }

  function refuse(connection: Connection, why: UnauthorizedReason): void {
    connection.phase = { phase: 'greeting' }
    send(connection.id, unauthorized)
    note({ fact: 'relay-unauthorized', address: connection.address, why })
    if (why !== 'no authenticate' && ++connection.failures >= mostFailures) close(connection, 'guessing')
  }

  function admit(connection: Connection, username: string): void {
    const { id } = connection
    deadlines.cancel(String(id))
    const member: Member = {
      connection: id,
      username,
      peerId: newPeerId(),
      room: rooms.at(connection.room),
      presence: 'coming',
      held: [],
    }
    byPeerId.set(member.peerId, member)
    connection.phase = { phase: 'member', member }
    passage.enter(member)
  }

  function newPeerId(): string {
    const id = Buffer.from(world.random(peerIdBytes)).toString('base64')
    return byPeerId.has(id) ? newPeerId() : id
  }

  function answeredPassword(connection: Connection, answer: RelayAnswer): void {
    const { id, phase } = connection
    if (phase.phase !== 'checking' || connections.get(id) !== connection) return
    if (answer.answer === 'password' && isSamePassword(phase.password, answer.password))
      admit(connection, phase.username)
    else {
      const reasons = { password: 'wrong password', unknown: 'unknown user', failed: 'nobody could say' } as const
      refuse(connection, answer.answer === 'done' ? 'nobody could say' : reasons[answer.answer])
      // Its time was up while it was looked up.
      if (!deadlines.has(String(id))) return close(connection, 'late')
    }
    catchUp(connection)
  }

  /** Revision 1: to all others as it came, unless it names one of them. */
  function relay(member: Member, text: string): void {
    const everybody = (): void => passage.tell(member.room, textFrame(text), member)
    if (!mayMatter(text)) return everybody()
    const object = objectOf(text)
    if (object && memberOf(object, 'event') === 'authenticate') {
      return note({ fact: 'relay-ignored', what: 'second authenticate' })
    }
    const to = object && memberOf(object, 'to')
    const target = typeof to === 'string' ? recipient(member.room, to) : undefined
    if (object && target) passage.tellOne(target, textFrame(withSender(text, object, member.peerId)))
    else everybody()
  }

  /** Revision 2: to the one that is named, or not at all. */
  function direct(member: Member, text: string): void {
    const object = objectOf(text)
    if (!object) return invalid(member, 'not an object')
    if (memberOf(object, 'event') === 'authenticate') return invalid(member, 'second authenticate')
    const to = memberOf(object, 'to')
    const target = typeof to === 'string' ? recipient(member.room, to) : undefined
    if (!target) return invalid(member, 'no recipient')
    passage.tellOne(target, textFrame(withSender(text, object, member.peerId)))
  }

  function recipient(room: Room, peerId: string): Member | undefined {
    const found = room.byPeerId.get(peerId)
    return found && found.presence !== 'gone' ? found : undefined
  }

  function invalid(member: Member, why: (RelayFact & { readonly fact: 'relay-invalid-message' })['why']): void {
    send(member.connection, invalidMessage)
    note({ fact: 'relay-invalid-message', why })
  }

  function told(to: Address, text: string): void {
    const frame = textFrame(text)
    if (to.kind === 'room') {
      const room = rooms.find(to.room)
      if (room) passage.tell(room, frame)
    } else if (to.kind === 'session') {
      const member = byPeerId.get(to.session)
      if (member) passage.tellOne(member, frame)
    }
  }

  /** One input: what `act` emits is its effects. */
  function effectsOf(act: () => void): Effects<Relay> {
    effects = []
    act()
    return effects
  }

  return {
    name: 'relay',
    decode: (text) => ({ ok: true, value: text }),
    opened(id, { address, room }, time) {
      connections.set(id, {
        id,
        address,
        room,
        phase: { phase: 'greeting' },
        failures: 0,
        waiting: [],
        waitingLength: 0,
      })
      deadlines.set(String(id), time + authTimeout, id)
      return []
    },
    received(id, text) {
      const connection = connections.get(id)
      return connection ? effectsOf(() => handle(connection, text)) : []
    },
    garbled(id) {
      const isKnown = connections.has(id)
      return isKnown ? effectsOf(() => note({ fact: 'relay-ignored', what: 'binary frame' })) : []
    },
    told: (to, event) => effectsOf(() => told(to, event.text)),
    answered(number, answer) {
      const question = questions.get(number)
      if (!question) return []
      questions.delete(number)
      return effectsOf(() => {
        if (question.about === 'hook') passage.hookAnswered(question.room)
        else answeredPassword(question.connection, answer)
      })
    },
    closed(id) {
      const connection = connections.get(id)
      if (!connection) return []
      connections.delete(id)
      deadlines.cancel(String(id))
      const { phase } = connection
      if (phase.phase !== 'member') return []
      byPeerId.delete(phase.member.peerId)
      return effectsOf(() => passage.leave(phase.member))
    },
    overflowed(id) {
      const connection = connections.get(id)
      return connection ? effectsOf(() => close(connection, 'slow')) : []
    },
    expired: (time) =>
      effectsOf(() => {
        for (let id = deadlines.takeDue(time); id !== undefined; id = deadlines.takeDue(time)) {
          const connection = connections.get(id)
          if (connection?.phase.phase === 'greeting') close(connection, 'late')
        }
      }),
    nextDeadline: () => deadlines.next(),
    peers: (name) =>
      [...(rooms.find(relayRoomKey(name))?.members.values() ?? [])]
        .filter(({ presence }) => presence === 'here')
        .map(({ peerId, username }) => ({ peerId, username })),
    census: () => ({
      connections: connections.size,
      rooms: rooms.size,
      members: [...rooms.all()].reduce((sum, { members }) => sum + members.size, 0),
    }),
  }
}

/** How `told` addresses one member. */
export const toPeer = (peerId: string): Address => ({ kind: 'session', session: sessionId(peerId) })
/** How `told` addresses all members of a room. */
export const toMembers = (name: RoomName): Address => ({ kind: 'room', room: relayRoomKey(name) })
