/** Getting a Talk session and keeping it: hello with token or ticket, resume, and a new session where that fails. */
import type { HeliographError } from '../core/errors.ts'
import { ConnectionError } from '../core/errors.ts'
import { type JsonObject, objectAt, textAt, textsAt } from '../core/json.ts'
import type { Address, Line } from '../core/line.ts'
import type { World } from '../core/world.ts'
import { isOutdated, talkError } from './errors.ts'
import {
  helloBody,
  type InternalSettings,
  iceServersOf,
  type SettingsContext,
  type SettingsSource,
  socketUrl,
  type TalkSettings,
} from './settings.ts'

export interface TalkSession {
  /** Others know us by it. */
  readonly id: string
  /** Nobody else may know it. */
  readonly resumeId: string
  /** Empty for guests. */
  readonly userId: string
}

export interface SessionEnds {
  /** The same session as before. */
  resumed(session: TalkSession, line: Line): void
  /** A session of its own; `former` is the one that could not be resumed. */
  begun(session: TalkSession, former: TalkSession | undefined, line: Line): void
}

type Phase =
  | { readonly phase: 'idle' }
  | { readonly phase: 'before-welcome'; readonly cancel: () => void }
  | { readonly phase: 'said-hello'; readonly id: string; readonly resuming: boolean }

/** ms after which a server is taken for one that says no welcome; after 2 s it would give us up. */
const welcomePatience = 700

export class SessionKeeper {
  readonly #source: SettingsSource
  readonly #features: readonly string[]
  readonly #after: World['after']
  readonly #ends: SessionEnds
  #settings: TalkSettings | InternalSettings | undefined
  /** Got after a refusal, and not tried yet. */
  #areFresh = false
  #hasAsked = false
  #phase: Phase = { phase: 'idle' }
  #session: TalkSession | undefined
  #former: TalkSession | undefined
  #serverFeatures: ReadonlySet<string> = new Set()
  #hellos = 0
  /** On this line the settings have been renewed once. */
  #renewed = false

  constructor(source: SettingsSource, features: readonly string[], after: World['after'], ends: SessionEnds) {
    this.#after = after
    this.#source = source
    this.#features = features
    this.#ends = ends
  }

  get session(): TalkSession | undefined {
    return this.#session
  }

  get serverFeatures(): ReadonlySet<string> {
    return this.#serverFeatures
  }

  get iceServers(): readonly RTCIceServer[] {
    return iceServersOf(this.#settings)
  }

  /** A session can be resumed with what it needs at hand; a new one begins with settings that are new. */
  async address(attempt: number): Promise<Address> {
    if (!this.#session || !this.#settings) await this.#renew({ why: this.#hasAsked ? 'reconnect' : 'first', attempt })
    return { url: socketUrl(this.#settings?.server ?? '') }
  }

  opened(line: Line): void {
    this.#renewed = false
    if (this.#session) return this.#sayResume(line, this.#session)
    const params = this.#settings && 'helloAuthParams' in this.#settings ? this.#settings.helloAuthParams : {}
    // Only a choice has to wait for what the server can.
    if (params['1.0'] && params['2.0']) {
      const cancel = this.#after(welcomePatience, () => {
        if (line.isCurrent) this.#sayHello(line)
      })
      this.#phase = { phase: 'before-welcome', cancel }
    } else this.#sayHello(line)
  }

  /** True if the message was about the session. */
  received(message: JsonObject, line: Line): boolean {
    const type = textAt(message, 'type')
    if (type === 'welcome') {
      this.#serverFeatures = new Set(textsAt(objectAt(message, 'welcome'), 'features'))
      if (this.#phase.phase === 'before-welcome') {
        this.#phase.cancel()
        this.#sayHello(line)
      }
      return true
    }
    const { phase } = this.#phase
    if (phase !== 'said-hello' || textAt(message, 'id') !== this.#phase.id) return false
    const { resuming } = this.#phase
    this.#phase = { phase: 'idle' }
    if (type === 'hello') this.#welcomed(objectAt(message, 'hello'), resuming, line)
    else this.#refused(message, resuming, line)
    return true
  }

  /** The server has ended the session. */
  forget(): void {
    this.#former = this.#session ?? this.#former
    this.#session = undefined
  }

  /** We have: what comes next is nobody's continuation. */
  end(): void {
    this.#session = undefined
    this.#former = undefined
  }

  #welcomed(hello: JsonObject, resuming: boolean, line: Line): void {
    const id = textAt(hello, 'sessionid') ?? this.#session?.id
    const resumeId = textAt(hello, 'resumeid') ?? this.#session?.resumeId
    if (id === undefined || resumeId === undefined) {
      return line.fail(new ConnectionError('the hello was answered without a session', { code: 'garbled' }))
    }
    const features = textsAt(objectAt(hello, 'server'), 'features')
    if (features.length > 0) this.#serverFeatures = new Set(features)
    this.#session = { id, resumeId, userId: textAt(hello, 'userid') ?? '' }
    if (resuming) return this.#ends.resumed(this.#session, line)
    const former = this.#former
    this.#former = undefined
    this.#ends.begun(this.#session, former, line)
  }

  #refused(message: JsonObject, resuming: boolean, line: Line): void {
    const error = talkError(objectAt(message, 'error'))
    if (resuming && error.code !== 'too_many_requests') {
      this.forget()
      return this.#beginAnew({ why: 'reconnect', attempt: 0, code: error.code }, line, error)
    }
    if (!resuming && isOutdated(error.code) && typeof this.#source === 'function' && !this.#renewed) {
      return this.#beginAnew({ why: 'refused', attempt: 0, code: error.code }, line, error)
    }
    line.fail(error)
  }

  /** Says hello again on the same line, which the server allows. */
  #beginAnew(context: SettingsContext, line: Line, because: HeliographError): void {
    const server = this.#settings?.server
    this.#renewed = true
    this.#renew(context).then(
      () => {
        if (!line.isCurrent) return
        if (this.#settings?.server === server) this.#sayHello(line)
        else line.fail(new ConnectionError(`another server is in charge after ${because.code}`, { code: 'moved' }))
      },
      (thrown: unknown) =>
        line.fail(
          thrown instanceof Error && 'temporary' in thrown
            ? (thrown as HeliographError)
            : new ConnectionError('no new settings could be had', { code: 'no_settings', cause: thrown }),
        ),
    )
  }

  async #renew(context: SettingsContext): Promise<void> {
    if (this.#areFresh) return
    this.#hasAsked = true
    this.#settings = typeof this.#source === 'function' ? await this.#source(context) : this.#source
    this.#areFresh = true
  }

  #sayHello(line: Line): void {
    if (!this.#settings) return
    this.#areFresh = false
    this.#say(line, helloBody(this.#settings, this.#serverFeatures, this.#features), false)
  }

  #sayResume(line: Line, { resumeId }: TalkSession): void {
    this.#say(line, { version: '1.0', resumeid: resumeId }, true)
  }

  #say(line: Line, hello: unknown, resuming: boolean): void {
    this.#hellos += 1
    const id = `hello-${this.#hellos}`
    this.#phase = { phase: 'said-hello', id, resuming }
    line.send(JSON.stringify({ id, type: 'hello', hello }))
  }
}
