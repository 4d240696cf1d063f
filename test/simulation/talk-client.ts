/** A client in a simulation: it keeps its own picture of the room, as Talk's web client does, from what it is told. */
import type { ConnectionId } from '../../src/core/ids.ts'
import type { Talk } from '../../src/protocols/talk/vocabulary.ts'
import { internalAuth } from '../protocols/talk/server.ts'
import { at, type Json, type JsonObject, parseJson, textAt } from '../support/json.ts'
import type { World } from '../support/world.ts'

export interface SimulatedClient {
  readonly name: string
  /** `entering`: it has said hello and waits. */
  phase(): 'nobody' | 'entering' | 'open' | 'away'
  readonly connection: ConnectionId | undefined
  sessionId(): string
  isStalled(): boolean
  /** Whom it believes to be in its room. */
  view(): ReadonlySet<string>
  /** The numbers of the messages that the present session got. */
  got(): readonly number[]
  enter(): void
  say(message: JsonObject): void
  stall(): void
  lose(): void
  resume(): void
  /** Takes in what has come. */
  listen(): void
}

export function createSimulatedClient(name: string, world: World<Talk>, url: string): SimulatedClient {
  let connection: ConnectionId | undefined
  let [sessionId, resumeId] = ['', '']
  let stalled = false
  let view = new Set<string>()
  let got: number[] = []
  /** The next list of joins is the complete one: so Talk's web client takes it after it resumed. */
  let expectsList = false
  /** It has heard everything since it came into its room as it happened: then nobody may act who has not come. */
  let isContinuous = false

  const isOpen = (): boolean => connection !== undefined && world.isOpen(connection)
  const say = (message: JsonObject): void => {
    if (connection !== undefined) world.text(connection, JSON.stringify(message))
  }
  const forget = (): void => {
    sessionId = ''
    resumeId = ''
    connection = undefined
    view = new Set()
    got = []
    stalled = false
  }

  function hear(message: Json): void {
    const session = textAt(message, 'hello', 'sessionid')
    if (session !== undefined) {
      expectsList = session === sessionId
      isContinuous = false
      sessionId = session
      resumeId = textAt(message, 'hello', 'resumeid') ?? ''
    }
    if (textAt(message, 'type') === 'room') {
      view = new Set()
      isContinuous = true
    }
    const joined = at(message, 'event', 'join')
    if (Array.isArray(joined)) {
      if (expectsList) view = new Set()
      expectsList = false
      for (const entry of joined) view.add(textAt(entry, 'sessionid') ?? '')
    }
    const left = at(message, 'event', 'leave')
    if (Array.isArray(left)) {
      for (const id of left) if (!view.delete(String(id)) && isContinuous) throw new Error(`${name}: who is ${id}?`)
    }
    note(message)
    // Whoever is sent away with a bye, or whose session is not known any more, is nobody.
    const isGone = textAt(message, 'type') === 'bye' && textAt(message, 'bye', 'reason') !== 'session_resumed'
    if (isGone || textAt(message, 'error', 'code') === 'no_such_session') forget()
  }

  function note(message: Json): void {
    const sender = textAt(message, 'message', 'sender', 'sessionid')
    if (sender !== undefined && sender === sessionId) throw new Error(`${name} is told of itself`)
    if (sender !== undefined && isContinuous && !view.has(sender)) throw new Error(`${name}: who is ${sender}?`)
    const number = at(message, 'message', 'data', 'n') ?? at(message, 'event', 'message', 'data', 'n')
    if (typeof number === 'number') got.push(number)
  }

  function open(hello: JsonObject): void {
    connection = world.open()
    stalled = false
    say({ type: 'hello', hello: { version: '1.0', ...hello } })
  }

  return {
    name,
    phase: () => (isOpen() ? (sessionId === '' ? 'entering' : 'open') : sessionId === '' ? 'nobody' : 'away'),
    get connection() {
      return connection
    },
    sessionId: () => sessionId,
    isStalled: () => stalled,
    view: () => view,
    got: () => got,
    enter() {
      forget()
      open({ auth: name.startsWith('bot') ? internalAuth() : { url, params: { userid: name } } })
    },
    say,
    stall() {
      if (connection !== undefined) world.stall(connection)
      stalled = true
    },
    lose() {
      if (connection !== undefined) world.lose(connection)
    },
    resume: () => open({ resumeid: resumeId }),
    listen() {
      if (connection === undefined) return
      const from = connection
      for (const text of world.hear(from)) if (connection === from) hear(parseJson(text))
      const close = connection === undefined ? undefined : world.closeOf(connection)
      // A close without a bye is the end of a session that was disinvited.
      if (close?.reason === 'disinvited') forget()
    },
  }
}
