/** The connections to other proxies: dialled when a stream is wanted, resumed when they break, ended with the last stream. */
import type { Command } from '../../../sfu/proxy/messages.ts'
import type { OtherProxy, Pull, Question } from '../model.ts'
import { answered, type State } from '../state.ts'
import type { RemoteCommand } from '../vocabulary.ts'

/** How long (ms) an answer to hello may take. */
const greetingTime = 5_000
const firstPause = 1_000
const longestPause = 16_000
/** How long (ms) the other keeps a session that has lost its connection. */
const lifetime = 60_000

const order = (state: State, command: RemoteCommand): void => state.command({ to: 'other-proxy', command })

/** The one at that url, dialled if there is none yet. */
export function otherAt(state: State, url: string): OtherProxy {
  const known = state.others.get(url)
  if (known) return known
  const other: OtherProxy = {
    url,
    link: 0,
    phase: 'dialling',
    sessionId: undefined,
    lostAt: undefined,
    attempts: 0,
    pulls: new Set(),
    asked: new Map(),
    unsent: [],
    owed: [],
  }
  state.others.set(url, other)
  dial(state, other)
  return other
}

export const otherOf = (state: State, link: number): OtherProxy | undefined =>
  [...state.others.values()].find((other) => other.link === link && other.phase !== 'waiting')

export function dial(state: State, other: OtherProxy): void {
  other.link = state.serial()
  other.phase = 'dialling'
  order(state, { do: 'dial', link: other.link, url: socketUrl(other.url) })
}

/** Where a proxy has its WebSocket, by its address in the settings of signaling servers. */
export function socketUrl(url: string): string {
  return new URL('proxy', url.endsWith('/') ? url : `${url}/`).href.replace(/^http/, 'ws')
}

export function greet(state: State, other: OtherProxy): void {
  const { remote } = state.settings
  if (!remote) return
  other.phase = 'greeting'
  const id = String(state.serial())
  other.asked.set(id, { about: 'hello' })
  const who =
    other.sessionId === undefined ? { token: remote.sign('', state.world.wallClock()) } : { resumeid: other.sessionId }
  const text = JSON.stringify({ id, type: 'hello', hello: { version: '1.0', ...who } })
  order(state, { do: 'send', link: other.link, text })
  state.deadlines.set(`other ${other.url}`, state.now() + greetingTime, { due: 'other proxy', other, what: 'answer' })
}

/** We are known there. */
export function greeted(state: State, other: OtherProxy, sessionId: string): void {
  state.deadlines.cancel(`other ${other.url}`)
  other.sessionId = sessionId
  other.phase = 'ready'
  other.lostAt = undefined
  other.attempts = 0
  state.note({ fact: 'other-proxy-connected', url: other.url })
  const { unsent, owed } = other
  other.unsent = []
  other.owed = []
  for (const command of owed) ask(state, other, command, { about: 'nothing' })
  for (const text of unsent) order(state, { do: 'send', link: other.link, text })
}

export function ask(state: State, other: OtherProxy, command: Command, question: Question): void {
  const id = String(state.serial())
  other.asked.set(id, question)
  const text = JSON.stringify({ id, type: 'command', command })
  if (other.phase === 'ready') order(state, { do: 'send', link: other.link, text })
  else other.unsent.push(text)
}

/** Tries again after a pause; false once its session there is over in any case. */
export function redialLater(state: State, other: OtherProxy): boolean {
  other.lostAt ??= state.now()
  if (other.sessionId === undefined || state.now() - other.lostAt >= lifetime) return false
  const pause = Math.min(longestPause, firstPause * 2 ** other.attempts++)
  const spread = pause * (0.5 + state.world.random())
  other.phase = 'waiting'
  other.asked.clear()
  other.unsent = []
  state.deadlines.set(`other ${other.url}`, state.now() + spread, { due: 'other proxy', other, what: 'redial' })
  return true
}

/** Its connection is of no use any more. */
export function hangUp(state: State, other: OtherProxy): void {
  if (other.phase !== 'waiting') order(state, { do: 'hang-up', link: other.link })
}

/** Says farewell, so that nothing of ours stays there. */
export function forget(state: State, other: OtherProxy): void {
  state.deadlines.cancel(`other ${other.url}`)
  if (state.others.get(other.url) !== other) return
  state.others.delete(other.url)
  if (other.phase === 'ready') order(state, { do: 'send', link: other.link, text: JSON.stringify({ type: 'bye' }) })
  hangUp(state, other)
}

/** The publisher's media is no longer wanted here. */
export function closePull(state: State, pull: Pull): void {
  if (pull.phase === 'over') return
  const { other, ports, stream, phase } = pull
  pull.phase = 'over'
  state.pulls.delete(pull.key)
  state.byLeg.delete(pull.leg)
  state.deadlines.cancel(`pull ${pull.leg}`)
  for (const number of pull.asked) answered(state, number)
  if (phase !== 'listing') state.sfu({ do: 'close', leg: pull.leg })
  other.pulls.delete(pull)
  const { remote } = state.settings
  if (ports && remote) {
    const command = {
      type: 'unpublish-remote',
      clientId: stream.publisher,
      hostname: remote.hostname,
      ...ports,
    } as const
    if (other.phase === 'ready') ask(state, other, command, { about: 'nothing' })
    else other.owed.push(command)
  }
  if (other.pulls.size === 0) forget(state, other)
}
