/** Where tables of fixed size lie: in memory of their own, or one behind the other in memory that threads share. */

export interface Memory {
  /** Whether nobody has used it before; whoever finds it fresh fills in what is not zero in the beginning. */
  readonly isFresh: boolean
  /** So many octets in a row. Throws when there are no more of them. */
  take(octets: number): { readonly buffer: ArrayBufferLike; readonly at: number }
}

/** Memory for one thread alone, as much as is asked for. */
export function ownMemory(): Memory {
  return { isFresh: true, take: (octets) => ({ buffer: new ArrayBuffer(octets), at: 0 }) }
}

/** What is taken lies in `buffer` in the order of taking, so that all who take the same find the same. */
export function sharedMemory(buffer: ArrayBufferLike, begin: number, isFresh: boolean): Memory {
  let next = begin
  return {
    isFresh,
    take(octets) {
      const at = next
      next += roundedUp(octets)
      if (next > buffer.byteLength) throw new Error('the shared memory is smaller than what is to lie in it')
      return { buffer, at }
    },
  }
}

/** How much `use` takes. */
export function octetsTaken(use: (memory: Memory) => void): number {
  let taken = 0
  use({
    isFresh: true,
    take(octets) {
      taken += roundedUp(octets)
      return { buffer: new ArrayBuffer(octets), at: 0 }
    },
  })
  return taken
}

/** Numbers of eight octets want to lie on multiples of eight. */
const roundedUp = (octets: number): number => Math.ceil(octets / 8) * 8

export function octetsIn(memory: Memory, length: number): Uint8Array {
  const { buffer, at } = memory.take(length)
  return new Uint8Array(buffer, at, length)
}

export function shortsIn(memory: Memory, length: number): Uint16Array {
  const { buffer, at } = memory.take(length * 2)
  return new Uint16Array(buffer, at, length)
}

export function wordsIn(memory: Memory, length: number): Uint32Array {
  const { buffer, at } = memory.take(length * 4)
  return new Uint32Array(buffer, at, length)
}

export function timesIn(memory: Memory, length: number): Float64Array {
  const { buffer, at } = memory.take(length * 8)
  return new Float64Array(buffer, at, length)
}
