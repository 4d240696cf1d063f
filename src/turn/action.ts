/** What the TURN server wants done, in order. Relayed data of channels is not among it: see `relaying.ts`. */
import type { TransportAddress } from '../lib/ip-address.ts'
import type { OpenAllocation, Relay } from './allocation.ts'
import type { TurnFact } from './facts.ts'
import type { Client, ClientKey } from './five-tuple.ts'

export type TurnAction =
  /** A STUN message for a client. `message` is valid until the next input, so it is sent or copied before. */
  | { readonly do: 'answer'; readonly to: Client; readonly message: Uint8Array }
  /**
   * Bind a relay socket at the relay address of this family and this port, and say `relayBound` or `relayFailed`: at
   * once, as an input of its own, or later. `protocol` is `tcp` for allocations of RFC 6062.
   */
  | {
      readonly do: 'bind-relay'
      readonly for: ClientKey
      readonly family: 4 | 6
      readonly port: number
      readonly protocol: 'udp' | 'tcp'
    }
  /** From now on what arrives on the relay sockets of this allocation is its own. */
  | { readonly do: 'open'; readonly allocation: OpenAllocation }
  /** Close this socket; what it still gets is nobody's. */
  | { readonly do: 'close-relay'; readonly relay: Relay }
  /** The data of a Send indication: `bytes` from `start` to `end` of the datagram that is being looked at. */
  | {
      readonly do: 'send-to-peer'
      readonly from: Relay
      readonly to: TransportAddress
      readonly start: number
      readonly end: number
      /** Only asked of a world that can do it. */
      readonly dontFragment: boolean
    }
  /** Ask the hook about this name, and say `hookAnswered`. */
  | { readonly do: 'ask-hook'; readonly username: string }
  /** RFC 6062: connect from the relay address to a peer, and say `peerConnected` or `peerFailed` with this number. */
  | {
      readonly do: 'connect-peer'
      readonly connection: number
      readonly allocation: OpenAllocation
      readonly peer: TransportAddress
    }
  /** RFC 6062: from now on everything between this client connection and that peer connection is passed on as it is. */
  | { readonly do: 'join'; readonly client: Client; readonly connection: number }
  /** RFC 6062: close a peer connection, and the client's data connection that is joined to it. */
  | { readonly do: 'disconnect-peer'; readonly connection: number }
  /** Close the client's connection, if it is one; it has no more to expect. */
  | { readonly do: 'close-client'; readonly client: Client }
  | { readonly do: 'note'; readonly fact: TurnFact }
