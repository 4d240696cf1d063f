/** STUN Binding, and messages that are none. */
import { fresh, freshRaw, header, type Row, raw, row, whole } from '../asking.ts'

export const bindings: readonly Row[] = [
  row('Binding', async ({ client }) => whole(await (await client()).askRaw(raw(header('0001'))))),
  row('Binding over TCP', async ({ client }) => whole(await (await client('tcp')).askRaw(raw(header('0001'))))),
  row('Binding over TLS', async ({ client }) => whole(await (await client('tls')).askRaw(raw(header('0001'))))),
  row('Binding with FINGERPRINT', async ({ client }) =>
    whole(await (await client()).ask('binding', () => {}, { as: 'none', fingerprint: true })),
  ),
  row('Binding with a wrong FINGERPRINT', freshRaw(raw(`${header('0001', '0008')} 8028 0004 00000000`))),
  row(
    'Binding with an unknown attribute that must be understood',
    freshRaw(raw(`${header('0001', '0004')} 7f01 0000`)),
  ),
  row(
    'Binding with unknown attributes that may be ignored',
    freshRaw(raw(`${header('0001', '000c')} ff04 0004 00000000 802f 0000`)),
  ),
  row('Binding with CHANGE-REQUEST (RFC 5780)', freshRaw(raw(`${header('0001', '0008')} 0003 0004 00000006`))),
  row('Binding signed as a user', fresh('binding')),
  row('Binding of classic STUN, without the cookie', async ({ client }) => {
    const one = await client()
    await one.askRaw(raw('0001 0000 00112233 0102030405060708090a0b0c'))
    // One answer is that to the question behind it, by which the client knows that nothing more comes.
    return `${one.line.got.frames - 1} answers`
  }),
  row('Binding indication', freshRaw(raw(header('0011')))),
  row('Binding response', freshRaw(raw(header('0101')))),
  row('a message shorter than its length', freshRaw(raw(header('0001', '0008')))),
  row('a message longer than its length', freshRaw(raw(`${header('0001')} 00000000`))),
  row('a message whose attribute is longer than the message', freshRaw(raw(`${header('0001', '0004')} 8022 0100`))),
  row('an unknown method', freshRaw(raw(header('002e')))),
  row('Shared Secret of classic STUN', freshRaw(raw(header('0002')))),
  row('a Data indication from a client', freshRaw(raw(header('0017')))),
]
