/**
 * The one Janus session that all legs live in: dialling, greeting, keeping it alive, taking it back after a short cut,
 * and making it anew when it is gone. One handle of its own, the control handle, makes and destroys rooms.
 */
import type { Link } from '../sfu.ts'
import { createControl } from './control.ts'
import type { Desk } from './desk.ts'
import { sessionNotFound } from './errors.ts'
import { decodeMessage, type Happening, type JanusMessage, type ServerInfo, videoRoomPlugin } from './messages.ts'
import type { Body } from './requests.ts'
import { createTransactions, type Reply, type Request } from './transactions.ts'

export interface SessionEvents {
  /** Requests may be made: in a new session, or in that of before with all its handles. */
  up(): void
  /** The session is gone with all its handles; not so the rooms, if it was only the session. */
  lost(why: string): void
  happened(handle: string, message: Happening): void
  /** It has said farewell. */
  ended(): void
}

export interface Jsep {
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}

export interface JanusSession {
  start(): void
  /** Whether requests can be made right now. */
  isUp(): boolean
  /** What Janus is; undefined before the first time. */
  info(): ServerInfo | undefined
  version(): number
  upSince(): number | undefined
  /** `late` takes a handle that came when nobody waited any more. */
  attach(then: (reply: Reply, handle: string | undefined) => void, late: (handle: string) => void): void
  /** On the control handle. */
  control(body: Body, then: (reply: Reply) => void, late?: () => void): void
  message(handle: string, body: Body, jsep: Jsep | undefined, request: Omit<Request, 'endsWithAck'>): void
  /** Each candidate is JSON. */
  trickle(handle: string, candidates: readonly string[], then: (reply: Reply) => void): void
  detach(handle: string, then: (reply: Reply) => void): void
  /** No other connection is made after this one. */
  leave(): void
  /** Ends the session and hangs up. */
  end(): void
  linkOpened(link: Link): void
  linkReceived(link: Link, text: string): void
  linkClosed(link: Link, why: string): void
}

type Phase =
  | { readonly is: 'resting' }
  | { readonly is: 'dialling' | 'greeting' | 'up' | 'ending'; readonly link: Link }

const keepaliveInterval = 30_000
const firstPause = 1_000
const longestPause = 16_000
/** A connection that lived this long was a good one: the next is tried at once. */
const goodLife = 10_000

