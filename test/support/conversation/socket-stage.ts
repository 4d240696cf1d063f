/** A stage over real sockets: a running server, ours or the original, and the stub Talk it is configured with. */
import type { RunningServer } from '../running-server.ts'
import type { BackendSection } from '../server-conf.ts'
import { testKeys } from '../server-conf.ts'
import type { StubTalk } from '../stub-talk.ts'
import { openTalkClient } from '../talk-client.ts'
import type { TalkRequest } from '../talk-giving.ts'
import type { Side, Stage } from './stage.ts'

/** The backends that a server must be started with to be a stage. */
export function stageBackends(talk: StubTalk): readonly BackendSection[] {
  return [
    { id: 'one', url: talk.url('one'), secret: talk.secret('one') },
    { id: 'two', url: talk.url('two'), secret: talk.secret('two') },
    { id: 'small', url: talk.url('small'), secret: talk.secret('small'), sessionLimit: 1 },
    { id: 'tls', url: talk.secureUrl('one'), secret: talk.secret('one') },
  ]
}

export function socketStage(side: Side, server: RunningServer, talk: StubTalk): Stage {
  const taken = new Set<TalkRequest>()
  return {
    side,
    clouds: { one: talk.url('one'), two: talk.url('two'), small: talk.url('small') },
    internalSecret: testKeys.internalSecret,
    open: async () => {
      const client = await openTalkClient(server.socketUrl)
      return {
        send: (text) => client.send(text),
        sendBinary: (bytes) => client.send(bytes),
        next: () => client.next(),
        close: async () => {
          client.close()
          await client.closed()
        },
      }
    },
    post: async (roomId, body, how) => {
      const answer = await talk.post(server.url, roomId, body, how)
      return { status: answer.status, body: await answer.text() }
    },
    answerNext: (type, answer, containing) => talk.answerNext(type, answer, containing),
    asked: async (type, fits) => {
      const isIt = (request: TalkRequest) =>
        request.type === type && !taken.has(request) && request.body !== undefined && fits(request.body)
      const found = await talk.request(isIt).catch(() => undefined)
      if (found) taken.add(found)
      return found?.body
    },
    token: (claims) => talk.token(claims),
    pass: (ms) => Bun.sleep(ms),
  }
}
