/** What a success of Allocate says, the first time and when the request is repeated (RFC 8656 section 7.2). */
import type { OpenAllocation } from '../allocation.ts'
import { addressFamilies } from '../codec/address.ts'
import type { MessageWriter } from '../codec/message-writer.ts'
import type { TurnSettings } from '../settings.ts'
import { seenAs } from './binding.ts'

export function putGrant(writer: MessageWriter, { relays: ours }: TurnSettings, allocation: OpenAllocation): void {
  const { relays, granted, client } = allocation
  for (const { family, port } of relays) {
    const address = ours[family]
    if (address) writer.put('xorRelayedAddress', { ip: address.told, port })
  }
  writer.put('lifetime', granted.lifetime)
  if (granted.token) writer.put('reservationToken', granted.token)
  writer.put('xorMappedAddress', seenAs(client.address))
  if (!granted.lacking) return
  const { family, code } = granted.lacking
  writer.put('addressErrorCode', { family: addressFamilies[family], code, reason: '' })
}
