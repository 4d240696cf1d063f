/** What the clients of one listener can be given, whatever carries it. */
import type { IpAddress } from '../../../lib/ip-address.ts'
import type { OpenAllocation } from '../../../turn/allocation.ts'
import type { Client } from '../../../turn/five-tuple.ts'

export interface ClientSide {
  /** Sends or copies the message before it returns. */
  answer(to: Client, message: Uint8Array): void
  /** Data of a peer, on a channel or, with `asIndication`, in an indication. */
  relay(allocation: OpenAllocation, channel: number, data: Uint8Array, ip: IpAddress, port: number): void
  /** The client has an allocation from now on; has none any more. */
  opened(allocation: OpenAllocation): void
  ended(allocation: OpenAllocation): void
  /** The client has no more to expect. */
  close(client: Client): void
}
