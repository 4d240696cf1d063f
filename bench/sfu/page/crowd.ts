/** What runs in Chromium: everybody of a call, each with the client and a picture of its own that hardly changes. */

import { SfuCall, TalkClient, type TalkSettings } from '../../../sdk/src/index.ts'
import type { CrowdOptions } from '../crowd.ts'

/** One for all: the load is to be the server's. */
const certificateKind: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' }
/** Pictures a second: a stream that is there, and costs next to nothing. */
const rate = 1

declare global {
  var gather: (options: CrowdOptions) => Promise<void>
  /** Resolves with the ms from `begin` until everybody has something of everybody. */
  var finished: Promise<number>
  var begin: () => void
  var disperse: () => Promise<void>
  var progress: () => string
}

globalThis.gather = async ({ people, room, stream, server, backend }) => {
  const certificate = await RTCPeerConnection.generateCertificate(certificateKind)
  const wanted = people * (people - 1)
  const all = Promise.withResolvers<number>()
  let [streams, start, refusals] = [0, 0, 0]
  globalThis.finished = all.promise
  globalThis.progress = () => `${streams} of ${wanted} streams, ${refusals} refusals`
  globalThis.begin = () => {
    start = performance.now()
  }
  const leave: (() => Promise<void>)[] = []
  const enter = async (name: string) => {
    const settings: TalkSettings = { server, backend, helloAuthParams: { '1.0': { userid: name, ticket: 'good' } } }
    const client = new TalkClient({ settings, rtc: { configuration: { certificates: [certificate] } } })
    client.connect()
    const joined = await client.join(room, { session: `rsid-${name}` })
    const call = new SfuCall(joined)
    call.on('subscribed', (subscription) => {
      let isThere = false
      subscription.on('error', () => {
        refusals += 1
      })
      subscription.on('track', ({ track }) =>
        // The first packet has come.
        track.addEventListener('unmute', () => {
          if (isThere) return
          isThere = true
          streams += 1
          if (streams === wanted) all.resolve(performance.now() - start)
        }),
      )
    })
    call.start()
    if (stream === 'screen') call.share(picture())
    else call.addStream(picture())
    leave.push(async () => {
      await joined.leave()
      client.disconnect()
    })
  }
  for (let person = 0; person < people; person++) await enter(`person-${person}`)
  globalThis.disperse = async () => {
    await Promise.all(leave.map((one) => one()))
  }
}

function picture(): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 })
  const pen = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    turn += 1
    if (pen) pen.fillStyle = turn % 2 === 0 ? 'black' : 'navy'
    pen?.fillRect(0, 0, 64, 48)
  }, 1000 / rate)
  return canvas.captureStream(rate)
}
