/** A TURN server on a stage: clients with keys, a world of numbers instead of sockets, and all that happened to look at. */
import { expect } from 'bun:test'
import { type IpAddress, type TransportAddress, unmapped } from '../../../src/lib/ip-address.ts'
import type { TurnAction } from '../../../src/turn/action.ts'
import type { OpenAllocation, Relay } from '../../../src/turn/allocation.ts'
import type { Method } from '../../../src/turn/codec/header.ts'
import { longTermKey } from '../../../src/turn/codec/keys.ts'
import { decodeMessage, type StunMessage } from '../../../src/turn/codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../../../src/turn/codec/message-writer.ts'
import type { AllocationEnd, TurnFact } from '../../../src/turn/facts.ts'
import { type Client, clientKey } from '../../../src/turn/five-tuple.ts'
import { createLedger, type SharedLedger } from '../../../src/turn/ledger.ts'
import { createTurnServer, type TurnActions, type TurnServer } from '../../../src/turn/server.ts'
import type { TurnSettings } from '../../../src/turn/settings.ts'
import { createDice, type Dice, morning } from '../../support/clock.ts'
import { at, ip, ranges } from '../ip.ts'

export const realm = 'example.org'
export const relayPorts = { min: 50_000, max: 50_999 }
export const relay4: IpAddress = ip('198.51.100.7')
export const relay6: IpAddress = ip('2001:db8::7')
/** Transports of the listeners 0, 1, 2. */
export const transports = ['udp', 'tcp', 'tls'] as const
/** Somebody whom the peer policy lets in. */
export const peer: TransportAddress = at('8.8.8.8', 40_000)
export const peer6: TransportAddress = at('2a00::8', 40_000)

export function settings(but: Partial<TurnSettings> = {}): TurnSettings {
  return {
    realm,
    credentials: {
      users: new Map([
        ['alice', 'wonder'],
        ['bob', 'builder'],
      ]),
      secrets: ['secret'],
      hook: false,
    },
    nonceKey: new Uint8Array(32).fill(7),
    peers: {
      ...{ allowed: ranges(), denied: ranges('8.8.4.4'), sfu: ranges(), own: [], relayPorts },
      relays: [relay4, relay6],
      closed: [at('0.0.0.0', 3478)],
    },
    relays: { 4: { bound: ip('10.0.0.7'), told: relay4 }, 6: { bound: relay6, told: relay6 } },
    quotas: { perUser: 0, perSource: 0, total: 0 },
    ...{ challengeRate: 0, bindingRate: 0, bytesPerSecond: 0 },
    ...{ channels: 'rfc8656', tcpRelay: false, sha256: false },
    ...but,
  }
}

/** What came of a bind: a socket, a failure, or nothing yet. */
export type Binder = (family: 4 | 6, port: number) => 'bound' | 'failed' | 'later'

export interface StageParts {
  readonly settings?: TurnSettings
  readonly ports?: { readonly min: number; readonly max: number }
  readonly dontFragment?: boolean
  readonly binder?: Binder
  readonly seed?: number
}

export interface Stage {
  readonly server: TurnServer
  readonly ledger: SharedLedger
  readonly dice: Dice
  readonly facts: TurnFact[]
  /** All actions but answers and facts. */
  readonly actions: Exclude<TurnAction, { readonly do: 'answer' | 'note' }>[]
  /** Messages to clients, as copies, oldest first; take them. */
  readonly heard: { readonly client: Client; readonly message: Uint8Array }[]
  /** What Send indications carried. */
  readonly sent: { readonly from: Relay; readonly to: TransportAddress; readonly data: Uint8Array }[]
  /** Relay sockets that are bound, by number. */
  readonly sockets: Map<number, { readonly family: 4 | 6; readonly port: number }>
  /** Binds that the binder put off. */
  readonly waiting: Extract<TurnAction, { readonly do: 'bind-relay' }>[]
  binder: Binder
  now: number
  /** Does what the server wants done, and what follows from that. */
  run(actions: TurnActions): void
  receive(bytes: Uint8Array, client: Client): void
  bind(one: Extract<TurnAction, { readonly do: 'bind-relay' }>, outcome: 'bound' | 'failed'): void
  pass(ms: number): void
  client(port?: number, who?: Partial<Who>): Speaker
}

