/** One who takes part in a conversation: a client with its connection, its session and what it has heard and not yet used. */
import type { Json } from '../json.ts'
import { at, parseJson, textAt } from '../json.ts'
import type { Incoming } from '../talk-client.ts'
import type { Names } from './names.ts'
import { mismatch } from './pattern.ts'
import type { Connection, Stage } from './stage.ts'

export interface Actor {
  readonly who: string
  connect(): Promise<void>
  say(text: string): void
  sayBinary(bytes: Uint8Array): void
  /** The next message fits the pattern. */
  expect(pattern: Json): Promise<void>
  /** Takes the next message as it is. */
  nextMessage(): Promise<Json>
  /** Join events until exactly these sessions were named; other messages in between stay for later. */
  expectJoined(sids: readonly string[]): Promise<void>
  /** Nothing has come, and nothing was under way: two round trips, by way of the backend's events and of this connection. */
  expectSilence(): Promise<void>
  expectClosed(): Promise<void>
  close(): Promise<void>
  /** Ends the session with a bye, if there is a connection. */
  depart(): Promise<void>
  isConnected(): boolean
  sid(): string | undefined
  /** The room it was last told that it is in; stays while it is away. */
  room(): string | undefined
  lastText(): string
}

interface Known {
  /** Of another Nextcloud, whose requests the stage does not send. */
  elsewhere: boolean
  /** The present connection has a session. */
  live: boolean
  room: string | undefined
  sid: string | undefined
  userid: string | undefined
  /** The room session id by which the backend can reach this session. */
  rsid: string | undefined
  asksFor: string | undefined
}

const fenceMark = 'fence-'
let fences = 0

export function createActor(who: string, stage: Stage, names: Names, run: string): Actor {
  let connection: Connection | undefined
  let last = ''
  const known: Known = {
    elsewhere: false,
    live: false,
    room: undefined,
    sid: undefined,
    userid: undefined,
    rsid: undefined,
    asksFor: undefined,
  }
  /** Heard, but passed over by a step that looked for something else. */
  const kept: Incoming[] = []

  const live = (): Connection => {
    if (!connection) throw new Error(`${who} is not connected`)
    return connection
  }
  const say = (text: string) => {
    remember(known, 'said', text)
    if ([stage.clouds.two, stage.clouds.small].some((cloud) => text.includes(cloud))) known.elsewhere = true
    live().send(text)
  }
  const read = async (fence = ''): Promise<Incoming> => {
    const held = kept.shift()
    if (held) return held
    for (;;) {
      const incoming = await live().next()
      if (incoming.kind !== 'message') return incoming
      const mark = fenceOf(incoming.json)
      if (mark !== undefined && mark !== fence) continue
      last = incoming.text
      remember(known, 'heard', incoming.text)
      return incoming
    }
  }
  const nextMessage = async (): Promise<Json> => {
    const incoming = await read()
    if (incoming.kind === 'message') return incoming.json
    throw new Error(incoming.kind === 'closed' ? `${who} was closed: ${incoming.code}` : `${who} heard nothing`)
  }
  /** What comes before the answer to something that is certainly answered. */
  const until = async (mark: string, isAnswer: (message: Json) => boolean): Promise<readonly Json[]> => {
    const before: Json[] = []
    for (;;) {
      const incoming = await read(mark)
      if (incoming.kind !== 'message') throw new Error(`${who}: ${incoming.kind} while waiting for silence`)
      if (isAnswer(incoming.json)) return before
      before.push(incoming.json)
    }
  }
  const throughBackend = async (): Promise<readonly Json[]> => {
    const mark = `${fenceMark}${run}-${++fences}`
    const body =
      !known.live || known.elsewhere
        ? undefined
        : known.userid !== undefined
          ? { type: 'invite', invite: { userids: [known.userid], properties: {} } }
          : known.rsid !== undefined
            ? { type: 'disinvite', disinvite: { sessionids: [known.rsid] } }
            : undefined
    if (!body) return []
    await stage.post(mark, JSON.stringify(body))
    return until(mark, (message) => fenceOf(message) === mark)
  }
  const throughConnection = (): Promise<readonly Json[]> => {
    const id = `${fenceMark}${run}-${++fences}`
    live().send(JSON.stringify({ id, type: 'message' }))
    return until('', (message) => textAt(message, 'id') === id)
  }

  return {
    who,
    connect: async () => {
      connection = await stage.open()
      known.live = false
      kept.length = 0
    },
    say,
    sayBinary: (bytes) => live().sendBinary(bytes),
    nextMessage,
    expect: async (pattern) => {
      const message = await nextMessage()
      const fault = mismatch(pattern, message, names)
      if (fault !== undefined) throw new Error(`${fault}\n  ${who} heard ${JSON.stringify(message)}`)
    },
    expectJoined: async (sids) => {
      const missing = new Set(sids)
      const passedOver: Incoming[] = []
      while (missing.size > 0) {
        const incoming = await read()
        if (incoming.kind !== 'message') throw new Error(`${who} did not hear of ${[...missing].join(', ')}`)
        const joined = at(incoming.json, 'event', 'join')
        if (!Array.isArray(joined)) passedOver.push(incoming)
        else
          for (const entry of joined) {
            const sid = textAt(entry, 'sessionid') ?? ''
            if (!missing.delete(sid)) throw new Error(`${who} heard of a join too many: ${incoming.text}`)
          }
      }
      kept.unshift(...passedOver)
    },
    expectSilence: async () => {
      const heard = [
        ...(await throughBackend()),
        ...(await throughConnection()),
        ...(await throughBackend()),
        ...(await throughConnection()),
      ]
      if (heard.length > 0)
        throw new Error(`${who} heard ${heard.map((message) => JSON.stringify(message)).join('\n  ')}`)
    },
    expectClosed: async () => {
      const incoming = await read()
      if (incoming.kind !== 'closed') throw new Error(`${who} is open, and heard ${JSON.stringify(incoming)}`)
      connection = undefined
      known.room = undefined
    },
    close: async () => {
      await live().close()
      connection = undefined
    },
    depart: async () => {
      const open = connection
      connection = undefined
      if (!open) return
      open.send('{"type":"bye","bye":{}}')
      await open.close()
    },
    isConnected: () => connection !== undefined,
    sid: () => known.sid,
    room: () => known.room,
    lastText: () => last,
  }
}

