/** One connection to one proxy: signing in, taking a session up again, requests, and what the proxy tells of itself. */
import type { Link } from '../sfu.ts'
import type { Standing } from './choose.ts'
import type { Desk } from './desk.ts'
import type { Command, EventBody, Payload, Reply } from './messages.ts'
import { type Answer, type Asking, createRequests } from './requests.ts'
import { createTold, type Told } from './standing.ts'
import { decodeReply } from './wire.ts'

const firstPause = 1_000
const longestPause = 16_000
/** A session that is lost is taken up again at once, but not by all servers in the same millisecond. */
const quickPause = 250
/** What breaks sooner than this is not worth hurrying for. */
const steady = 1_000
/** How long a proxy keeps a session that nobody uses. */
const sessionLife = 60_000
const helloTimeout = 10_000
/** More senseless messages on one link than this, and it is not worth listening to. */
const mostOdd = 20

export type Message =
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'payload'; readonly payload: Payload }

export type PayloadSaid = Extract<Reply, { readonly type: 'payload' }>['payload']

/** What a connection tells the rest of the machine. */
export interface Hooks {
  /** It can take publishers and subscribers from now on. */
  readonly ready: (connection: Connection) => void
  /** It cannot any more. */
  readonly away: (connection: Connection) => void
  /** The link was lost, and a first try to have it again has failed: the proxy may be dead. */
  readonly missing: (connection: Connection) => void
  /** Nothing that was made there exists any more. */
  readonly cleared: (connection: Connection, detail: string) => void
  /** Something may have been made there that nobody knows of. */
  readonly doubtful: (connection: Connection) => void
  readonly event: (connection: Connection, event: EventBody) => void
  readonly payload: (connection: Connection, payload: PayloadSaid) => void
}

export interface Connection extends Standing, Pick<Told, 'version' | 'features' | 'brought'> {
  readonly url: string
  /** Where the host of the url is; undefined if that is left to the network. */
  readonly address: string | undefined
  readonly isConnected: boolean
  /** Connected, with a Janus behind it, and not to be given up. */
  readonly isReady: boolean
  /** Since when, ms. */
  readonly connectedSince: number | undefined
  readonly link: Link | undefined
  /** Whether other connections have the same url. */
  isOneOfSeveral: boolean
  /** Not wanted any more, but in use. */
  isLeaving: boolean
  start(): void
  opened(): void
  received(text: string): void
  linkLost(why: string): void
  request(message: Message, asking: Asking): void
  /** Begins a new session, if there may be something in the present one that nobody knows of. */
  renew(): void
  /** Forgets the session: what was made in it is as good as gone. */
  giveUp(detail: string): void
  /** Says goodbye; the proxy ends everything that was made there. */
  close(): void
}

type Phase =
  | { readonly is: 'waiting' | 'closed' }
  | { readonly is: 'dialling' | 'greeting' | 'ready'; readonly link: Link; readonly since: number }