export function createSession(
  settings: { readonly url: string; readonly timeout: () => number },
  desk: Desk,
  events: SessionEvents,
): JanusSession {
  const { url } = settings
  const transactions = createTransactions(desk, settings.timeout)
  let phase: Phase = { is: 'resting' }
  let lastLink: Link = 0
  let info: ServerInfo | undefined
  /** The session, and how long (ms) it outlives its connection. */
  let session: { readonly id: string; readonly outlives: number } | undefined
  let upSince: number | undefined
  let cutAt: number | undefined
  let heardAt = 0
  let pause = firstPause
  let isLeaving = false
  let lastWhy: string | undefined

  // Getting there

  function dial(): void {
    phase = { is: 'dialling', link: ++lastLink }
    desk.add({ do: 'dial', link: lastLink, url, subprotocol: 'janus-protocol' })
    expectGreeting()
  }

  function expectGreeting(): void {
    desk.at('greeting', desk.now() + settings.timeout(), () => drop('no answer in time'))
  }

  function greet(): void {
    request({ janus: 'info' }, false, (reply) => {
      const fault = reply.ok ? unfit(reply.answer) : reply.detail
      if (fault !== undefined) return drop(fault)
      if (session) claim()
      else create()
    })
  }

  /** What keeps us from working with this Janus. */
  function unfit(answer: JanusMessage): string | undefined {
    if (answer.janus !== 'server_info') return 'it does not say what it is'
    info = answer
    if (answer.plugins?.[videoRoomPlugin] === undefined) return 'it has no VideoRoom plugin'
    return answer.data_channels === true ? undefined : 'it has no data channels'
  }

  function claim(): void {
    desk.cancel('reclaim')
    request({ janus: 'claim' }, false, (reply) => {
      if (reply.ok) return up()
      if (reply.why !== 'refused') return drop(reply.detail)
      gone(reply.detail)
      create()
    })
  }

  function create(): void {
    request({ janus: 'create' }, false, (reply) => {
      const id = reply.ok && reply.answer.janus === 'success' ? reply.answer.data?.id : undefined
      if (id === undefined) return drop(reply.ok ? 'a session without an id' : reply.detail)
      session = { id, outlives: (info?.['reclaim-session-timeout'] ?? 0) * 1000 }
      control.attach(up)
    })
  }

  function up(): void {
    if (phase.is !== 'greeting') return
    phase = { is: 'up', link: phase.link }
    desk.cancel('greeting')
    upSince = desk.now()
    cutAt = undefined
    lastWhy = undefined
    keepAliveLater()
    desk.note({ fact: 'sfu-connected', url, version: info?.version_string ?? String(info?.version) })
    events.up()
  }

  // Staying there

  function keepAliveLater(): void {
    const limit = (info?.['session-timeout'] ?? 0) * 1000
    const interval = limit > 0 ? Math.min(keepaliveInterval, limit / 2) : keepaliveInterval
    desk.at('keepalive', desk.now() + interval, keepAlive)
  }

  function keepAlive(): void {
    const askedAt = desk.now()
    request({ janus: 'keepalive' }, true, (reply) => {
      if (reply.why === 'cut') return
      // A Janus that has much to do may be late with this; one that says nothing at all is not there.
      if (reply.why === 'timeout' && heardAt <= askedAt) drop('no answer to a keepalive')
      else keepAliveLater()
    })
  }

  function received(message: JanusMessage): void {
    heardAt = desk.now()
    if (message.janus === 'timeout') {
      if (message.session_id === session?.id) over('the session timed out')
      return
    }
    const { transaction } = message
    if (transaction !== undefined && transactions.received(transaction, message)) return
    if (!('sender' in message) || message.sender === undefined) {
      if (message.janus === 'error' && transaction === undefined) odd(`error without a request: ${message.error.code}`)
      return
    }
    if (message.session_id !== undefined && message.session_id !== session?.id) return
    if (!control.is(message.sender)) events.happened(message.sender, message)
    else if (message.janus === 'detached') control.attach(() => undefined)
  }

  function odd(fault: string): void {
    desk.note({ fact: 'sfu-message-odd', url, fault })
  }

  // Losing it

  /** The connection is of no use any more. */
  function drop(why: string): void {
    if (phase.is === 'resting') return
    desk.add({ do: 'hang-up', link: phase.link })
    cut(why)
  }

  /** The session is of no use any more. */
  function over(why: string): void {
    if (session) session = { ...session, outlives: 0 }
    drop(why)
  }

  function cut(why: string): void {
    phase = { is: 'resting' }
    for (const alarm of ['greeting', 'keepalive']) desk.cancel(alarm)
    if (upSince !== undefined && desk.now() - upSince >= goodLife) pause = 0
    upSince = undefined
    transactions.cut()
    if (isLeaving) {
      desk.cancel('reclaim')
      return events.ended()
    }
    if (why !== lastWhy) desk.note({ fact: 'sfu-disconnected', url, why })
    lastWhy = why
    waitForReturn(why)
    if (pause === 0) dial()
    else desk.at('dial', desk.now() + pause, dial)
    pause = Math.min(longestPause, Math.max(firstPause, pause * 2))
  }

  /** Janus may keep the session for a while. */
  function waitForReturn(why: string): void {
    if (!session) return
    cutAt ??= desk.now()
    const until = cutAt + session.outlives
    if (until <= desk.now() || !control.isThere()) gone(why)
    else desk.at('reclaim', until, () => gone(why))
  }

  function gone(why: string): void {
    desk.cancel('reclaim')
    cutAt = undefined
    control.forget()
    if (!session) return
    session = undefined
    events.lost(why)
  }

  // Saying something

  function request(
    head: Readonly<Record<string, unknown>>,
    endsWithAck: boolean,
    then: (reply: Reply) => void,
    rest: { readonly handle?: string; readonly json?: string } & Pick<Request, 'acked' | 'late'> = {},
  ): void {
    if (phase.is === 'resting' || phase.is === 'dialling') {
      return then(notConnected)
    }
    const { link } = phase
    const asked = session
    const transaction = transactions.begin({
      endsWithAck,
      ended(reply) {
        const isOver = reply.code === sessionNotFound && asked !== undefined && head['janus'] !== 'claim'
        then(isOver ? { ok: false, why: 'cut', code: undefined, detail: reply.detail } : reply)
        if (isOver && session?.id === asked.id) over('the session is gone')
      },
      ...(rest.acked && { acked: rest.acked }),
      ...(rest.late && { late: rest.late }),
    })
    // Janus tells what it is only to those who name no session.
    const isOutside = head['janus'] === 'info'
    const ids = [
      session && !isOutside && `"session_id":${session.id}`,
      rest.handle && `"handle_id":${rest.handle}`,
      rest.json,
    ]
    const fields = [JSON.stringify({ ...head, transaction }).slice(1, -1), ...ids.filter((field) => field)]
    desk.add({ do: 'send', link, text: `{${fields.join(',')}}` })
  }

  const attach: JanusSession['attach'] = (then, late) => {
    request(
      { janus: 'attach', plugin: videoRoomPlugin },
      false,
      (reply) => {
        const handle = reply.ok && reply.answer.janus === 'success' ? reply.answer.data?.id : undefined
        if (reply.ok && handle === undefined) odd('a handle without an id')
        then(reply.ok && handle === undefined ? withoutId : reply, handle)
      },
      {
        late(answer) {
          const handle = answer?.janus === 'success' ? answer.data?.id : undefined
          if (handle !== undefined) late(handle)
        },
      },
    )
  }

  const isUp = (): boolean => phase.is === 'up'

  function message(handle: string, body: Body, jsep: Jsep | undefined, asked: Omit<Request, 'endsWithAck'>): void {
    const { ended, ...rest } = asked
    if (!isUp()) return ended(notConnected)
    const json = jsep ? `"body":${body},"jsep":${JSON.stringify(jsep)}` : `"body":${body}`
    request({ janus: 'message' }, false, ended, { ...rest, handle, json })
  }

  const detach: JanusSession['detach'] = (handle, then) => request({ janus: 'detach' }, false, then, { handle })

  const control = createControl({
    isUp,
    attach,
    detach,
    message: (handle, body, ended, late) => message(handle, body, undefined, { ended, ...(late && { late }) }),
    failed: ({ detail }) => drop(detail),
  })

  return {
    start: dial,
    isUp,
    info: () => info,
    version: () => info?.version ?? 0,
    upSince: () => upSince,
    attach,
    control: control.say,
    message,
    trickle(handle, candidates, then) {
      const json = candidates.length === 1 ? `"candidate":${candidates[0]}` : `"candidates":[${candidates.join(',')}]`
      request({ janus: 'trickle' }, true, then, { handle, json })
    },
    detach,
    leave() {
      isLeaving = true
    },
    end() {
      isLeaving = true
      if (phase.is !== 'up') return phase.is === 'resting' ? events.ended() : drop('stopping')
      const { link } = phase
      request({ janus: 'destroy' }, false, () => drop('stopping'))
      session = undefined
      phase = { is: 'ending', link }
    },
    linkOpened(link) {
      if (phase.is !== 'dialling' || phase.link !== link) return
      phase = { is: 'greeting', link }
      expectGreeting()
      greet()
    },
    linkReceived(link, text) {
      if (phase.is === 'resting' || phase.link !== link) return
      const decoded = decodeMessage(text)
      if (decoded.ok) received(decoded.message)
      else odd(decoded.fault)
    },
    linkClosed(link, why) {
      if (phase.is !== 'resting' && phase.link === link) cut(why)
    },
  }
}

const notConnected: Reply = { ok: false, why: 'cut', code: undefined, detail: 'not connected' }
const withoutId: Reply = { ok: false, why: 'refused', code: 490, detail: 'a handle without an id' }
