/** A media proxy as a child process, ours or the original, and clients of it that say what they are told to. */

import { createPrivateKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createTokenSigner } from '../../src/sfu/proxy/tokens.ts'
import { type Child, startChild } from './child.ts'
import { debian, nextRelease } from './deb.ts'
import { freePort } from './free-port.ts'
import { type JsonObject, textAt } from './json.ts'
import { ourLauncher } from './ours.ts'
import { rsaPair } from './rsa-keys.ts'
import { openTalkClient, type TalkClient } from './talk-client.ts'
import { tempFolder } from './temp-folder.ts'

export interface MediaProxyOptions {
  /** WebSocket of Janus. */
  readonly janus: string
  /** Where it listens; a free port unless told. */
  readonly address?: string
  /** Whose tokens are good: names for `rsaPair`. */
  readonly tokens?: readonly string[]
  /** Under which name it is known to other proxies; its key is that of the same name. */
  readonly tokenId?: string
  /** Further lines for a section. */
  readonly lines?: Readonly<Record<string, readonly string[]>>
  /** Janus is not there yet, so that its connection is not waited for. */
  readonly isAlone?: boolean
}

export interface RunningMediaProxy extends AsyncDisposable {
  /** http://host:port, no slash at the end. */
  readonly url: string
  /** ws://host:port/proxy */
  readonly socketUrl: string
  readonly child: Child
  /** Writes its configuration anew. */
  configure(options: MediaProxyOptions): void
}

const ours = (file: string): readonly string[] => [ourLauncher, 'proxy', '--config', file, '--log-level', 'debug']
const original = (file: string): readonly string[] => [debian.signalingProxy.path, '-config', file]
const newerOriginal = (file: string): readonly string[] => [nextRelease.signalingProxy.path, '-config', file]

export async function startMediaProxy(options: MediaProxyOptions): Promise<RunningMediaProxy> {
  const proxy = await start(ours, options)
  if (!options.isAlone) await proxy.child.said(/"fact":"sfu-connected"/, 10_000)
  return proxy
}

/** As Debian's next release has it. */
export const startNewerOriginalProxy = (options: MediaProxyOptions): Promise<RunningMediaProxy> =>
  start(newerOriginal, options)

/** 0.4.1: no sids, no streams from elsewhere, no /welcome. */
export const startOriginalProxy = (options: MediaProxyOptions): Promise<RunningMediaProxy> =>
  start(original, options, '/stats')

async function start(
  command: (file: string) => readonly string[],
  options: MediaProxyOptions,
  ready = '/welcome',
): Promise<RunningMediaProxy> {
  for (let attempt = 1; ; attempt++) {
    const parts = new AsyncDisposableStack()
    try {
      const folder = parts.use(tempFolder())
      const address = options.address ?? `127.0.0.1:${await freePort()}`
      const configure = (wanted: MediaProxyOptions): void => {
        for (const name of [...(wanted.tokens ?? ['one']), ...(wanted.tokenId ? [wanted.tokenId] : [])]) {
          writeFileSync(folder.file(`${name}.pem`), rsaPair(name).publicKey)
          writeFileSync(folder.file(`${name}.key`), rsaPair(name).privateKey)
        }
        writeFileSync(folder.file('proxy.conf'), proxyConf(address, folder.path, wanted))
      }
      configure(options)
      const child = parts.use(startChild(command(folder.file('proxy.conf'))))
      const url = `http://${address}`
      await answers(url + ready, child)
      return {
        url,
        socketUrl: `ws://${address}/proxy`,
        child,
        configure,
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      }
    } catch (failure) {
      await parts.disposeAsync()
      const lostRace = failure instanceof Error && /address already in use|EADDRINUSE/i.test(failure.message)
      if (!lostRace || attempt === 3) throw failure
    }
  }
}

/** Keys by their whole path: the original looks for them where it was started. */
function proxyConf(listen: string, folder: string, options: MediaProxyOptions): string {
  const { janus, tokens = ['one'], tokenId, lines = {} } = options
  const sections: Readonly<Record<string, readonly string[]>> = {
    http: [`listen = ${listen}`],
    app: tokenId ? [`token_id = ${tokenId}`, `token_key = ${folder}/${tokenId}.key`, 'hostname = 127.0.0.1'] : [],
    tokens: tokens.map((name) => `${name} = ${folder}/${name}.pem`),
    mcu: ['type = janus', `url = ${janus}`],
    bandwidth: [],
    stats: [],
  }
  return Object.entries(sections)
    .map(([name, own]) => [`[${name}]`, ...own, ...(lines[name] ?? [])].join('\n'))
    .join('\n\n')
}

async function answers(url: string, child: Child): Promise<void> {
  const end = performance.now() + 15_000
  while (performance.now() < end) {
    if (child.hasExited()) throw new Error(`the proxy ended before it was ready:\n${child.output()}`)
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (answer?.status === 200) return
    await Bun.sleep(25)
  }
  throw new Error(`no answer in time:\n${child.output()}`)
}

/** A token of that issuer, `age` seconds old. */
export function tokenOf(issuer: string, { subject = '', age = 0, key = issuer } = {}): string {
  const sign = createTokenSigner(issuer, createPrivateKey(rsaPair(key).privateKey))
  return sign(subject, Date.now() - age * 1000)
}

export interface ProxyClient extends AsyncDisposable {
  readonly socket: TalkClient
  readonly sessionId: string
  /** The answer, whatever else is heard before. */
  ask(message: JsonObject): Promise<JsonObject>
  command(command: JsonObject): Promise<JsonObject>
  payload(payload: JsonObject): Promise<JsonObject>
  /** The first event of that type that was not taken yet, of that client if one is named. */
  event(type: string, clientId?: string): Promise<JsonObject>
  close(): void
}

let requests = 0

export const helloWith = (hello: JsonObject): JsonObject => ({ type: 'hello', hello: { version: '1.0', ...hello } })

/** Opens a connection and says hello; `hello` in place of a good token. */
export async function openProxyClient(socketUrl: string, hello?: JsonObject): Promise<ProxyClient> {
  const socket = await openTalkClient(socketUrl)
  const ask = async (message: JsonObject): Promise<JsonObject> => {
    const id = `r${++requests}`
    socket.send({ id, ...message })
    return socket.until((heard) => textAt(heard, 'id') === id, 15_000)
  }
  const answer = await ask(helloWith(hello ?? { token: tokenOf('one') }))
  const sessionId = textAt(answer, 'hello', 'sessionid')
  if (sessionId === undefined) throw new Error(`no session: ${JSON.stringify(answer)}`)
  const taken = new Set<JsonObject>()
  return {
    socket,
    sessionId,
    ask,
    command: (command) => ask({ type: 'command', command }),
    payload: (payload) => ask({ type: 'payload', payload }),
    event: async (type, clientId) => {
      const fits = (heard: JsonObject): boolean =>
        !taken.has(heard) &&
        textAt(heard, 'event', 'type') === type &&
        (clientId === undefined || textAt(heard, 'event', 'clientId') === clientId)
      const event = socket.heard.find(fits) ?? (await socket.until(fits, 15_000))
      taken.add(event)
      return event
    },
    close: () => socket.close(),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  }
}
