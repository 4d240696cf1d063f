/** What is relayed, and what is not. */
import { channel, header, octets, peerAt, type Row, raw, row, text } from '../asking.ts'

export const data: readonly Row[] = [
  row('Send without permission', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    client.indicate('send', (writer) => writer.put('xorPeerAddress', other.at).put('data', octets('hello')))
    return (await client.relayed()) ? 'something came' : `peer got ${other.got.length}`
  }),
  row('ChannelData on a channel that is not bound', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    client.channelData(0x4000, octets('hello'))
    return (await client.relayed()) ? 'something came' : `peer got ${other.got.length}`
  }),
  row('a peer without permission', async ({ allocated, peer }) => {
    const [{ client, relay }, other] = [await allocated(), await peer()]
    other.send('hello', relay)
    const came = await client.relayed()
    return came ? text(came.data) : 'nothing came'
  }),
  row('Send with permission, and back', async ({ allocated, peer }) => {
    const [{ client, relay }, other] = [await allocated(), await peer()]
    await client.ask('createPermission', peerAt(other.at))
    client.indicate('send', (writer) => writer.put('xorPeerAddress', other.at).put('data', octets('hello')))
    const { text: said, from } = await other.next()
    other.send('hello back', from)
    const came = await client.relayed()
    return `${said}, from the relay: ${from.port === relay.port}, ${came?.message ? text(came.data) : 'no indication'}`
  }),
  row('Send with DONT-FRAGMENT', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('createPermission', peerAt(other.at))
    client.indicate('send', (writer) =>
      writer.put('xorPeerAddress', other.at).put('dontFragment', true).put('data', octets('hello')),
    )
    await client.relayed()
    return `peer got ${other.got}`
  }),
  row('Send without DATA', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('createPermission', peerAt(other.at))
    client.indicate('send', peerAt(other.at))
    await client.relayed()
    return `peer got ${other.got.length}`
  }),
  row('Send with empty DATA', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('createPermission', peerAt(other.at))
    client.indicate('send', (writer) => writer.put('xorPeerAddress', other.at).put('data', octets('')))
    await client.relayed()
    return `peer got ${other.got.length}`
  }),
  row('Send with an unknown attribute that must be understood', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('createPermission', peerAt(other.at))
    client.indicate('send', (writer) =>
      writer.put('xorPeerAddress', other.at).put('data', octets('hello')).putOctets(0x7f01, octets('')),
    )
    await client.relayed()
    return `peer got ${other.got.length}`
  }),
  row('ChannelData both ways', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('channelBind', channel(0x4000, other.at))
    client.channelData(0x4000, octets('hello'))
    const { text: said, from } = await other.next()
    other.send('hello back', from)
    const came = await client.relayed()
    return `${said}, ${came && typeof came.over === 'number' ? text(came.data) : 'no ChannelData'}`
  }),
  row('ChannelData over TCP, padded', async ({ client, peer }) => {
    const [one, other] = [await client('tcp'), await peer()]
    await one.allocate()
    await one.ask('channelBind', channel(0x4000, other.at))
    one.channelData(0x4000, octets('hello'))
    const { text: said, from } = await other.next()
    other.send('hello back', from)
    const came = await one.relayed()
    return `${said}, ${came && typeof came.over === 'number' ? text(came.data) : 'no ChannelData'}`
  }),
  row('empty ChannelData', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('channelBind', channel(0x4000, other.at))
    client.channelData(0x4000, octets(''))
    await client.relayed()
    return `peer got ${other.got.length}`
  }),
  row('ChannelData that is cut off', async ({ allocated, peer }) => {
    const [{ client }, other] = [await allocated(), await peer()]
    await client.ask('channelBind', channel(0x4000, other.at))
    client.line.send(raw('4000 0008 68656c6c6f'))
    await client.relayed()
    return `peer got ${other.got.length}`
  }),
  row('a permission counts for all ports of a peer', async ({ allocated, peer }) => {
    const [{ client, relay }, one, other] = [await allocated(), await peer(), await peer()]
    await client.ask('createPermission', peerAt(one.at))
    other.send('hello', relay)
    const came = await client.relayed()
    return came ? text(came.data) : 'nothing came'
  }),
  row('two clients of the server reach each other by their relays', async ({ allocated }) => {
    const [one, other] = [await allocated(), await allocated()]
    await one.client.ask('channelBind', channel(0x4000, other.relay))
    await other.client.ask('channelBind', channel(0x4000, one.relay))
    one.client.channelData(0x4000, octets('hello'))
    const came = await other.client.relayed()
    return came ? text(came.data) : 'nothing came'
  }),
  row("a Send to the server's own listening socket", async ({ allocated, server }) => {
    const { client } = await allocated()
    const own = { ip: { family: 4, value: 0x7f000001 }, port: server.port } as const
    await client.ask('createPermission', peerAt(own))
    client.indicate('send', (writer) => writer.put('xorPeerAddress', own).put('data', raw(header('0001'))))
    return (await client.relayed()) ? 'it answered itself' : 'nothing came'
  }),
]
