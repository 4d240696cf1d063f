/** What was gathered while sockets were being read goes out at the end of that turn of the event loop, in as few calls as possible. */

export interface Gathered {
  /** Whether it waits for the end of the turn; written by `Tick` only. */
  isDue: boolean
  flush(): void
}

export interface Tick {
  /** Flushes it once at the end of this turn, however often it is named until then. */
  flushLater(gathered: Gathered): void
}

/** `broke` is told what a flush threw. */
export function createTick(broke: (error: unknown) => void): Tick {
  let due: Gathered[] = []

  function flushAll(): void {
    const all = due
    due = []
    for (const one of all) {
      one.isDue = false
      try {
        one.flush()
      } catch (error) {
        broke(error)
      }
    }
  }

  return {
    flushLater(gathered) {
      if (gathered.isDue) return
      gathered.isDue = true
      if (due.push(gathered) === 1) setImmediate(flushAll)
    },
  }
}
