/** Who asks, and what is said to those who do not prove it. */
import { restCredential } from '../../../support/turn-under-test.ts'
import { fresh, header, type Row, raw, row, udp, whole, words } from '../asking.ts'

export const credentials: readonly Row[] = [
  row('Allocate without any attribute', async ({ client }) =>
    whole(await (await client()).askRaw(raw(header('0003')))),
  ),
  row('Allocate without credentials', async ({ client }) =>
    whole(await (await client()).ask('allocate', udp, { as: 'none' })),
  ),
  row('Allocate without credentials over TCP', async ({ client }) =>
    words(await (await client('tcp')).ask('allocate', udp, { as: 'none' })),
  ),
  ...(['refresh', 'createPermission', 'channelBind', 'connect'] as const).map((method) =>
    row(
      `${method} without credentials`,
      fresh(method, (writer) => writer.put('lifetime', 600), { as: 'none' }),
    ),
  ),
  ...(['username', 'realm', 'nonce'] as const).map((missing) =>
    row(`MESSAGE-INTEGRITY without ${missing.toUpperCase()}`, fresh('allocate', udp, { without: [missing] })),
  ),
  row(
    'a nonce that nobody made',
    fresh('allocate', udp, { realm: 'turn.example.org', nonce: '0123456789abcdef01234567' }),
  ),
  row('an empty nonce', fresh('allocate', udp, { realm: 'turn.example.org', nonce: '' })),
  row('a nonce of 700 letters', fresh('allocate', udp, { realm: 'turn.example.org', nonce: 'n'.repeat(700) })),
  row("another client's nonce", async ({ client }) => {
    const other = await client()
    await other.ask('allocate', udp)
    return words(await (await client()).ask('allocate', udp, other.challenged))
  }),
  row('another realm', fresh('allocate', udp, { realm: 'other.example' })),
  row('a wrong password', async ({ client, server }) => {
    const { username } = restCredential(server.secret)
    return words(await (await client('udp', { username, password: 'wrong' })).ask('allocate', udp))
  }),
  row('a name that is no REST name', async ({ client }) =>
    words(await (await client('udp', { username: 'mallory', password: 'any' })).ask('allocate', udp)),
  ),
  row('an empty name', async ({ client }) =>
    words(await (await client('udp', { username: '', password: 'any' })).ask('allocate', udp)),
  ),
  row('a credential that has expired', async ({ client, server }) =>
    words(await (await client('udp', restCredential(server.secret, 'alice', -60))).ask('allocate', udp)),
  ),
  row('a credential that is good for 30 days', async ({ client, server }) =>
    words(await (await client('udp', restCredential(server.secret, 'alice', 30 * 86_400))).ask('allocate', udp)),
  ),
  ...(['alice:TIME', 'TIME'] as const).map((form) =>
    row(`a REST name of the form ${form}`, async ({ client, server }) => {
      const username = form.replace('TIME', String(Math.floor(Date.now() / 1000) + 600))
      const password = new Bun.CryptoHasher('sha1', server.secret).update(username).digest('base64')
      return words(await (await client('udp', { username, password })).ask('allocate', udp))
    }),
  ),
  row(
    'a message that was changed after it was signed',
    fresh('allocate', udp, {
      change: (message) => {
        // The protocol of REQUESTED-TRANSPORT, in the first attribute.
        message[24] = 6
        return message
      },
    }),
  ),
  row(
    'what stands behind MESSAGE-INTEGRITY does not count',
    fresh('allocate', udp, {
      change(message) {
        const longer = new Uint8Array(message.length + 4)
        longer.set(message)
        longer.set([0x7f, 0x01, 0, 0], message.length)
        new DataView(longer.buffer).setUint16(2, longer.length - 20)
        return longer
      },
    }),
  ),
]
