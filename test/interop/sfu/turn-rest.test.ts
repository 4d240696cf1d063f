/** The real Janus gets its TURN credentials from us, by GET and by POST, and its media goes through our TURN server. */
import { describe, expect, test } from 'bun:test'
import { notRunnable } from '../../support/deb.ts'
import { type Janus, janusPrograms, leavesNothingBehind, startJanus } from '../../support/janus.ts'
import { at } from '../../support/json.ts'
import { createSender } from '../../support/media-peer.ts'
import { startInProcess } from '../../support/server-in-process.ts'
import { janusUnderTest } from '../../support/sfu-under-test.ts'

const suite = 'sfu: TURN credentials for the real Janus'

const turn = `[turn]
apikey = key-of-janus
secret = secret-of-the-tests
[turn-server]
listen = 127.0.0.1:0
realm = heliograph.test
secret = secret-of-the-tests
allowedpeers = 127.0.0.0/8
`

const isCandidate = (line: string): boolean => line.startsWith('a=candidate:')

/** With one candidate in place of all: the right address, at which nobody is on that port. */
function withoutRealCandidates(sdp: string): string {
  const lines = sdp.split('\r\n')
  const first = lines.findIndex(isCandidate)
  return lines
    .map((line, at) => (at === first ? 'a=candidate:1 1 udp 1 127.0.0.1 9 typ host' : line))
    .filter((line, at) => at === first || !isCandidate(line))
    .join('\r\n')
}

const relayedOnly = (sdp: string): string =>
  sdp
    .split('\r\n')
    .filter((line) => !isCandidate(line) || line.includes('typ relay'))
    .join('\r\n')

/** How each handle of Janus reaches its client. */
async function selectedPairs(janus: Janus): Promise<readonly string[]> {
  const all = await Promise.all((await janus.handles()).map((handle) => janus.handleInfo(handle)))
  const pairs = all.map((info) => at(info, 'webrtc', 'ice', 'selected-pair'))
  return pairs.filter((pair) => typeof pair === 'string')
}

describe.skipIf(notRunnable(suite, ...janusPrograms))(suite, () => {
  test.each(['GET', 'POST'])(
    '%s',
    async (method) => {
      await using server = await startInProcess(turn)
      await using janus = await startJanus({
        nat: [
          `turn_rest_api = "${server.url}/turn/credentials"`,
          'turn_rest_api_key = "key-of-janus"',
          `turn_rest_api_method = "${method}"`,
        ],
      })
      await using sfu = janusUnderTest(janus)
      await using sender = createSender()
      const publisher = sfu.newLeg()
      sfu.publish(publisher, { publisher: 'anna', type: 'video' })
      await sfu.event('opened')
      // Janus learns that somebody is at that address, the sender only where the relay is: no other way is left.
      const sdp = withoutRealCandidates(await sender.offer())
      const answer = await sfu.say(publisher, { say: 'offer', sdp })
      if (answer.event !== 'answer') throw new Error(JSON.stringify(answer))
      expect(answer.sdp).toContain('typ relay')
      await sender.answered(relayedOnly(answer.sdp))
      await sender.connected
      expect(await selectedPairs(janus)).toEqual([
        expect.stringMatching(/\[relay,udp\] <-> 127\.0\.0\.1:\d+ \[prflx,udp\]/),
      ])
      expect(server.log()).toContain('turn-allocated')
      sfu.command({ do: 'close', leg: publisher })
      await leavesNothingBehind(janus, true)
    },
    30_000,
  )

  test('with a wrong key there is no relay, and calls go on without', async () => {
    await using server = await startInProcess(turn)
    await using janus = await startJanus({
      nat: [`turn_rest_api = "${server.url}/turn/credentials"`, 'turn_rest_api_key = "another"'],
    })
    await using sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    const publisher = sfu.newLeg()
    sfu.publish(publisher, { publisher: 'anna', type: 'video' })
    await sfu.event('opened')
    const answer = await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })
    if (answer.event !== 'answer') throw new Error(JSON.stringify(answer))
    expect(answer.sdp).not.toContain('typ relay')
    await sender.answered(answer.sdp)
    await sender.connected
    sfu.command({ do: 'close', leg: publisher })
    await leavesNothingBehind(janus, true)
  }, 30_000)
})
