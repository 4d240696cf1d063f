/** Two signaling servers, each with a Nextcloud of its own, and a way to the second that a test may cut. */
import { type CutableWay, startWay } from '../interop/pages/cutable-way.ts'
import type { RunningServer, ServerSettings } from './running-server.ts'
import { type StubTalk, startStubTalk } from './stub-talk.ts'

export type StartServer = (settings: ServerSettings) => Promise<RunningServer>

export interface Side {
  readonly talk: StubTalk
  /** The present one. */
  readonly server: RunningServer
}

export interface TwoServers extends AsyncDisposable {
  readonly here: Side
  readonly there: Side
  readonly way: CutableWay
  /** The server there ends and another one takes its place: it has forgotten everybody. */
  replaceThere(): Promise<void>
}

/** Our own settings for tests: everything is on this machine. */
export const onThisMachine = '[federation]\nallowedtargets = 127.0.0.0/8\ntimeout = 5\n'

/** As behind the `@` of a federated user. */
export const host = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/$/, '')

export async function twoServers(
  here: StartServer,
  there: StartServer,
  more = onThisMachine,
  moreThere = more,
): Promise<TwoServers> {
  await using parts = new AsyncDisposableStack()
  const talkHere = parts.use(await startStubTalk({ clouds: { one: 'secret-of-cloud-one' } }))
  const talkThere = parts.use(await startStubTalk({ clouds: { two: 'secret-of-cloud-two' } }))
  const backendsThere = [{ id: 'two', url: talkThere.url(), secret: talkThere.secret() }]
  const backendsHere = [{ id: 'one', url: talkHere.url(), secret: talkHere.secret() }]
  const serverHere = parts.use(await here({ backends: backendsHere, more }))
  const startThere = (): Promise<RunningServer> => there({ backends: backendsThere, more: moreThere })
  let serverThere = await startThere()
  parts.defer(() => serverThere[Symbol.asyncDispose]())
  const way = startWay(() => Number(serverThere.address.split(':')[1]))
  parts.defer(() => way.stop())
  const kept = parts.move()
  return {
    here: { talk: talkHere, server: serverHere },
    there: {
      talk: talkThere,
      get server() {
        return serverThere
      },
    },
    way,
    async replaceThere() {
      await serverThere[Symbol.asyncDispose]()
      serverThere = await startThere()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
