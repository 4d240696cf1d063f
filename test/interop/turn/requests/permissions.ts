/** Permissions: whom a client may reach. */
import { restCredential } from '../../../support/turn-under-test.ts'
import { allocatedThen, fresh, peerAt, type Row, row, words } from '../asking.ts'

export const permissions: readonly Row[] = [
  row('CreatePermission', allocatedThen('createPermission', peerAt('127.0.0.1'))),
  row('CreatePermission without peer', allocatedThen('createPermission')),
  row(
    'CreatePermission with a broken address',
    allocatedThen('createPermission', (writer) => writer.putOctets(0x0012, new Uint8Array(5))),
  ),
  row('CreatePermission without allocation', fresh('createPermission', peerAt('127.0.0.1'))),
  row('CreatePermission of another user', async ({ allocated, server }) =>
    words(
      await (await allocated()).client.ask('createPermission', peerAt('127.0.0.1'), {
        as: restCredential(server.secret, 'bob'),
      }),
    ),
  ),
  row('an IPv6 peer of an IPv4 allocation', allocatedThen('createPermission', peerAt('::1'))),
  row(
    'an allowed and a forbidden peer in one request',
    allocatedThen('createPermission', peerAt('127.0.0.1', '0.0.0.0')),
  ),
  ...(
    [
      '8.8.8.8',
      '0.0.0.0',
      '10.0.0.1',
      '100.64.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '192.168.0.1',
      '198.18.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ] as const
  ).map((peer) => row(`permission for ${peer}`, allocatedThen('createPermission', peerAt(peer)))),
  ...(
    [
      '2606:4700:4700::1111',
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::7f00:1',
      '2002:7f00:1::1',
      '2001::1',
      'fe80::1',
      'fc00::1',
      'fec0::1',
      'ff02::1',
    ] as const
  ).map((peer) =>
    row(`permission for ${peer}`, async ({ allocated6 }) =>
      words(await (await allocated6()).ask('createPermission', peerAt(peer))),
    ),
  ),
]
