/** Every attribute that can be got from and put into a message: its number and the shape of its value. A new one is one line. */
import { plainAddress, xorAddress } from './address.ts'
import { addressErrorCode, errorCode } from './error-code.ts'
import {
  type Codec,
  flag,
  icmp,
  leadingOctet,
  leadingUint16,
  octets,
  passwordAlgorithm,
  passwordAlgorithmList,
  reserveBit,
  text,
  uint16List,
  uint32,
} from './values.ts'

/** RFC 8489 section 14.3: less than 509 octets. */
const longestUsername = 508
/** RFC 8489 sections 14.9 to 14.14: less than 128 characters, or 763 octets. */
const longestText = 763
const longestDomain = 255
const longestData = 0xffff

type AnyCodec = Codec<unknown>

/** The MACs and the checksum are not here: they are not values but statements about the octets before them. */
export const attributes = {
  // RFC 8489
  mappedAddress: { type: 0x0001, codec: plainAddress },
  username: { type: 0x0006, codec: text(longestUsername) },
  errorCode: { type: 0x0009, codec: errorCode },
  unknownAttributes: { type: 0x000a, codec: uint16List },
  realm: { type: 0x0014, codec: text(longestText) },
  nonce: { type: 0x0015, codec: text(longestText) },
  passwordAlgorithm: { type: 0x001d, codec: passwordAlgorithm },
  userhash: { type: 0x001e, codec: octets(32, 32) },
  xorMappedAddress: { type: 0x0020, codec: xorAddress },
  passwordAlgorithms: { type: 0x8002, codec: passwordAlgorithmList },
  alternateDomain: { type: 0x8003, codec: text(longestDomain) },
  software: { type: 0x8022, codec: text(longestText) },
  alternateServer: { type: 0x8023, codec: plainAddress },
  // RFC 8656
  channelNumber: { type: 0x000c, codec: leadingUint16 },
  lifetime: { type: 0x000d, codec: uint32 }, // seconds
  xorPeerAddress: { type: 0x0012, codec: xorAddress },
  data: { type: 0x0013, codec: octets(0, longestData) },
  xorRelayedAddress: { type: 0x0016, codec: xorAddress },
  requestedAddressFamily: { type: 0x0017, codec: leadingOctet }, // of addressFamilies, or unknown
  evenPort: { type: 0x0018, codec: reserveBit },
  requestedTransport: { type: 0x0019, codec: leadingOctet }, // of transportProtocols, or unknown
  dontFragment: { type: 0x001a, codec: flag },
  reservationToken: { type: 0x0022, codec: octets(8, 8) },
  additionalAddressFamily: { type: 0x8000, codec: leadingOctet },
  addressErrorCode: { type: 0x8001, codec: addressErrorCode },
  icmp: { type: 0x8004, codec: icmp },
  // RFC 6062
  connectionId: { type: 0x002a, codec: uint32 },
} as const satisfies Record<string, { readonly type: number; readonly codec: AnyCodec }>

export type AttributeName = keyof typeof attributes
export type AttributeValue<N extends AttributeName> = ReturnType<(typeof attributes)[N]['codec']['decode']>

/** The protocol numbers that REQUESTED-TRANSPORT may name. */
export const transportProtocols = { tcp: 6, udp: 17 } as const

/** Below this a receiver must understand an attribute, or refuse the message that has it. */
const firstOptional = 0x8000

const codecs = new Map<number, AnyCodec>(Object.values(attributes).map(({ type, codec }) => [type, codec]))

/** Undefined for attributes that are not in the table. */
export const codecOf = (type: number): AnyCodec | undefined => codecs.get(type)

/** Whether a message with this attribute must be refused if we do not know it (RFC 8489 section 5). */
export const mustBeUnderstood = (type: number): boolean => type < firstOptional
