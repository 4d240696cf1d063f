/** A call through an SFU, the server side of it: a stub Talk, a signaling server and a real Janus behind it. */
import { writeFileSync } from 'node:fs'
import { type Janus, janusPrograms, leavesNothingBehind, startJanus } from './janus.ts'
import type { JsonObject } from './json.ts'
import { type RunningMediaProxy, startMediaProxy, startNewerOriginalProxy } from './media-proxy.ts'
import { startNewerOriginal, startOriginal } from './original.ts'
import { startOurs } from './ours.ts'
import { rsaPair } from './rsa-keys.ts'
import type { RunningServer } from './running-server.ts'
import { type StubTalk, startStubTalk } from './stub-talk.ts'
import { tempFolder } from './temp-folder.ts'

export { janusPrograms }

/** In the call with microphone and camera; `listening`: without either. */
export const inCall = { all: 7, audio: 3, video: 5, listening: 1, not: 0 } as const

export interface SfuStage extends AsyncDisposable {
  readonly talk: StubTalk
  /** The present one. */
  readonly server: RunningServer
  /** The first of them. */
  readonly janus: Janus
  /** Behind proxies there is one each. */
  readonly sites: readonly Site[]
  /** Nextcloud tells the server who of a room is in the call: name → flags. Who is not named has not changed. */
  call(room: string, flags: Readonly<Record<string, number>>): Promise<void>
  /** Nextcloud tells the server what somebody may. */
  permit(room: string, name: string, permissions: readonly string[]): Promise<void>
  /** Starts another server in front of the same Janus, says where it is, and ends the former one. */
  replaceServer(ready: (address: string) => void): Promise<void>
  /** Fails unless nobody has left anything in Janus. */
  isEmpty(): Promise<void>
}

export interface Site {
  readonly janus: Janus
  /** Undefined where the server speaks to Janus itself. */
  readonly proxy: RunningMediaProxy | undefined
}

const servers = { ours: startOurs, original: startOriginal, newer: startNewerOriginal } as const

export interface SfuStageOptions {
  readonly server?: keyof typeof servers
  /** How many media proxies stand between the server and Janus, and whose. */
  readonly proxies?: number
  readonly proxy?: 'ours' | 'newer'
  /** Further sections of the server's configuration. */
  readonly more?: string
  readonly janus?: Parameters<typeof startJanus>[0]
}

export async function startSfuStage(options: SfuStageOptions = {}): Promise<SfuStage> {
  await using parts = new AsyncDisposableStack()
  const talk = parts.use(await startStubTalk())
  const folder = parts.use(tempFolder())
  writeFileSync(folder.file('key.pem'), rsaPair('one').privateKey)
  const sites: Site[] = []
  for (let site = 0; site < Math.max(options.proxies ?? 0, 1); site++) {
    const one = parts.use(await startJanus(options.janus))
    const startProxy = options.proxy === 'newer' ? startNewerOriginalProxy : startMediaProxy
    const proxy = options.proxies ? parts.use(await startProxy({ janus: one.url })) : undefined
    sites.push({ janus: one, proxy })
  }
  const [{ janus } = { janus: undefined }] = sites
  if (!janus) throw new Error('no Janus')
  const proxyUrls = sites.flatMap(({ proxy }) => (proxy ? [proxy.url] : [])).join(' ')
  const mcu = options.proxies
    ? `type = proxy\nurltype = static\nurl = ${proxyUrls}\ntoken_id = one\ntoken_key = ${folder.file('key.pem')}`
    : `type = janus\nurl = ${janus.url}`
  const start = (): Promise<RunningServer> =>
    servers[options.server ?? 'ours']({
      backends: [{ id: 'one', url: talk.url(), secret: talk.secret() }],
      more: `[mcu]\n${mcu}\n${options.more ?? ''}`,
    })
  let server = await start()
  parts.defer(() => server[Symbol.asyncDispose]())
  const called = new Map<string, Map<string, number>>()
  const post = async (room: string, body: JsonObject): Promise<void> => {
    const answer = await talk.post(server.url, room, body)
    if (answer.status !== 200) throw new Error(`the room request was answered with ${answer.status}`)
  }
  const entry = (name: string, more: JsonObject): JsonObject => ({ sessionId: `rsid-${name}`, userId: name, ...more })
  const kept = parts.move()
  return {
    talk,
    get server() {
      return server
    },
    janus,
    sites,
    async call(room, flags) {
      const all = called.get(room) ?? new Map<string, number>()
      called.set(room, all)
      for (const [name, flag] of Object.entries(flags)) all.set(name, flag)
      const list = (wanted: Iterable<readonly [string, number]>) =>
        [...wanted].map(([name, flag]) => entry(name, { inCall: flag }))
      const users = list([...all].filter(([, flag]) => flag !== 0))
      await post(room, {
        type: 'incall',
        incall: { incall: users.length > 0, changed: list(Object.entries(flags)), users },
      })
    },
    async permit(room, name, permissions) {
      const flags = called.get(room)?.get(name) ?? 0
      const changed = [entry(name, { inCall: flags, permissions: [...permissions] })]
      await post(room, { type: 'participants', participants: { changed, users: changed } })
    },
    async replaceServer(ready) {
      const former = server
      server = await start()
      ready(server.address)
      await former[Symbol.asyncDispose]()
    },
    // The servers keep a handle for themselves.
    isEmpty: async () => {
      for (const site of sites) if (!site.proxy?.child.hasExited()) await leavesNothingBehind(site.janus, true)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