export function stage(parts: StageParts = {}): Stage {
  const dice = createDice(parts.seed ?? 1)
  const given = parts.settings ?? settings()
  const ledger = createLedger({ shape: parts.ports ?? relayPorts, limits: given, random: dice.below })
  let ids = 0
  let nextSocket = 1
  const server = createTurnServer({
    settings: given,
    ledger,
    capabilities: { dontFragment: parts.dontFragment ?? true },
    transports,
    randomOctets: dice.bytes,
    newId: () => `a${++ids}`,
  })
  let current: Uint8Array = new Uint8Array(0)

  function act(action: TurnAction): void {
    switch (action.do) {
      case 'answer':
        self.heard.push({ client: action.to, message: action.message.slice() })
        return
      case 'note':
        self.facts.push(action.fact)
        return
      case 'bind-relay': {
        self.actions.push(action)
        const outcome = self.binder(action.family, action.port)
        if (outcome === 'later') self.waiting.push(action)
        else queue.push(() => self.bind(action, outcome))
        return
      }
      case 'close-relay':
        expect(self.sockets.delete(action.relay.socket)).toBe(true)
        break
      case 'send-to-peer':
        self.sent.push({ from: action.from, to: action.to, data: current.slice(action.start, action.end) })
        break
      default:
    }
    self.actions.push(action)
  }

  const queue: (() => void)[] = []
  const self: Stage = {
    server,
    ledger,
    dice,
    ...{ facts: [], actions: [], heard: [], sent: [], sockets: new Map(), waiting: [] },
    binder: parts.binder ?? (() => 'bound'),
    now: morning,
    run(actions) {
      for (const action of actions) act(action)
      for (let next = queue.shift(); next; next = queue.shift()) next()
    },
    receive(bytes, client) {
      current = bytes
      self.run(server.received(bytes, 0, bytes.length, client, self.now))
    },
    bind(one, outcome) {
      const { for: key, family, port } = one
      if (outcome === 'failed') return self.run(server.relayFailed(key, family, port, 'EADDRINUSE', self.now))
      for (const socket of self.sockets.values()) expect(socket).not.toEqual({ family, port })
      const socket = nextSocket++
      self.sockets.set(socket, { family, port })
      self.run(server.relayBound(key, family, port, socket, self.now))
    },
    pass(ms) {
      const end = self.now + ms
      for (let due = server.nextDeadline(); due !== undefined && due <= end; due = server.nextDeadline()) {
        self.now = Math.max(self.now, due)
        self.run(server.expired(self.now))
      }
      self.now = end
    },
    client: (port = 5000, who = {}) => speaker(self, port, who),
  }
  return self
}

export interface Who {
  readonly username: string
  readonly password: string
  readonly listener: number
  readonly address: string
}

export type Put = (writer: MessageWriter) => unknown

/** A client with a user name. */
export interface Speaker {
  readonly client: Client
  readonly who: Who
  nonce: string
  /** Another transaction for each request unless it is said. */
  transaction: Uint8Array
  /** A request as it is, without credentials. */
  plain(method: Method, put?: Put): Reply | undefined
  /** With credentials; fetches a nonce first if there is none. */
  ask(method: Method, put?: Put, but?: Partial<Signing>): Reply | undefined
  /** The octets of such a request. */
  signed(method: Method, put?: Put, but?: Partial<Signing>): Uint8Array
  indicate(method: Method, put: Put): void
  /** The next message to this client. */
  hear(): Reply | undefined
  allocate(put?: Put): Reply | undefined
  allocation(): OpenAllocation
}

