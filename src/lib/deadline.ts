/** Deadlines by key: a binary heap, so that the next one is known at once and a cancelled one costs nothing. */

interface Entry<T> {
  readonly at: number
  /** Keeps deadlines of the same millisecond in the order in which they were set. */
  readonly order: number
  readonly key: string
  readonly item: T
}

export interface Deadlines<T> {
  /** Sets the deadline of `key` to `at` (ms); an earlier one of the same key is forgotten. */
  set(key: string, at: number, item: T): void
  cancel(key: string): void
  has(key: string): boolean
  /** The time (ms) of the earliest deadline, or undefined if there is none. */
  next(): number | undefined
  /** Removes and returns the earliest item whose time has come, or undefined. */
  takeDue(now: number): T | undefined
  readonly size: number
}

export function createDeadlines<T>(): Deadlines<T> {
  const heap: Entry<T>[] = []
  const current = new Map<string, Entry<T>>()
  let order = 0

  const isBefore = (a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

  function push(entry: Entry<T>): void {
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (!parent || !isBefore(entry, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = entry
  }

  function pop(): void {
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      const leftIndex = 2 * index + 1
      const left = heap[leftIndex]
      if (!left) break
      const right = heap[leftIndex + 1]
      const [child, childIndex] = right && isBefore(right, left) ? [right, leftIndex + 1] : [left, leftIndex]
      if (!isBefore(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
  }

  /** Cancelled and replaced entries stay in the heap until they surface; this clears them off the top. */
  function top(): Entry<T> | undefined {
    for (;;) {
      const entry = heap[0]
      if (!entry || current.get(entry.key) === entry) return entry
      pop()
    }
  }

  return {
    set(key, at, item) {
      const entry = { at, order: order++, key, item }
      current.set(key, entry)
      push(entry)
      // Without this, a key that is set again and again would grow the heap for as long as its deadline is away.
      if (heap.length > 64 && heap.length > 4 * current.size) {
        const live = [...current.values()]
        heap.length = 0
        for (const one of live) push(one)
      }
    },
    cancel(key) {
      current.delete(key)
    },
    has: (key) => current.has(key),
    next: () => top()?.at,
    takeDue(now) {
      const entry = top()
      if (!entry || entry.at > now) return undefined
      current.delete(entry.key)
      pop()
      return entry.item
    },
    get size() {
      return current.size
    },
  }
}
