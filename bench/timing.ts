/** Times one function, warm and without anything around it. */

const rounds = 5

export interface Timing {
  /** How many calls a round has. */
  readonly calls?: number
  /** How many things one call does, when the time of one of them is wanted. */
  readonly perCall?: number
}

/** Prints the median of some rounds, the first of which warm up: µs of user CPU per call. */
export function time(name: string, act: () => unknown, { calls = 200_000, perCall = 1 }: Timing = {}): void {
  const took: number[] = []
  const count = Math.ceil(calls / perCall)
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage().user
    for (let call = 0; call < count; call++) act()
    took.push((process.cpuUsage().user - start) / count / perCall)
  }
  const median = took.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
  console.log(`${median.toFixed(3).padStart(9)} µs  ${name}`)
}
