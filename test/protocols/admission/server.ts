/** The admission machine with sockets in arrays: whoever is connected says something and hears what comes of it. */
import { expect } from 'bun:test'
import { type ConnectionId, connectionId } from '../../../src/core/ids.ts'
import { type AdmissionFrontEnd, createAdmission } from '../../../src/protocols/admission/connection.ts'
import { serverMessages } from '../../../src/protocols/admission/messages.ts'
import { appToken } from '../../../src/protocols/admission/token.ts'
import type { Admission, AdmissionMeans, AdmissionSettings } from '../../../src/protocols/admission/vocabulary.ts'
import type { Effects } from '../../../src/protocols/front-end.ts'

export const secret = 'secret-of-the-tests'
export const start = 1_800_000_000_000

export const standard: AdmissionSettings = {
  appSecret: secret,
  tokenLifetime: 86_400_000,
  maxPayload: 16_384,
  requestTimeout: 120_000,
  maxRooms: 50,
  maxMembers: 200,
  eventRate: 200,
  revision: 1,
}

export type Heard = readonly [event: string, message: Readonly<Record<string, unknown>>]

export interface Guest {
  readonly id: ConnectionId
  readonly socket: string
  /** The session token that it got last. */
  token: string
  /** Says it with the session token, unless there is another `auth`. */
  say(event: string, message?: Readonly<Record<string, unknown>>): void
  /** Says it and waits for an acknowledgement under this number. */
  ask(event: string, message: Readonly<Record<string, unknown>>, ack: number): void
  /** Any packet. */
  packet(text: string): void
  /** Takes the events that came since the last time. */
  hear(): readonly Heard[]
  /** Takes the acknowledgements that came since the last time. */
  acknowledged(): readonly (readonly [ack: number, outcome: Readonly<Record<string, unknown>>])[]
  /** As text, as they came. */
  packets(): readonly string[]
  lose(): void
  isClosed(): boolean
}

export interface AdmissionServer {
  readonly frontEnd: AdmissionFrontEnd
  readonly facts: Admission['fact'][]
  readonly told: { readonly to: unknown; readonly event: unknown }[]
  now(): number
  pass(ms: number): void
  /** Connected, without a session. */
  connect(): Guest
  /** With a session. */
  guest(app?: string, auth?: Readonly<Record<string, unknown>>): Guest
  input(act: (now: number) => Effects<Admission>): void
}

interface Kept {
  packets: string[]
  isClosed: boolean
}

export function admissionServer(
  settings: Partial<AdmissionSettings> = {},
  means: Partial<AdmissionMeans> = {},
): AdmissionServer {
  let drawn = 0
  const random = (count: number): Uint8Array => new Uint8Array(count).fill(++drawn % 256)
  const frontEnd = createAdmission({ ...standard, ...settings }, { random, iceServers: () => [], ...means })
  const kept = new Map<ConnectionId, Kept>()
  const facts: Admission['fact'][] = []
  const told: { readonly to: unknown; readonly event: unknown }[] = []
  let now = start

  function input(act: (now: number) => Effects<Admission>): void {
    for (const effect of act(now)) {
      if (effect.do === 'send') for (const to of effect.to) deliver(to, effect.frame.text)
      else if (effect.do === 'close') lose(effect.to)
      else if (effect.do === 'tell') told.push({ to: effect.to, event: effect.event })
      else if (effect.do === 'note') facts.push(effect.fact)
      else throw new Error(`the machine never does ${effect.do}`)
    }
  }

  function deliver(to: ConnectionId, text: string): void {
    const socket = kept.get(to)
    expect(socket?.isClosed).toBe(false)
    if (text.startsWith('2')) checked(eventOf(text))
    socket?.packets.push(text)
  }

  function lose(id: ConnectionId): void {
    const socket = kept.get(id)
    if (!socket || socket.isClosed) return
    socket.isClosed = true
    input((time) => frontEnd.closed(id, [], time))
  }

  function packet(id: ConnectionId, text: string): void {
    const decoded = frontEnd.decode(text)
    input((time) =>
      decoded.ok ? frontEnd.received(id, decoded.value, time) : frontEnd.garbled(id, decoded.id, decoded.fault, time),
    )
  }

  function connect(): Guest {
    const id = connectionId(kept.size + 1)
    const socket = `socket-${id}`
    const mine: Kept = { packets: [], isClosed: false }
    kept.set(id, mine)
    input((time) => frontEnd.opened(id, { address: '192.0.2.1', socket }, time))
    const take = (type: string): readonly string[] => {
      const taken = mine.packets.filter((text) => text.startsWith(type))
      mine.packets = mine.packets.filter((text) => !text.startsWith(type))
      return taken
    }
    const guest: Guest = {
      id,
      socket,
      token: '',
      say: (event, message = {}) => packet(id, `2${JSON.stringify([event, { auth: guest.token, ...message }])}`),
      ask: (event, message, ack) => packet(id, `2${ack}${JSON.stringify([event, { auth: guest.token, ...message }])}`),
      packet: (text) => packet(id, text),
      hear: () => take('2').map(eventOf),
      acknowledged: () =>
        take('3').map((text) => [Number(/^3(\d+)/.exec(text)?.[1]), JSON.parse(text.slice(text.indexOf('[')))[0]]),
      packets: () => mine.packets.splice(0),
      lose: () => lose(id),
      isClosed: () => mine.isClosed,
    }
    return guest
  }

  return {
    frontEnd,
    facts,
    told,
    now: () => now,
    pass(ms) {
      const end = now + ms
      for (let next = frontEnd.nextDeadline(); next !== undefined && next <= end; next = frontEnd.nextDeadline()) {
        now = Math.max(now, next)
        input((time) => frontEnd.expired(time))
      }
      now = end
    },
    connect,
    guest(app = 'app', auth = {}) {
      const guest = connect()
      guest.say('auth-request', { token: appToken(secret, app), ...auth })
      const [[event, message] = ['nothing', {}]] = guest.hear()
      expect(event).toBe('auth-accept')
      guest.token = String(message['token'])
      return guest
    },
    input,
  }
}

const eventOf = (text: string): Heard => JSON.parse(text.slice(1))

/** What is said fits the page that says what can be said. */
function checked([event, message]: Heard): void {
  const schema = Object.entries(serverMessages).find(([name]) => name === event)?.[1]
  if (!schema) throw new Error(`${event} is no message of the server`)
  expect(schema.strict().safeParse(message).error).toBeUndefined()
}

/** A room with its owner, and as many members as there are to be; nobody has anything left to hear. */
export function roomOf(server: AdmissionServer, room: string, members = 0): { owner: Guest; members: Guest[] } {
  const owner = server.guest()
  owner.say('room-create-request', { room })
  const inside = Array.from({ length: members }, () => {
    const guest = server.guest()
    guest.say('room-join-request', { room })
    owner.say('room-join-accept', { room, peer_id: guest.socket })
    return guest
  })
  for (const guest of [owner, ...inside]) guest.packets()
  return { owner, members: inside }
}
