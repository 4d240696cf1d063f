/** Allocate with all that it may ask for. */
import { randomTransaction } from '../../../support/turn-client.ts'
import { restCredential } from '../../../support/turn-under-test.ts'
import { allocatedThen, fresh, type Row, row, udp, udpAnd, whole, words } from '../asking.ts'

/** That nobody gave out. */
const token = new Uint8Array(8).fill(7)

export const allocations: readonly Row[] = [
  row('Allocate', async ({ client }) => whole(await (await client()).ask('allocate', udp))),
  row('Allocate over TCP', async ({ client }) => words(await (await client('tcp')).ask('allocate', udp))),
  row('Allocate over TLS', async ({ client }) => words(await (await client('tls')).ask('allocate', udp))),
  row(
    'without REQUESTED-TRANSPORT',
    fresh('allocate', (writer) => writer.put('lifetime', 600)),
  ),
  row(
    'REQUESTED-TRANSPORT = 99',
    fresh('allocate', (writer) => writer.put('requestedTransport', 99)),
  ),
  row(
    'REQUESTED-TRANSPORT = TCP on UDP',
    fresh('allocate', (writer) => writer.put('requestedTransport', 6)),
  ),
  row('REQUESTED-TRANSPORT = TCP on TCP (RFC 6062)', async ({ client }) =>
    words(await (await client('tcp')).ask('allocate', (writer) => writer.put('requestedTransport', 6))),
  ),
  row(
    'REQUESTED-TRANSPORT of the wrong length',
    fresh('allocate', (writer) => writer.putOctets(0x0019, new Uint8Array(8))),
  ),
  ...[0, 1, 777, 3_600, 100_000].map((lifetime) =>
    row(
      `LIFETIME = ${lifetime}`,
      fresh(
        'allocate',
        udpAnd((writer) => writer.put('lifetime', lifetime)),
      ),
    ),
  ),
  row(
    'LIFETIME of the wrong length',
    fresh(
      'allocate',
      udpAnd((writer) => writer.putOctets(0x000d, new Uint8Array(2))),
    ),
  ),
  row(
    'DONT-FRAGMENT',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('dontFragment', true)),
    ),
  ),
  row('DONT-FRAGMENT over TCP', async ({ client }) =>
    words(
      await (await client('tcp')).ask(
        'allocate',
        udpAnd((writer) => writer.put('dontFragment', true)),
      ),
    ),
  ),
  row(
    'an unknown attribute that must be understood',
    fresh(
      'allocate',
      udpAnd((writer) => writer.putOctets(0x7f01, new Uint8Array(4))),
    ),
  ),
  row(
    'an unknown attribute that may be ignored',
    fresh(
      'allocate',
      udpAnd((writer) => writer.putOctets(0xff04, new Uint8Array(4))),
    ),
  ),
  row(
    'MOBILITY-TICKET (RFC 8016), empty',
    fresh(
      'allocate',
      udpAnd((writer) => writer.putOctets(0x8030, new Uint8Array(0))),
    ),
  ),
  ...[1, 2, 3].map((family) =>
    row(
      `REQUESTED-ADDRESS-FAMILY = ${family}`,
      fresh(
        'allocate',
        udpAnd((writer) => writer.put('requestedAddressFamily', family)),
      ),
    ),
  ),
  ...[1, 2].map((family) =>
    row(
      `ADDITIONAL-ADDRESS-FAMILY = ${family}`,
      fresh(
        'allocate',
        udpAnd((writer) => writer.put('additionalAddressFamily', family)),
      ),
    ),
  ),
  row(
    'both attributes of families',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('requestedAddressFamily', 1).put('additionalAddressFamily', 2)),
    ),
  ),
  ...[false, true].map((reserve) =>
    row(`EVEN-PORT, R = ${Number(reserve)}`, async ({ client }) => {
      const answer = await (await client()).ask(
        'allocate',
        udpAnd((writer) => writer.put('evenPort', reserve)),
      )
      const port = typeof answer === 'string' ? undefined : answer.get('xorRelayedAddress')?.port
      return `${words(answer)}${port === undefined ? '' : port % 2 === 0 ? ', even' : ', odd'}`
    }),
  ),
  row('EVEN-PORT, R = 1, then its token', async ({ client }) => {
    const answer = await (await client()).ask(
      'allocate',
      udpAnd((writer) => writer.put('evenPort', true)),
    )
    const token = typeof answer === 'string' ? undefined : answer.get('reservationToken')
    if (typeof answer === 'string' || !token) return words(answer)
    const next = await (await client()).ask(
      'allocate',
      udpAnd((writer) => writer.put('reservationToken', token)),
    )
    if (typeof next === 'string') return next
    const [even, odd] = [answer, next].map((one) => one.get('xorRelayedAddress')?.port ?? 0)
    return `${words(next)}, ${(odd ?? 0) - (even ?? 0)} above`
  }),
  row(
    'EVEN-PORT, R = 1, with ADDITIONAL-ADDRESS-FAMILY',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('evenPort', true).put('additionalAddressFamily', 2)),
    ),
  ),
  row(
    'a token that nobody gave out',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('reservationToken', token)),
    ),
  ),
  row(
    'a token and EVEN-PORT',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('reservationToken', token).put('evenPort', false)),
    ),
  ),
  row(
    'a token and a family',
    fresh(
      'allocate',
      udpAnd((writer) => writer.put('reservationToken', token).put('requestedAddressFamily', 1)),
    ),
  ),
  row('the same Allocate once more', async ({ client }) => {
    const one = await client()
    const transaction = randomTransaction()
    const answers = [await one.ask('allocate', udp, { transaction }), await one.ask('allocate', udp, { transaction })]
    const ports = answers.map((answer) => (typeof answer === 'string' ? answer : answer.get('xorRelayedAddress')?.port))
    return `${answers.map(words).join(', ')}${ports[0] === ports[1] ? ', same port' : ', another port'}`
  }),
  row('another Allocate', allocatedThen('allocate', udp)),
  row('another Allocate of another user', async ({ allocated, server }) =>
    words(await (await allocated()).client.ask('allocate', udp, { as: restCredential(server.secret, 'bob') })),
  ),
]
