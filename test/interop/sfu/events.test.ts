/** A call through the real Janus, which reports to our server: the numbers of the media move. */
import { describe, expect, test } from 'bun:test'
import { notRunnable } from '../../support/deb.ts'
import { janusPrograms, leavesNothingBehind, prepareJanus } from '../../support/janus.ts'
import { createReceiver, createSender } from '../../support/media-peer.ts'
import { sumOf } from '../../support/samples.ts'
import { startInProcess } from '../../support/server-in-process.ts'
import { janusUnderTest } from '../../support/sfu-under-test.ts'

const suite = 'sfu: what Janus reports'

describe.skipIf(notRunnable(suite, ...janusPrograms))(suite, () => {
  test('the metrics of a call', async () => {
    await using janus = await prepareJanus()
    await using server = await startInProcess(
      `[backend]\nbackends = one\n[one]\nurl = http://127.0.0.1:1/\nsecret = secret-of-the-tests\n[mcu]\ntype = janus\nurl = ${janus.url}\n`,
    )
    await janus.start({
      eventsTo: { url: `ws://127.0.0.1:${server.port}/spreed`, subprotocol: 'janus-events' },
    })
    const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text()
    const until = async (isSo: (text: string) => boolean): Promise<string> => {
      let text = await metrics()
      for (let turn = 0; turn < 200 && !isSo(text); turn++) {
        await Bun.sleep(50)
        text = await metrics()
      }
      return text
    }

    await using sfu = janusUnderTest(janus)
    await using sender = createSender()
    await using receiver = createReceiver()
    const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
    const stream = { publisher: 'anna', type: 'video' } as const
    sfu.publish(publisher, stream)
    await sfu.event('opened')
    const answer = await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })
    if (answer.event === 'answer') await sender.answered(answer.sdp)
    await sender.connected
    sfu.subscribe(subscriber, stream)
    const offer = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    if (offer.event === 'offer') {
      await sfu.say(subscriber, { say: 'answer', sdp: await receiver.answer(offer.sdp) }, offer.sid)
    }
    await receiver.hears('video', 20)

    const during = await until(
      (text) =>
        sumOf(text, 'signaling_mcu_bandwidth', 'incoming') > 0 &&
        sumOf(text, 'signaling_mcu_bandwidth', 'outgoing') > 0 &&
        sumOf(text, 'signaling_mcu_media_bytes_total', 'audio', 'outgoing') > 0,
    )
    for (const media of ['audio', 'video']) {
      for (const direction of ['incoming', 'outgoing']) {
        expect([
          media,
          direction,
          sumOf(during, 'signaling_mcu_media_bytes_total', `media="${media}"`, direction) > 0,
        ]).toEqual([media, direction, true])
      }
    }
    expect(sumOf(during, 'signaling_mcu_bandwidth', 'incoming')).toBeGreaterThan(0)
    expect(sumOf(during, 'signaling_mcu_bandwidth', 'outgoing')).toBeGreaterThan(0)
    expect(sumOf(during, 'signaling_mcu_media_codecs_total', 'media="audio",codec="opus"')).toBe(2)
    expect(sumOf(during, 'signaling_mcu_media_codecs_total', 'media="video",codec="vp8"')).toBe(2)
    expect(sumOf(during, 'signaling_mcu_ice_state_total', 'state="ready"')).toBe(2)
    expect(sumOf(during, 'signaling_mcu_dtls_state_total', 'state="connected"')).toBe(2)
    expect(sumOf(during, 'signaling_mcu_peerconnection_state_total', 'state="webrtcup"')).toBe(2)
    const chosen = 'origin="local",type="host",transport="udp",family="ipv4"'
    expect(sumOf(during, 'signaling_mcu_selected_candidate_total', chosen)).toBeGreaterThanOrEqual(2)
    expect(sumOf(during, 'signaling_mcu_connections')).toBe(1)

    for (const leg of [subscriber, publisher]) sfu.command({ do: 'close', leg })
    // Not its hangup: of a handle that is given up in passing, Janus tells none.
    const after = await until((text) => sumOf(text, 'signaling_mcu_bandwidth', 'incoming') === 0)
    expect(sumOf(after, 'signaling_mcu_bandwidth', 'incoming')).toBe(0)
    expect(server.log()).not.toContain('janus-events-odd')
    // Each of the two that are connected keeps a handle.
    await leavesNothingBehind(janus, 2)
  }, 40_000)
})
