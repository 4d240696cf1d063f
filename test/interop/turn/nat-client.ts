// A client that runs in a network namespace: prints what the server told it and let it do, as one line of JSON.
// Arguments: the server's host and port, user name, password, an address of its own for a peer.

import { formatTransportAddress } from '../../../src/lib/ip-address.ts'
import { place, startTurnClient } from '../../support/turn-client.ts'
import { channel, octets, peerAt, startPeer, text, udp, words } from './asking.ts'

const [host = '', port = '', username = '', password = '', own = ''] = process.argv.slice(2)
const server = { host, port: Number(port) }
using client = await startTurnClient('udp', server, { username, password }, own)

const allocated = await client.ask('allocate', udp)
if (typeof allocated === 'string') throw new Error(allocated)
const [relayed, mapped] = [allocated.get('xorRelayedAddress'), allocated.get('xorMappedAddress')]
if (!relayed || !mapped) throw new Error(words(allocated))

await using peer = await startPeer(own)
await client.ask('channelBind', channel(0x4000, peer.at))
client.channelData(0x4000, octets('hello'))
const { text: heard, from } = await peer.next()
peer.send('hello back', from)
const back = await client.relayed()

using other = await startTurnClient('udp', server, { username, password }, own)
const otherRelayed = await other.allocate()
const between = [
  words(await client.ask('channelBind', channel(0x4001, otherRelayed))),
  words(await other.ask('channelBind', channel(0x4001, relayed))),
]
client.channelData(0x4001, octets('across'))
const across = await other.relayed()

console.log(
  JSON.stringify({
    relayed: formatTransportAddress({ ...relayed, port: 0 }),
    mapped: formatTransportAddress({ ...mapped, port: 0 }),
    heard,
    heardFromRelay: formatTransportAddress(from) === formatTransportAddress(relayed),
    back: back && text(back.data),
    between,
    across: across && text(across.data),
    ownListener: words(await client.ask('channelBind', channel(0x4002, place(host, Number(port))))),
    insideTheNetwork: words(await client.ask('createPermission', peerAt('10.77.0.1'))),
  }),
)
process.exit(0)
