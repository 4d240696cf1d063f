/** Refresh, and what is left after the end of an allocation. */
import { restCredential } from '../../../support/turn-under-test.ts'
import { allocatedThen, channel, fresh, peerAt, type Row, row, udp, words } from '../asking.ts'

export const refreshes: readonly Row[] = [
  ...[undefined, 1, 777, 100_000, 0].map((lifetime) =>
    row(`Refresh, LIFETIME ${lifetime ?? 'left out'}`, async ({ allocated }) => {
      const { client } = await allocated()
      return words(await client.ask('refresh', (writer) => lifetime !== undefined && writer.put('lifetime', lifetime)))
    }),
  ),
  row(
    'Refresh without allocation',
    fresh('refresh', (writer) => writer.put('lifetime', 600)),
  ),
  row('Refresh of another user', async ({ allocated, server }) =>
    words(
      await (await allocated()).client.ask('refresh', (writer) => writer.put('lifetime', 600), {
        as: restCredential(server.secret, 'bob'),
      }),
    ),
  ),
  row(
    'Refresh of a family that the allocation does not have',
    allocatedThen('refresh', (writer) => writer.put('requestedAddressFamily', 2)),
  ),
  row(
    'Refresh with an unknown attribute that must be understood',
    allocatedThen('refresh', (writer) => writer.putOctets(0x7f01, new Uint8Array(4))),
  ),
  ...(['refresh', 'createPermission', 'channelBind', 'allocate'] as const).map((method) =>
    row(`${method} after Refresh with LIFETIME 0`, async ({ allocated }) => {
      const { client } = await allocated()
      await client.ask('refresh', (writer) => writer.put('lifetime', 0))
      const attributes = {
        refresh: undefined,
        createPermission: peerAt('127.0.0.1'),
        channelBind: channel(0x4000, '127.0.0.1'),
        allocate: udp,
      }[method]
      return words(await client.ask(method, attributes))
    }),
  ),
]
