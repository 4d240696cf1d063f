/** Two servers of ours in worlds of arrays and the links between them, which a test may cut. */
import { expect } from 'bun:test'
import type { ConnectionId } from '../../../../src/core/ids.ts'
import { RawJson } from '../../../../src/protocols/json-wire.ts'
import type { FederationCommand, FederationEvent } from '../../../../src/protocols/talk/federation/link.ts'
import type { Json, JsonObject } from '../../../support/json.ts'
import { type Client, clouds, type ServerOptions, type TalkServer, talkServer } from '../server.ts'

/** What `here` says to one link, and what it hears there, is left to the test: a server that need not behave. */
export interface Solo {
  readonly here: TalkServer
  /** The commands since the last time. */
  orders(): readonly FederationCommand[]
  happens(event: FederationEvent): void
  /** The other server says this on the newest link. */
  says(message: Json | string, link?: number): void
  /** The number of the newest link. */
  link(): number
  /** What was said to the other server since the last time. */
  saidThere(): readonly JsonObject[]
}

export function solo(options: ServerOptions = {}): Solo {
  const here = talkServer(options)
  let seen = 0
  let newest = -1
  const orders = (): readonly FederationCommand[] => {
    const news = here.world.commands.slice(seen)
    seen = here.world.commands.length
    const federation = news.flatMap((command) => (command.to === 'federation' ? [command.command] : []))
    for (const command of federation) if (command.do === 'dial') newest = command.link
    return federation
  }
  const happens = (event: FederationEvent): void => here.world.input((now) => here.talk.federationTold(event, now))
  const saidThere = (): readonly JsonObject[] =>
    orders().flatMap((command) => (command.do === 'send' ? [JSON.parse(command.text) as JsonObject] : []))
  return {
    here,
    orders,
    happens,
    says: (message, link = newest) =>
      happens({ event: 'received', link, text: typeof message === 'string' ? message : JSON.stringify(message) }),
    link: () => newest,
    saidThere,
  }
}

export interface Pair {
  readonly here: TalkServer
  readonly there: TalkServer
  /** A user of the Nextcloud of `here`. */
  user(name: string, features?: readonly string[]): Client
  /** People of the Nextcloud of `there` in its room, who have heard of each other. */
  room(count: number, id?: string): readonly [Client, Client, Client, Client, ...Client[]]
  /** Asks for a room of `there`; what is heard at once. */
  joins(client: Client, remote?: string, local?: string): readonly Json[]
  /** Carries everything that is under way, and lets the two clocks go on together. */
  pass(ms?: number): void
  /** Breaks every link; nobody is reached before `mend`. `there` notices only if told so. */
  cut(noticed?: boolean): void
  mend(): void
  /** The id that a client has at `there`. */
  idThere(client: Client): string
  /** How many links `there` has open. */
  open(): number
}

export const joinThere = (remote: string, local: string, token = 'token'): JsonObject => ({
  id: `to ${local}`,
  type: 'room',
  room: {
    roomid: local,
    sessionid: `seat in ${local}`,
    federation: { signaling: 'https://there.example/signaling', url: clouds.two, roomid: remote, token },
  },
})

export function pair(options: ServerOptions = {}, optionsThere: ServerOptions = {}): Pair {
  const base = solo(options)
  const { here } = base
  const there = talkServer({
    seed: 7,
    ...optionsThere,
    answering: (ask) => {
      if (ask.ask !== 'identify') return undefined
      if (ask.token.startsWith('expired')) return { answer: 'refused', code: 'token_expired', message: undefined }
      const actor = { actorId: 'alice@one.example', actorType: 'federated_users', displayname: 'Alice' }
      return { answer: 'identified', userId: 'alice@one.example', user: new RawJson(JSON.stringify(actor)) }
    },
  })
  const links = new Map<number, ConnectionId>()
  let isCut = false

  const lost = (link: number, detail = 'cut'): void => base.happens({ event: 'closed', link, why: 'network', detail })

  function obey(command: FederationCommand): void {
    const connection = links.get(command.link)
    switch (command.do) {
      case 'dial':
        expect(command.url).toBe('wss://there.example/signaling/spreed')
        if (isCut) return lost(command.link, 'no route')
        links.set(command.link, there.world.open({ address: '198.51.100.1' }))
        return base.happens({ event: 'opened', link: command.link })
      case 'send':
        if (connection !== undefined) there.world.text(connection, command.text)
        return
      case 'hang-up':
        links.delete(command.link)
        if (connection !== undefined) there.world.lose(connection)
        return
    }
  }

  function carry(): void {
    for (let isBusy = true; isBusy; ) {
      const orders = base.orders()
      for (const command of orders) obey(command)
      isBusy = orders.length > 0
      for (const [link, connection] of [...links]) {
        const heard = there.world.hear(connection)
        if (heard.length > 0) isBusy = true
        for (const text of heard) base.happens({ event: 'received', link, text })
        if (there.world.isOpen(connection) || !links.delete(link)) continue
        lost(link, 'closed')
        isBusy = true
      }
    }
  }

  const made: Pair = {
    here,
    there,
    user: (name, features = []) => here.user(name, features),
    room(count, id = 'den') {
      const clients = Array.from({ length: Math.max(4, count) }, (_, index) =>
        there.user(`user ${index + 1}`, [], 'two'),
      )
      for (const client of clients.slice(0, count)) client.joins(id)
      there.world.pass(50)
      for (const client of clients) client.hears()
      there.asked()
      const [a, b, c, d, ...others] = clients
      if (!a || !b || !c || !d) throw new Error('four at least')
      return [a, b, c, d, ...others]
    },
    joins(client, remote = 'den', local = 'my den') {
      client.say(joinThere(remote, local))
      carry()
      return client.hears()
    },
    pass(ms = 0) {
      carry()
      for (let rest = ms; rest > 0; rest -= 50) {
        const step = Math.min(50, rest)
        here.world.pass(step)
        carry()
        there.world.pass(step)
        carry()
      }
    },
    cut(noticed = true) {
      isCut = true
      for (const [link, connection] of [...links]) {
        links.delete(link)
        if (noticed) there.world.lose(connection)
        lost(link)
      }
      carry()
    },
    mend() {
      isCut = false
    },
    idThere(client) {
      const session = [...here.state.federation.joined()].find((one) => one.session.id === client.id)
      if (!session?.remote) throw new Error('not federated')
      return session.remote.id
    },
    open: () => links.size,
  }
  return made
}
