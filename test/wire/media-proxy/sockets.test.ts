/** Every conversation, held with our proxy and with the original's before the real Janus. */
import { afterAll, beforeAll, describe, setDefaultTimeout, test } from 'bun:test'
import { nextRelease, notRunnable } from '../../support/deb.ts'
import { type Janus, janusPrograms, startJanus } from '../../support/janus.ts'
import { type RunningMediaProxy, startMediaProxy, startNewerOriginalProxy, tokenOf } from '../../support/media-proxy.ts'
import { hold, type Stage } from '../../support/short-conversation.ts'
import { openTalkClient } from '../../support/talk-client.ts'
import { isLoad, proxyConversations, roundTrip } from './conversations.ts'

setDefaultTimeout(30_000)

const withTokens = (text: string): string =>
  text.replace('TOKEN-one', () => tokenOf('one')).replace('TOKEN-other', () => tokenOf('other'))

const socketStage = (proxy: RunningMediaProxy): Stage => ({
  async open() {
    const client = await openTalkClient(proxy.socketUrl)
    return {
      send: (message) => client.send(withTokens(String(message))),
      async next() {
        for (;;) {
          const heard = await client.next()
          if (heard.kind === 'nothing') throw new Error('heard nothing')
          if (heard.kind === 'closed') return { code: heard.code, reason: heard.reason }
          if (!isLoad(heard.text)) return heard.text
        }
      },
      async close() {
        await client[Symbol.asyncDispose]()
      },
    }
  },
  pass: (ms) => Bun.sleep(ms),
  roundTrip,
})

const stages = [
  ['ours', startMediaProxy, notRunnable('conversations with our media proxy', ...janusPrograms)],
  [
    'the original',
    startNewerOriginalProxy,
    notRunnable('conversations with the original media proxy', nextRelease.signalingProxy, ...janusPrograms),
  ],
] as const

describe.each(stages)('conversations with %s', (whose, start, cannotRun) => {
  let janus: Janus
  let proxy: RunningMediaProxy
  beforeAll(async () => {
    if (cannotRun) return
    janus = await startJanus()
    proxy = await start({ janus: janus.url })
  })
  afterAll(async () => {
    if (cannotRun) return
    await proxy[Symbol.asyncDispose]()
    await janus[Symbol.asyncDispose]()
  })
  for (const conversation of proxyConversations()) {
    const isOtherwise = whose === 'the original' && conversation.settings['original'] === 'no'
    test.skipIf(cannotRun || isOtherwise)(`${conversation.name}: ${conversation.title}`, () =>
      hold(conversation, socketStage(proxy)),
    )
  }
})
