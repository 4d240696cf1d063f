// Two ends of werift that may use nothing but the relay; prints what each heard, as one line of JSON, and ends itself.
// Arguments: the URL of the relay, user name, credential. For turns:, NODE_EXTRA_CA_CERTS names what to trust.

import { RTCPeerConnection } from 'werift'

const [url = '', username = '', credential = ''] = process.argv.slice(2)
const configuration = { iceServers: [{ urls: url, username, credential }], iceTransportPolicy: 'relay' as const }
const [caller, callee] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)]

const channel = caller.createDataChannel('words')
const heard = new Promise<readonly string[]>((resolve) => {
  const first: string[] = []
  callee.onDataChannel.subscribe((other) => {
    other.onMessage.subscribe((message) => {
      first.push(message.toString())
      other.send(Buffer.from('hello back'))
    })
  })
  channel.onMessage.subscribe((message) => resolve([...first, message.toString()]))
  channel.stateChanged.subscribe((state) => state === 'open' && channel.send(Buffer.from('hello')))
})

await caller.setLocalDescription(await caller.createOffer())
await callee.setRemoteDescription(described(caller))
await callee.setLocalDescription(await callee.createAnswer())
await caller.setRemoteDescription(described(callee))

const outcome = await Promise.race([heard, Bun.sleep(20_000).then(() => 'took too long')])
const kinds = [caller, callee].flatMap((end) =>
  [...described(end).sdp.matchAll(/a=candidate:.* typ (\w+)/g)].map((match) => match[1]),
)
console.log(JSON.stringify({ kinds, outcome }))
await Promise.all([caller.close(), callee.close()])
// Its timers for refreshing outlive the connections.
process.exit(0)

function described(end: RTCPeerConnection) {
  const description = end.localDescription
  if (!description) throw new Error('nothing is described yet')
  return description
}