/** `name` makes the keys of deadlines unique. */
export function createConnection(
  { name, url, address }: { readonly name: string; readonly url: string; readonly address: string | undefined },
  desk: Desk,
  hooks: Hooks,
): Connection {
  const requests = createRequests(desk, name, sendText)
  let phase: Phase = { is: 'waiting' }
  let session: string | undefined
  let pause = firstPause
  let isOutageTold = false
  let odd = 0
  const told = createTold()

  const linkOf = (): Link | undefined => ('link' in phase ? phase.link : undefined)
  const isClosed = (): boolean => phase.is === 'closed'

  function sendText(text: string): void {
    if ('link' in phase) desk.put({ do: 'send', link: phase.link, text })
  }
  const sayBye = (): void => sendText(JSON.stringify({ type: 'bye' }))

  function dial(): void {
    const link = desk.newLink()
    phase = { is: 'dialling', link, since: desk.now }
    odd = 0
    desk.put({ do: 'dial', link, url: socketUrl(url), ...(address === undefined ? {} : { address }) })
  }

  function greet(): void {
    if (!('link' in phase)) return
    phase = { is: 'greeting', link: phase.link, since: desk.now }
    told.began()
    const who = session === undefined ? { token: desk.settings.sign('', desk.now) } : { resumeid: session }
    const asking = { timeout: helloTimeout, isImpatient: true, answered: greeted }
    requests.ask({ type: 'hello', hello: { version: '1.0', ...who } }, asking, false)
  }

  function greeted(answer: Answer): void {
    if (phase.is !== 'greeting') return
    if (answer.ok && answer.reply.type === 'hello') {
      welcomed(answer.reply.hello)
      return
    }
    if (!answer.ok && answer.code === 'no_such_session' && session !== undefined) {
      endSession('the proxy does not know the session any more')
      greet()
      return
    }
    const code = answer.ok ? `an answer of type ${answer.reply.type}` : answer.code || answer.why
    desk.note({ fact: 'proxy-refused-us', url, code })
    redial()
  }

  function welcomed({ sessionid, server: its }: Extract<Reply, { readonly type: 'hello' }>['hello']): void {
    if (!('link' in phase)) return
    if (session !== undefined && session !== sessionid) endSession('the proxy gave another session')
    session = sessionid
    if (!told.welcomed(its)) oddity('hello.server.country')
    phase = { is: 'ready', link: phase.link, since: desk.now }
    desk.cancel(`${name} session`)
    isOutageTold = false
    desk.note({ fact: 'sfu-connected', url, version: its?.version ?? '' })
    requests.resumed()
    if (requests.isDoubtful) desk.after(`${name} doubt`, sessionLife, () => hooks.doubtful(connection))
    hooks.ready(connection)
  }

  /** Hangs up and tries again later. */
  function redial(): void {
    if (isClosed()) return
    const link = linkOf()
    if (link !== undefined) desk.put({ do: 'hang-up', link })
    isOutageTold = true
    linkGone('')
  }

  function linkGone(why: string): void {
    const lasted = phase.is === 'ready' ? desk.now - phase.since : undefined
    phase = { is: 'waiting' }
    if (!isOutageTold) desk.note({ fact: 'sfu-disconnected', url, why })
    isOutageTold = true
    requests.disconnected()
    if (lasted !== undefined) {
      if (session !== undefined) {
        desk.after(`${name} session`, sessionLife, () => connection.giveUp('the session is too old by now'))
      }
      hooks.away(connection)
    } else if (session !== undefined) hooks.missing(connection)
    // It may have been wanted for the sake of those only who have just been told.
    if (isClosed()) return
    if (lasted !== undefined && lasted >= steady) pause = firstPause
    const isUrgent = lasted !== undefined && lasted >= steady && session !== undefined
    desk.after(`${name} dial`, isUrgent ? quickPause * desk.random() : pause * (0.5 + desk.random()), dial)
    if (!isUrgent) pause = Math.min(longestPause, pause * 2)
  }

  function endSession(detail: string): void {
    if (session === undefined) return
    session = undefined
    for (const key of ['session', 'doubt']) desk.cancel(`${name} ${key}`)
    told.emptied()
    requests.forget(detail)
    hooks.cleared(connection, detail)
  }

  function oddity(fault: string): void {
    odd++
    desk.note({ fact: 'sfu-message-odd', url, fault })
  }

  function heard(reply: Reply): void {
    told.spoke()
    if (reply.id && requests.settle(reply.id, reply)) return
    switch (reply.type) {
      case 'event':
        happened(reply.event)
        return
      case 'payload':
        // With an id it is an answer that nobody waits for any more.
        if (!reply.id) hooks.payload(connection, reply.payload)
        return
      case 'bye':
        desk.note({ fact: 'proxy-said-bye', url, reason: reply.bye.reason })
        endSession(reply.bye.reason)
        redial()
        return
      default:
        if (!reply.id) oddity(`${reply.type} without id`)
    }
  }

  function happened(event: EventBody): void {
    const is = told.happened(event)
    if (is === 'other') hooks.event(connection, event)
    if (is !== 'news') return
    switch (event.type) {
      case 'shutdown-scheduled':
        desk.note({ fact: 'proxy-draining', url })
        return
      case 'backend-disconnected':
        desk.note({ fact: 'proxy-without-backend', url })
        told.emptied()
        hooks.cleared(connection, 'the Janus of the proxy is gone')
        hooks.away(connection)
        return
      case 'backend-connected':
        desk.note({ fact: 'proxy-with-backend', url })
        if (phase.is === 'ready') hooks.ready(connection)
    }
  }

  const connection: Connection = {
    url,
    address,
    isOneOfSeveral: false,
    isLeaving: false,
    get country() {
      return told.country
    },
    get version() {
      return told.version
    },
    get features() {
      return told.features
    },
    get load() {
      return told.load
    },
    get bandwidth() {
      return told.bandwidth
    },
    get isDraining() {
      return told.isDraining
    },
    get isSilent() {
      return told.isSilent
    },
    get hasRemoteStreams() {
      return told.features.includes('remote-streams') && !connection.isOneOfSeveral
    },
    get isConnected() {
      return phase.is === 'ready'
    },
    get isReady() {
      return phase.is === 'ready' && told.hasBackend && !connection.isLeaving
    },
    get connectedSince() {
      return phase.is === 'ready' ? phase.since : undefined
    },
    get link() {
      return linkOf()
    },
    start: dial,
    opened: greet,
    received(text) {
      const decoded = decodeReply(text)
      if (decoded.ok) heard(decoded.value)
      else oddity(decoded.fault)
      if (odd > mostOdd) redial()
    },
    linkLost: linkGone,
    request(message, asking) {
      const answered = (answer: Answer): void => {
        if (!answer.ok && answer.why === 'timeout' && answer.code === '') told.fellSilent()
        asking.answered(answer)
      }
      const isPossible = phase.is !== 'closed' && session !== undefined
      if (isPossible && requests.ask(message, { ...asking, answered }, phase.is !== 'ready')) return
      asking.answered({ ok: false, why: 'not available', code: '', detail: 'the proxy cannot be reached' })
    },
    brought: told.brought,
    giveUp: endSession,
    renew() {
      if (phase.is !== 'ready' || !requests.isDoubtful) return
      sayBye()
      endSession('begun anew')
      redial()
    },
    close() {
      if (phase.is === 'ready') sayBye()
      const link = linkOf()
      if (link !== undefined) desk.put({ do: 'hang-up', link })
      phase = { is: 'closed' }
      session = undefined
      requests.forget('the connection was closed')
      for (const key of ['dial', 'session', 'doubt']) desk.cancel(`${name} ${key}`)
    },
  }
  return connection
}

/** Beside the url, as the original has it: `https://host/path/` is `wss://host/path/proxy`. */
export function socketUrl(url: string): string {
  return new URL('proxy', url).href.replace(/^http/i, 'ws')
}
