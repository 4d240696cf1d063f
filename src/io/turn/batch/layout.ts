/** How Linux lays out what it reads from and writes to our memory, and its numbers, on x86-64 and arm64: 64 bits, little endian. */

/** `struct mmsghdr`: a `msghdr` and how many octets it carried. Offsets in octets. */
export const messageSize = 64
export const messageName = 0
export const messageNameLength = 8
export const messageVectors = 16
export const messageVectorCount = 24
export const messageControl = 32
export const messageControlLength = 40
export const messageLength = 56

/** `struct iovec`: address and length. */
export const vectorSize = 16
export const vectorLength = 8

/** `struct cmsghdr`: length with this header, level, type, then data; the next one begins at a multiple of 8. */
export const controlHeader = 16
export const controlLevel = 8
export const controlType = 12

/** `struct sockaddr_in` and `sockaddr_in6`: family in our order, port and address in that of the network. */
export const nameSize = 28
export const namePort = 2
export const name4 = { family: 2, size: 16, address: 4 } as const
export const name6 = { family: 10, size: 28, address: 8, scope: 24 } as const

/** `struct epoll_event` is packed on x86-64 only. */
export const eventSize = process.arch === 'x64' ? 12 : 16
export const eventData = process.arch === 'x64' ? 4 : 8
export const epoll = { add: 1, remove: 2, in: 0x1, error: 0x8, closeOnExec: 0x80000 } as const

export const eventFd = { closeOnExec: 0x80000, nonBlocking: 0x800 } as const

/** `socket(…, datagram | …, 0)`. */
export const datagram = { type: 2, nonBlocking: 0x800, closeOnExec: 0x80000 } as const

export const dontWait = 0x40
export const fromErrorQueue = 0x2000

export const level = { ip: 0, socket: 1, udp: 17, ipv6: 41 } as const

export const option = {
  receiveBuffer: 8,
  sendBuffer: 7,
  reusePort: 15,
  ip: { packetInfo: 8, mtuDiscover: 10, receiveErrors: 11 },
  ipv6: { mtuDiscover: 23, receiveErrors: 25, only: 26, receivePacketInfo: 49, packetInfo: 50, dontFragment: 62 },
  udp: { segment: 103, gro: 104 },
} as const

/** Of `mtuDiscover`: never set DF, or set it and leave it to the routers to say what is too long. */
export const mtu = { leave: 0, probe: 3 } as const

/** `struct sock_extended_err`, which the error queue hands out. */
export const extendedError = { origin: 4, type: 5, code: 6, info: 8, fromIcmp: 2, fromIcmp6: 3 } as const

export const error = {
  io: 5,
  interrupted: 4,
  again: 11,
  invalid: 22,
  messageTooLong: 90,
  noBuffers: 105,
  noMemory: 12,
} as const

/** Linux takes no more datagrams than this as one (`UDP_MAX_SEGMENTS`), and no more octets than an IP packet has. */
export const mostSegments = 64
export const mostSegmentedOctets = 65_000
