/** A media proxy without sockets and Janus: the test is the SFU, and whatever other proxies there are. */
import { createPrivateKey } from 'node:crypto'
import type { ConnectionId } from '../../../src/core/ids.ts'
import { parseIpRange } from '../../../src/lib/ip-range.ts'
import { readRsaPublicKey } from '../../../src/lib/rsa-key.ts'
import { createMediaProxy, type MediaProxyFrontEnd } from '../../../src/protocols/media-proxy/connection.ts'
import type {
  MediaProxy,
  ProxySettings,
  ProxyWishes,
  Rates,
  RemoteCommand,
} from '../../../src/protocols/media-proxy/vocabulary.ts'
import { createTokenSigner } from '../../../src/sfu/proxy/tokens.ts'
import { decodeReply } from '../../../src/sfu/proxy/wire.ts'
import type { SfuCommand, SfuEvent } from '../../../src/sfu/sfu.ts'
import type { LegId } from '../../../src/sfu/stream.ts'
import { createDice } from '../../support/clock.ts'
import { at, isObject, type Json, type JsonObject, parseJson, textAt } from '../../support/json.ts'
import { rsaPair } from '../../support/rsa-keys.ts'
import { createWorld, type World } from '../../support/world.ts'

export interface ProxyServer {
  readonly proxy: MediaProxyFrontEnd
  readonly world: World<MediaProxy>
  say(id: ConnectionId, message: JsonObject | string): void
  /** What came since the last time. */
  hear(id: ConnectionId): readonly JsonObject[]
  /** A connection with a session; what it was told at first has been heard. */
  session(issuer?: string): { readonly id: ConnectionId; readonly sessionId: string }
  /** What the SFU was told to do since the last time. */
  ordered(): readonly SfuCommand[]
  /** What was to be done about other proxies since the last time. */
  remote(): readonly RemoteCommand[]
  sfu(event: SfuEvent): void
  /** A publisher that sends. */
  publisher(of: ConnectionId): Made
  /** A subscriber of it that is there. */
  subscriber(of: ConnectionId, publisher: string): Made & { readonly sid: string }
  token(issuer: string, options?: { readonly subject?: string; readonly age?: number; readonly key?: string }): string
}

export interface Made {
  readonly clientId: string
  readonly leg: LegId
}

export interface ProxyServerOptions {
  readonly settings?: Partial<ProxySettings>
  readonly wishes?: Partial<ProxyWishes>
  /** What flows, if Janus tells. */
  readonly measured?: () => Rates | undefined
  readonly seed?: number
  readonly withoutJanus?: boolean
}

export const timeout = 10_000

export const ranges = (...texts: readonly string[]) => texts.map(parseIpRange).filter((range) => range !== undefined)

export function keyOf(name: string) {
  const read = readRsaPublicKey(rsaPair(name).publicKey)
  if (!read.ok) throw new Error(read.error)
  return read.value
}

const signerOf = (issuer: string, key: string) => createTokenSigner(issuer, createPrivateKey(rsaPair(key).privateKey))

/** For `settings`: streams of other proxies can be had. */
export const remote: ProxySettings['remote'] = { sign: signerOf('here', 'here'), hostname: '192.0.2.77' }

export const wishes: ProxyWishes = {
  keys: new Map([
    ['one', keyOf('one')],
    ['two', keyOf('two')],
  ]),
  limits: { incoming: 0, outgoing: 0 },
  filter: { allowed: [], blocked: [] },
  maxStreamBitrate: 1_048_576,
  maxScreenBitrate: 2_097_152,
}

export const sdp = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', ...lines, ''].join('\r\n')

