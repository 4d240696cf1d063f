/** Channels, and what they are refused for. */
import { restCredential } from '../../../support/turn-under-test.ts'
import { allocatedThen, channel, fresh, peerAt, type Row, row, words } from '../asking.ts'

export const channels: readonly Row[] = [
  ...[0x3fff, 0x4000, 0x4fff, 0x5000, 0x7ffe, 0x7fff, 0x8000].map((number) =>
    row(`channel 0x${number.toString(16)}`, allocatedThen('channelBind', channel(number, '127.0.0.1'))),
  ),
  row('ChannelBind without number', allocatedThen('channelBind', peerAt('127.0.0.1'))),
  row(
    'ChannelBind without peer',
    allocatedThen('channelBind', (writer) => writer.put('channelNumber', 0x4000)),
  ),
  row('ChannelBind without allocation', fresh('channelBind', channel(0x4000, '127.0.0.1'))),
  row('ChannelBind of another user', async ({ allocated, server }) =>
    words(
      await (await allocated()).client.ask('channelBind', channel(0x4000, '127.0.0.1'), {
        as: restCredential(server.secret, 'bob'),
      }),
    ),
  ),
  row('the same ChannelBind once more', async ({ allocated }) => {
    const { client } = await allocated()
    await client.ask('channelBind', channel(0x4000, '127.0.0.1'))
    return words(await client.ask('channelBind', channel(0x4000, '127.0.0.1')))
  }),
  row('a number for another peer', async ({ allocated }) => {
    const { client } = await allocated()
    await client.ask('channelBind', channel(0x4000, '127.0.0.1'))
    return words(await client.ask('channelBind', channel(0x4000, '127.0.0.2')))
  }),
  row('another number for a peer', async ({ allocated }) => {
    const { client } = await allocated()
    await client.ask('channelBind', channel(0x4000, '127.0.0.1'))
    return words(await client.ask('channelBind', channel(0x4001, '127.0.0.1')))
  }),
  row('a channel to a forbidden peer', allocatedThen('channelBind', channel(0x4000, '169.254.169.254'))),
  row("a channel to the server's own listening socket", async ({ allocated, server }) => {
    const own = { ip: { family: 4, value: 0x7f000001 }, port: server.port } as const
    return words(await (await allocated()).client.ask('channelBind', channel(0x4000, own)))
  }),
  row('a channel to an IPv6 peer of an IPv4 allocation', allocatedThen('channelBind', channel(0x4000, '::1'))),
]
