/** Clients over UDP, where the batch path cannot be had. Bun can neither share a UDP port nor tell of ICMP errors. */
import type { IpAddress } from '../../../lib/ip-address.ts'
import { channelHeaderLength, writeChannelHeader } from '../../../turn/codec/channel-data.ts'
import { kindOf } from '../../../turn/codec/demultiplex.ts'
import { clientKey } from '../../../turn/five-tuple.ts'
import { asIndication } from '../../../turn/relaying.ts'
import { at } from '../counters.ts'
import type { ClientSide } from './client-side.ts'
import { bindDatagrams } from './datagrams.ts'
import { createIndications } from './indications.ts'
import type { FromClient, Shared } from './shared.ts'

export interface DatagramClients extends ClientSide {
  readonly port: number
  stop(): void
}

/** Throws if the address cannot be had. `listener` is its number. */
export async function listenDatagrams(
  shared: Shared,
  fromClient: FromClient,
  place: { readonly host: string; readonly port: number },
  listener: number,
): Promise<DatagramClients> {
  const { server, inputs, addresses, note } = shared
  const { values } = shared.counters
  const indications = createIndications(server)
  const { host } = place
  const socket = await bindDatagrams({ ...shared, ...place, received, broke: inputs.broke })

  function received(bytes: Uint8Array, port: number, address: string): void {
    const known = addresses.known(address)
    if (!known) return
    const client = { address: { ip: known.ip, port }, listener }
    const kind = kindOf(bytes[0], shared.settings().channels)
    if (kind !== 'stun' && kind !== 'channel') {
      note({ fact: 'turn-ignored', transport: 'udp', why: 'neither STUN nor a channel' })
      return
    }
    values[at.packetsFromClients] = (values[at.packetsFromClients] ?? 0) + 1
    values[at.bytesFromClients] = (values[at.bytesFromClients] ?? 0) + bytes.length
    if (kind === 'stun') inputs.received(bytes, 0, bytes.length, client, () => {})
    else fromClient(clientKey(client), bytes, 0, bytes.length, false)
  }

  function send(bytes: Uint8Array, ip: IpAddress, port: number): void {
    values[at.packetsToClients] = (values[at.packetsToClients] ?? 0) + 1
    values[at.bytesToClients] = (values[at.bytesToClients] ?? 0) + bytes.length
    const text = addresses.text(ip)
    // A socket for both families wants every address in IPv6 clothes.
    socket.send(bytes, port, ip.family === 4 && host.includes(':') ? `::ffff:${text}` : text)
  }

  return {
    port: socket.port,
    answer: (to, message) => send(message.slice(), to.address.ip, to.address.port),
    relay({ client: { address } }, channel, data, ip, port) {
      if (channel === asIndication) {
        const { bytes, start, end } = indications.wrap(data, { ip, port })
        send(bytes.slice(start, end), address.ip, address.port)
      } else {
        const bytes = new Uint8Array(channelHeaderLength + data.length)
        writeChannelHeader(bytes, 0, channel, data.length)
        bytes.set(data, channelHeaderLength)
        send(bytes, address.ip, address.port)
      }
    },
    opened() {},
    ended() {},
    close() {},
    stop: () => socket.close(),
  }
}
