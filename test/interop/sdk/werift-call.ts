// Two peer links over werift in one program, both offering at once; prints what each heard as one line of JSON, and ends itself.

import { PeerLink, type PeerLinkOptions } from '../../../sdk/src/index.ts'

// By a name that the compiler does not follow: its types are not those of browsers, its behaviour is.
const werift: string = 'werift'
const { RTCPeerConnection }: Pick<typeof globalThis, 'RTCPeerConnection'> = await import(werift)

const link = (polite: boolean, send: PeerLinkOptions['send']): PeerLink =>
  new PeerLink({ polite, send, RTCPeerConnection, iceServers: [] })
const one: PeerLink = link(true, (signal) => queueMicrotask(() => two.receive(signal)))
const two: PeerLink = link(false, (signal) => queueMicrotask(() => one.receive(signal)))
for (const end of [one, two]) end.on('error', (error) => console.error(error))

const heard = (end: PeerLink, says: string): Promise<string> =>
  new Promise((resolve) => {
    const channel = end.channel('words', 0)
    channel.addEventListener('open', () => channel.send(says))
    channel.addEventListener('message', ({ data }) => resolve(String(data)))
  })
const both = Promise.all([heard(one, 'hello'), heard(two, 'hello back')])
const outcome = await Promise.race([both, Bun.sleep(15_000).then(() => 'took too long')])
const path = await one.path()
const closed = two.once('closed')
one.close()
console.log(JSON.stringify({ outcome, path: path?.local, closed: (await closed).why }))
// Its timers outlive the connections.
process.exit(0)
