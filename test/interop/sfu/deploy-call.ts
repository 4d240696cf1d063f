// A call of two through the Janus at the usual place, seen from the machine that it runs on; prints as one line of JSON what came of it.

import { createReceiver, createSender } from '../../support/media-peer.ts'
import { janusUnderTest } from '../../support/sfu-under-test.ts'

const sfu = janusUnderTest({ url: 'ws://127.0.0.1:8188' })
const [sender, receiver] = [createSender(), createReceiver()]
const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
const stream = { publisher: 'anna', type: 'video' } as const

sfu.publish(publisher, stream)
await sfu.event('opened')
const answer = await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })
if (answer.event !== 'answer') throw new Error(JSON.stringify(answer))
await sender.answered(answer.sdp)
await sender.connected
sfu.subscribe(subscriber, stream)
const offer = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
if (offer.event !== 'offer') throw new Error(JSON.stringify(offer))
await sfu.say(subscriber, { say: 'answer', sdp: await receiver.answer(offer.sdp) }, offer.sid)
await Promise.all([receiver.hears('audio', 10), receiver.hears('video', 10)])
const relayed = await sfu.event('candidate', ({ candidate }) => candidate.candidate.includes(' typ relay'))
// Until it has been seen: the end of the input.
await Bun.stdin.text()
for (const leg of [subscriber, publisher]) sfu.command({ do: 'close', leg })
await sfu[Symbol.asyncDispose]()
console.log(
  JSON.stringify({ relayed: relayed.candidate.candidate, sdpHasCandidates: answer.sdp.includes('a=candidate:') }),
)
// Timers of werift outlive its connections.
process.exit(0)