export interface Signing {
  readonly username: string
  readonly password: string
  readonly realm: string
  readonly nonce: string
  readonly fingerprint: boolean
  readonly transaction: Uint8Array
}

export interface Reply {
  readonly message: StunMessage
  readonly kind: StunMessage['messageClass']
  readonly code: number | undefined
}

export const udp: Put = (writer) => writer.put('requestedTransport', 17)

function speaker(self: Stage, port: number, given: Partial<Who>): Speaker {
  const who: Who = { username: 'alice', password: 'wonder', listener: 0, address: '203.0.113.5', ...given }
  const client: Client = { address: at(who.address, port), listener: who.listener }
  const writer = createMessageWriter()

  function write(method: Method, kind: 'request' | 'indication', fill: Put): Uint8Array {
    one.transaction = self.dice.bytes(12)
    return written(method, kind, fill, one.transaction)
  }

  function written(method: Method, kind: 'request' | 'indication', fill: Put, transaction: Uint8Array): Uint8Array {
    const target = new Uint8Array(4096)
    fill(writer.begin(target, 0, method, kind, transaction))
    return target.slice(0, writer.end())
  }

  const one: Speaker = {
    client,
    who,
    nonce: '',
    transaction: new Uint8Array(12),
    plain(method, put = () => {}) {
      self.receive(write(method, 'request', put), client)
      return one.hear()
    },
    signed(method, put = () => {}, but = {}) {
      if (one.nonce === '') one.nonce = one.plain('allocate', udp)?.message.get('nonce') ?? ''
      const { username, password, nonce } = { username: who.username, password: who.password, nonce: one.nonce, ...but }
      const key = longTermKey({ username, realm: but.realm ?? realm, password })
      one.transaction = but.transaction ?? self.dice.bytes(12)
      const fill: Put = (to) => {
        put(to)
        to.put('username', username)
          .put('realm', but.realm ?? realm)
          .put('nonce', nonce)
          .sign(key)
        if (but.fingerprint) to.fingerprint()
      }
      return written(method, 'request', fill, one.transaction)
    },
    ask(method, put, but) {
      self.receive(one.signed(method, put, but), client)
      return one.hear()
    },
    indicate: (method, put) => self.receive(write(method, 'indication', put), client),
    hear() {
      const index = self.heard.findIndex((heard) => heard.client === client)
      const [heard] = index === -1 ? [] : self.heard.splice(index, 1)
      return heard && replyOf(heard.message)
    },
    allocate: (put = udp) => one.ask('allocate', put),
    allocation() {
      const allocation = self.server.allocationOf(clientKey(client))
      if (!allocation) throw new Error('this client has no allocation')
      return allocation
    },
  }
  return one
}

export function replyOf(bytes: Uint8Array): Reply {
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) throw new Error(`the server said something that is no message: ${decoded.error}`)
  const message = decoded.value
  return { message, kind: message.messageClass, code: message.get('errorCode')?.code }
}

/** Nothing is held, counted or open any more. */
export function expectNothingLeft({ server, ledger, sockets, waiting }: Stage): void {
  const { size } = server
  const ports = ledger.ports[4].inUse + ledger.ports[6].inUse
  const left = { size, ports, quota: ledger.quotas.total, sockets: sockets.size, waiting: waiting.length }
  expect({ ...left, deadline: server.nextDeadline() }).toEqual({
    ...{ size: 0, ports: 0, quota: 0, sockets: 0, waiting: 0 },
    deadline: undefined,
  })
}

export function endAll(self: Stage, why: AllocationEnd = 'stopped'): void {
  self.run(self.server.endAll(why, self.now))
}

/** For comparing addresses in whatever clothes. */
export const bare = ({ ip: given, port }: TransportAddress): TransportAddress => ({ ip: unmapped(given), port })
