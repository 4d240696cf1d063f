/** Memory at an address that never changes, for what the kernel reads and writes: the only place where addresses become views. */
import { type Pointer, toArrayBuffer } from 'bun:ffi'
import { errno, libc } from './libc.ts'

export interface Region {
  /** The upper half of every address in it, and the lower half of the first: it does not cross a boundary of 4 GiB. */
  readonly high: number
  readonly low: number
  readonly bytes: Uint8Array
  readonly halves: Uint16Array
  readonly words: Uint32Array
  /** The offset of so many octets that nobody else has. Throws when there are none left: a bug. */
  take(octets: number, alignment?: number): number
  /** For a system call. */
  addressOf(offset: number): Pointer
  /** Nobody may use any view of it from now on. */
  free(): void
}

const readWrite = 1 | 2
const privateAnonymous = 0x02 | 0x20
const fourGiB = 2 ** 32
/** Of a process on either machine. */
const highestAddress = 2 ** 48

/** Zeros, which cost nothing until they are written. Throws when the system refuses. */
export function mapRegion(octets: number): Region {
  const size = Math.ceil(octets / 4096) * 4096
  const start = map(size)
  const low = start % fourGiB
  const buffer = toArrayBuffer(start, 0, size)
  const bytes = new Uint8Array(buffer)
  let taken = 0
  return {
    high: Math.floor(start / fourGiB),
    low,
    bytes,
    halves: new Uint16Array(buffer),
    words: new Uint32Array(buffer),
    take(wanted, alignment = 64) {
      const offset = Math.ceil(taken / alignment) * alignment
      if (offset + wanted > size) throw new Error('the region is full')
      taken = offset + wanted
      return offset
    },
    addressOf: (offset) => (start + offset) as Pointer,
    free: () => {
      libc().munmap(start, size)
    },
  }
}

function map(size: number): Pointer {
  const c = libc()
  const refused: Pointer[] = []
  try {
    for (;;) {
      const start = Number(c.mmap(null, size, readWrite, privateAnonymous, -1, 0)) as Pointer
      // −1 may arrive as a number without a sign.
      if (start <= 0 || start > highestAddress) throw new Error(`no memory for the relay: errno ${errno()}`)
      if ((start % fourGiB) + size <= fourGiB) return start
      refused.push(start)
    }
  } finally {
    for (const start of refused) c.munmap(start, size)
  }
}