export function proxyServer(options: ProxyServerOptions = {}): ProxyServer {
  const dice = createDice(options.seed ?? 1)
  let serial = 0
  const proxy = createMediaProxy(
    {
      version: '1.2.3',
      country: 'DE',
      timeout,
      remote: undefined,
      queue: { bytes: 1_048_576, messages: 1_000 },
      ...options.settings,
    },
    { ...wishes, ...options.wishes },
    {
      newId: () => `id-${++serial}`,
      wallClock: () => world.clock.now(),
      random: dice.next,
      measured: options.measured ?? (() => undefined),
    },
  )
  const world: World<MediaProxy> = createWorld<MediaProxy>(proxy, {
    // Everything that is said keeps to the protocol.
    check({ text }) {
      const decoded = decodeReply(text)
      if (!decoded.ok) throw new Error(`not a message of the protocol (${decoded.fault}): ${text}`)
    },
  })
  let seen = 0
  let seenRemote = 0

  const say = (id: ConnectionId, message: JsonObject | string): void =>
    world.text(id, typeof message === 'string' ? message : JSON.stringify(message))
  const hear = (id: ConnectionId): readonly JsonObject[] => world.hear(id).map(parseJson).filter(isObject)
  const token: ProxyServer['token'] = (issuer, { subject = '', age = 0, key = issuer } = {}) =>
    signerOf(issuer, key)(subject, world.clock.now() - age * 1000)
  const sfu = (event: SfuEvent): void => world.input((now) => proxy.sfuTold(event, now))
  const ordered = (): readonly SfuCommand[] => {
    const news = world.commands.slice(seen)
    seen = world.commands.length
    return news.flatMap((command) => (command.to === 'sfu' ? [command.command] : []))
  }
  const legOf = (kind: 'publish' | 'subscribe'): LegId => {
    const order = ordered().findLast((command) => command.do === kind)
    if (!order) throw new Error(`nothing to ${kind}`)
    return order.leg
  }
  /** The client id in the answer to what was just asked. */
  const made = (id: ConnectionId): string => {
    const answer = hear(id).find((message) => textAt(message, 'type') === 'command')
    return textAt(answer, 'command', 'id') ?? ''
  }

  if (!options.withoutJanus) sfu({ event: 'available', is: true })
  return {
    proxy,
    world,
    say,
    hear,
    session(issuer = 'one') {
      const id = world.open()
      say(id, { type: 'hello', hello: { version: '1.0', token: token(issuer) } })
      const [answer] = hear(id)
      return { id, sessionId: textAt(answer, 'hello', 'sessionid') ?? '' }
    },
    ordered,
    remote() {
      const news = world.commands.slice(seenRemote)
      seenRemote = world.commands.length
      return news.flatMap((command) => (command.to === 'other-proxy' ? [command.command] : []))
    },
    sfu,
    publisher(of) {
      say(of, command({ type: 'create-publisher', streamType: 'video', sid: 's' }))
      const leg = legOf('publish')
      sfu({ event: 'opened', leg, sid: 's', bitrate: 1_048_576 })
      return { clientId: made(of), leg }
    },
    subscriber(of, publisherId) {
      say(of, command({ type: 'create-subscriber', streamType: 'video', publisherId }))
      const leg = legOf('subscribe')
      const sid = `sid-${leg}`
      sfu({ event: 'opened', leg, sid })
      return { clientId: made(of), leg, sid }
    },
    token,
  }
}

export const command = (body: JsonObject, id = 'r'): JsonObject => ({ id, type: 'command', command: body })
export const payload = (body: JsonObject, id = 'r'): JsonObject => ({ id, type: 'payload', payload: body })

export const errorOf = (message: Json | undefined): string | undefined => textAt(message, 'error', 'code')
export const codes = (messages: readonly JsonObject[]): readonly (string | undefined)[] => messages.map(errorOf)
export const event = (type: string, more: JsonObject = {}): JsonObject => ({ type: 'event', event: { type, ...more } })
export const eventTypes = (messages: readonly JsonObject[]): readonly Json[] =>
  messages.flatMap((message) => at(message, 'event', 'type') ?? [])
