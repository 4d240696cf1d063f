/** Unpredictable bytes, drawn from the system in larger portions: one hello needs several small ones. */
import { randomFillSync } from 'node:crypto'

const portion = 4_096

export function createRandom(): (count: number) => Uint8Array {
  const pool = Buffer.alloc(portion)
  let used = portion
  return (count) => {
    if (count > portion) return randomFillSync(Buffer.alloc(count))
    if (used + count > portion) {
      randomFillSync(pool)
      used = 0
    }
    // A copy: the pool is filled anew, and what was handed out must not change or be seen twice.
    const bytes = new Uint8Array(pool.subarray(used, used + count))
    pool.fill(0, used, used + count)
    used += count
    return bytes
  }
}
