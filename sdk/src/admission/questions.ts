/** What a client of the admission protocol asks the server, and how it finds out which answer is to which question. */
import { type HeliographError, RefusedError } from '../core/errors.ts'
import { isObject, type JsonObject, numberAt, textAt } from '../core/json.ts'
import { type RequestOptions, Requests } from '../core/requests.ts'
import type { World } from '../core/world.ts'

/** What an ack is told by. */
interface Question {
  readonly key: string
  readonly number: number | undefined
}

export class Questions {
  readonly #requests: Requests<JsonObject>
  readonly #send: (text: string) => boolean
  readonly #refusedUnasked: (error: RefusedError) => void
  /** Belongs to one socket, so that nothing can wait for the next. */
  #sessionToken = ''
  /** The original never does; who does says with it which question is refused. */
  #acknowledges = false

  constructor(
    world: Pick<World, 'after'>,
    send: (text: string) => boolean,
    refusedUnasked: (error: RefusedError) => void,
  ) {
    this.#requests = new Requests(world)
    this.#send = send
    this.#refusedUnasked = refusedUnasked
  }

  /** On a new socket. */
  begin(): void {
    this.#acknowledges = false
  }

  authenticated(sessionToken: string): void {
    this.#sessionToken = sessionToken
  }

  /** True if it went out. */
  say(event: string, body: JsonObject, question?: Question): boolean {
    return this.#send(JSON.stringify([event, { auth: this.#sessionToken, ...body }, ...(question ? [question] : [])]))
  }

  /** `key` is what an answer is told by; an ack says more. */
  ask(
    key: string,
    event: string,
    body: JsonObject,
    options: RequestOptions,
    answered?: (answer: JsonObject) => void,
  ): Promise<JsonObject> {
    const answer = this.#requests.ask(key, event, options, answered)
    this.say(event, body, { key, number: this.#requests.numberOf(key) })
    return answer
  }

  isOpen(key: string): boolean {
    return this.#requests.has(key)
  }

  /** Resolves when it has its answer; by then the same may have been asked again. */
  settled(key: string): Promise<void> {
    return this.#requests.settled(key)
  }

  answered(key: string, body: JsonObject): void {
    this.#requests.answer(key, body)
  }

  refuseAll(error: HeliographError): void {
    this.#requests.refuseAll(error)
  }

  /** The event that refused it, if one did, has come before; what waits by now may be another question. */
  acknowledged({ question, answer }: JsonObject): void {
    this.#acknowledges = true
    if (!isObject(question) || !isObject(answer) || answer['ok'] !== false) return
    const key = textAt(question, 'key') ?? ''
    const number = numberAt(question, 'number')
    if (number === undefined || number !== this.#requests.numberOf(key)) return
    this.#requests.refuse(key, refusal(textAt(answer, 'event') ?? '', answer))
  }

  /** An event may not say which question it means, or mean one that was given up: an ack tells, where there is one. */
  refused(by: string, event: string, body: JsonObject): void {
    const room = textAt(body, 'room')
    const keys: Readonly<Record<string, string | undefined>> = {
      'room-create-request': 'create',
      'room-join-request': room === undefined ? this.#requests.oldest('join:') : `join:${room}`,
      'room-leave-request': `leave:${room ?? ''}`,
    }
    const isQuestion = Object.hasOwn(keys, event)
    if (!isQuestion) this.#refusedUnasked(refusal(by, body))
    else if (!this.#acknowledges) this.#requests.refuse(keys[event] ?? '', refusal(by, body))
  }
}

/** By the event that refuses. */
const codes: Readonly<Record<string, string>> = {
  'room-create-reject': 'room_refused',
  'room-join-reject': 'not_admitted',
  unauthorized: 'unauthorized',
  'payload-reject': 'payload_refused',
  'relay-reject': 'not_relayed',
}

function refusal(by: string, body: JsonObject): RefusedError {
  const code = (Object.hasOwn(codes, by) ? codes[by] : undefined) ?? 'refused'
  return new RefusedError(code, textAt(body, 'message') ?? code, { details: body['payload'] })
}
