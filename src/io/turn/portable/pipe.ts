/** Two streams that are joined: everything that comes from one goes to the other as it is (RFC 6062 section 4.4), and whoever reads slowly slows the other down. */

/** What a pipe needs of a socket. `write` answers how many octets were taken, or −1 if the stream is closed. */
export interface RawStream {
  write(bytes: Uint8Array, start: number, length: number): number
  pause(): void
  resume(): void
  /** Says goodbye when all is written. */
  end(): void
}

export interface PipeEnd {
  /** Octets have come from this end. They are the pipe's to keep. */
  received(bytes: Uint8Array): void
  /** This end takes octets again. */
  drained(): void
  /** Nothing more comes from this end; the other one gets what is left, and then its goodbye. */
  ended(): void
}

export function createPipe(one: RawStream, other: RawStream): readonly [one: PipeEnd, other: PipeEnd] {
  const toOther = createDirection(one, other)
  const toOne = createDirection(other, one)
  const endOf = (from: Direction, towards: Direction): PipeEnd => ({
    received: from.carry,
    drained: towards.goOn,
    ended() {
      towards.giveUp()
      from.finish()
    },
  })
  return [endOf(toOther, toOne), endOf(toOne, toOther)]
}

interface Direction {
  carry(bytes: Uint8Array): void
  goOn(): void
  /** Ends the receiver when it has got everything. */
  finish(): void
  /** Its receiver is gone. */
  giveUp(): void
}

function createDirection(from: RawStream, to: RawStream): Direction {
  /** What the receiver did not take: no more than what its sender had said before it was paused. */
  const waiting: Uint8Array[] = []
  let isFinished = false
  let isOver = false

  function giveUp(): void {
    isOver = true
    waiting.length = 0
  }

  /** What is left of it, or undefined if all was taken. */
  function written(bytes: Uint8Array): Uint8Array | undefined {
    const taken = to.write(bytes, 0, bytes.length)
    if (taken < 0) giveUp()
    return taken < 0 || taken === bytes.length ? undefined : bytes.subarray(taken)
  }

  function goOn(): void {
    if (isOver) return
    const wasFull = waiting.length > 0
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const rest = written(first)
      if (rest) {
        waiting[0] = rest
        return
      }
      waiting.shift()
    }
    if (isFinished) {
      giveUp()
      to.end()
    } else if (wasFull) from.resume()
  }

  return {
    carry(bytes) {
      if (isOver || isFinished || bytes.length === 0) return
      const rest = waiting.length > 0 ? bytes : written(bytes)
      if (!rest) return
      if (waiting.push(rest) === 1) from.pause()
    },
    goOn,
    finish() {
      if (isOver || isFinished) return
      isFinished = true
      goOn()
    },
    giveUp,
  }
}
