/** TCP and TLS, and what is neither. */
import { header, octets, type Row, raw, row, words } from '../asking.ts'

export const streams: readonly Row[] = [
  ...(['tcp', 'tls'] as const).flatMap((transport) => [
    row(`garbage over ${transport}`, async ({ client }) =>
      words(await (await client(transport)).askRaw(new Uint8Array(64).fill(0xee))),
    ),
    row(`HTTP over ${transport}`, async ({ client }) =>
      words(await (await client(transport)).askRaw(octets('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n'))),
    ),
  ]),
  row('classic STUN over TCP', async ({ client }) =>
    words(await (await client('tcp')).askRaw(raw('0001 0000 00112233 0102030405060708090a0b0c'))),
  ),
  row('a Binding octet by octet over TCP', async ({ client }) => {
    const one = await client('tcp')
    const bytes = raw(header('0001'))
    for (const octet of bytes.subarray(0, -1)) {
      one.line.send(Uint8Array.of(octet))
      await Bun.sleep(1)
    }
    return words(await one.askRaw(bytes.subarray(-1)))
  }),
]
