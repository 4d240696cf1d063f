/** Gives every socket on the machine the same small limit for its buffers, so that no server has more room than the other. */
import { readFileSync, writeFileSync } from 'node:fs'

const files = ['/proc/sys/net/core/rmem_max', '/proc/sys/net/core/wmem_max']

/**
 * Until it is disposed of, no socket gets more than this many octets (the kernel counts double), however many it asks for; the generator's
 * do, for they are no part of what is compared. Needs root; the answer is nothing to undo if `octets` is undefined.
 */
export function limitBuffers(octets: number | undefined): Disposable {
  if (octets === undefined) return { [Symbol.dispose]: () => {} }
  const before = files.map((file) => readFileSync(file, 'utf8'))
  const restore = (): void => {
    files.forEach((file, index) => {
      writeFileSync(file, before[index] ?? '')
    })
  }
  process.on('exit', restore)
  for (const file of files) writeFileSync(file, String(octets))
  return {
    [Symbol.dispose]: () => {
      process.off('exit', restore)
      restore()
    },
  }
}
