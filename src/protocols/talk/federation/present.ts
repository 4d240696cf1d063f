/** Who is in a federated room, as far as we were told: a client that comes back has to hear the whole list (R8). */
import type { RawJson } from '../../json-wire.ts'

export interface Present {
  /** `arrival`: the running number of the news. Who is known already keeps his. */
  add(id: string, entry: RawJson, arrival: number): void
  remove(id: string): void
  clear(): void
  /** Who was there before that number; undefined if there were too many to keep count of. */
  until(arrival: number): readonly RawJson[] | undefined
}

/** `limit`: characters that all entries may have. */
export function createPresent(limit: number): Present {
  const entries = new Map<string, { readonly entry: RawJson; readonly arrival: number }>()
  let length = 0
  let isWhole = true

  function remove(id: string): void {
    const known = entries.get(id)
    if (!known) return
    entries.delete(id)
    length -= id.length + known.entry.text.length
  }

  return {
    add(id, entry, arrival) {
      const known = entries.get(id)
      remove(id)
      const more = id.length + entry.text.length
      if (length + more > limit) {
        isWhole = false
        return
      }
      length += more
      entries.set(id, { entry, arrival: known?.arrival ?? arrival })
    },
    remove,
    clear() {
      entries.clear()
      length = 0
      isWhole = true
    },
    until: (arrival) =>
      isWhole ? [...entries.values()].filter((known) => known.arrival <= arrival).map(({ entry }) => entry) : undefined,
  }
}