/** The next messages of one actor fit the patterns in some order. */
export async function inAnyOrder(
  actor: Actor,
  patterns: readonly Json[],
  fits: (pattern: Json, value: Json) => boolean,
): Promise<void> {
  const rest = [...patterns]
  while (rest.length > 0) {
    const message = await actor.nextMessage()
    const place = rest.findIndex((pattern) => fits(pattern, message))
    if (place < 0) throw new Error(`${actor.who} heard something else: ${JSON.stringify(message)}`)
    rest.splice(place, 1)
  }
}

function fenceOf(message: Json): string | undefined {
  if (textAt(message, 'event', 'target') !== 'roomlist') return undefined
  const roomid = textAt(message, 'event', 'invite', 'roomid') ?? textAt(message, 'event', 'disinvite', 'roomid')
  return roomid?.startsWith(fenceMark) ? roomid : undefined
}

/** Keeps track of where this session is and how the backend could reach it. */
function remember(known: Known, direction: 'said' | 'heard', text: string): void {
  const message = readable(text)
  const roomid = textAt(message, 'room', 'roomid')
  if (textAt(message, 'type') === 'room' && roomid !== undefined) {
    if (direction === 'said') known.asksFor = textAt(message, 'room', 'sessionid')
    else {
      known.room = roomid === '' ? undefined : roomid
      known.rsid = roomid === '' ? undefined : (known.asksFor ?? known.rsid)
    }
  }
  const sid = textAt(message, 'hello', 'sessionid')
  if (direction === 'said' || sid === undefined) return
  if (sid !== known.sid) {
    known.room = undefined
    known.rsid = undefined
  }
  known.live = true
  known.sid = sid
  const userid = textAt(message, 'hello', 'userid')
  known.userid = userid === '' ? undefined : userid
}

function readable(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}
