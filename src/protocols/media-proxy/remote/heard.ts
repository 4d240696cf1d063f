/** What other proxies say to us, and what follows when they say nothing more. */
import type { EventBody, Reply } from '../../../sfu/proxy/messages.ts'
import { decodeReply } from '../../../sfu/proxy/wire.ts'
import { type ErrorCode, errorCodes } from '../errors.ts'
import type { OtherProxy, Pull, Question } from '../model.ts'
import type { Due, State } from '../state.ts'
import { dial, forget, greet, greeted, hangUp, otherOf, redialLater } from './others.ts'
import { failPull, flowing, listed } from './pulls.ts'

export function remoteOpened(state: State, link: number): void {
  const other = otherOf(state, link)
  if (other?.phase === 'dialling') greet(state, other)
}

export function remoteClosed(state: State, link: number, why: string): void {
  const other = otherOf(state, link)
  if (!other) return
  other.phase = 'waiting'
  // What is on its way has to be begun anew by whoever wants it; what flows goes on flowing meanwhile.
  for (const pull of [...other.pulls]) if (pull.phase !== 'ready') failPull(state, pull, 'internal_error', why)
  if (state.others.get(other.url) === other) comeBack(state, other, why)
}

function comeBack(state: State, other: OtherProxy, why: string): void {
  if (redialLater(state, other)) state.note({ fact: 'other-proxy-lost', url: other.url, why })
  else lose(state, other, why)
}

export function remoteReceived(state: State, link: number, text: string): void {
  const other = otherOf(state, link)
  if (!other) return
  const decoded = decodeReply(text)
  if (decoded.ok) return heard(state, other, decoded.value)
  state.note({ fact: 'other-proxy-odd', url: other.url, fault: decoded.fault })
  // An answer that cannot be read is none; its request need not wait for its time to be over.
  const question = decoded.id === undefined ? undefined : take(other, decoded.id)
  if (question) refused(state, other, question, 'internal_error', 'an answer that makes no sense')
}

export function otherIsDue(state: State, { other, what }: Extract<Due, { readonly due: 'other proxy' }>): void {
  if (state.others.get(other.url) !== other) return
  if (what === 'redial') return dial(state, other)
  hangUp(state, other)
  other.phase = 'waiting'
  comeBack(state, other, 'no answer to hello')
}

function heard(state: State, other: OtherProxy, message: Reply): void {
  const question = typeof message.id === 'string' ? take(other, message.id) : undefined
  if (message.type === 'error') {
    const { code } = message.error
    if (question) refused(state, other, question, isCode(code) ? code : 'internal_error', code)
    return
  }
  if (message.type === 'event') return happened(state, other, message.event)
  if (message.type === 'bye') {
    other.sessionId = undefined
    return lose(state, other, message.bye.reason)
  }
  if (message.type === 'hello' && question?.about === 'hello') {
    return greeted(state, other, message.hello.sessionid)
  }
  if (message.type === 'command' && question) answered(state, question, message.command.streams ?? [])
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code)

function take(other: OtherProxy, id: string): Question | undefined {
  const question = other.asked.get(id)
  other.asked.delete(id)
  return question
}

function answered(state: State, question: Question, streams: Parameters<typeof listed>[2]): void {
  if (question.about === 'streams') listed(state, question.pull, streams)
  else if (question.about === 'publish') flowing(state, question.pull)
}

function refused(state: State, other: OtherProxy, question: Question, code: ErrorCode, why: string): void {
  if (question.about === 'streams' || question.about === 'publish') {
    return failPull(state, question.pull, code, `the other proxy says ${why}`)
  }
  if (question.about !== 'hello') return
  if (other.sessionId === undefined) return lose(state, other, why)
  // Our session there is over, and what it had with it.
  other.sessionId = undefined
  for (const pull of [...other.pulls].filter(hasBegun)) failPull(state, pull, 'internal_error', why)
  other.owed = []
  if (state.others.get(other.url) === other) greet(state, other)
}

/** What was not asked yet can still be asked in a new session. */
const hasBegun = ({ phase }: Pull): boolean => phase !== 'listing'

function happened(state: State, other: OtherProxy, { type, clientId }: EventBody): void {
  if (type !== 'publisher-closed' && type !== 'backend-disconnected') return
  for (const pull of [...other.pulls]) {
    const isMeant = type === 'backend-disconnected' || pull.stream.publisher === clientId
    if (!isMeant || pull.phase === 'listing') continue
    // There is nothing any more to be unpublished.
    pull.ports = undefined
    failPull(state, pull, 'internal_error', type)
  }
}

/** No stream from there any more. */
function lose(state: State, other: OtherProxy, why: string): void {
  state.note({ fact: 'other-proxy-lost', url: other.url, why })
  hangUp(state, other)
  other.phase = 'waiting'
  for (const pull of [...other.pulls]) failPull(state, pull, 'internal_error', why)
  forget(state, other)
}
