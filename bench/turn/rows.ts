/** What a comparison of TURN servers tells: each number with its name, and what ours has to reach. */

/** `times` is ours / coturn of one round, `beyond` ours − coturn, `absolute` ours alone. */
export interface Target {
  readonly kind: 'times' | 'beyond' | 'absolute'
  readonly atMost?: number
  readonly atLeast?: number
}

export interface Row {
  readonly id: string
  readonly part: string
  readonly label: string
  readonly digits: number
  readonly target?: Target
  /** Numbers that describe the load and not the server have no ratio. */
  readonly compared: boolean
}

/** Relayed packets per second, that is twice the round trips. */
export const smallRates: readonly number[] = [5_000, 10_000, 20_000, 40_000]
export const largeRates: readonly number[] = [10_000, 40_000]
export const videoRate = 30_000

const cpu: Target = { kind: 'times', atMost: 0.8 }
/** µs: nobody wins CPU by letting packets wait. */
const median: Target = { kind: 'beyond', atMost: 1_000 }
const tail: Target = { kind: 'times', atMost: 1 }

function pacedRows(id: string, part: string, rates: readonly number[]): readonly Row[] {
  return rates.flatMap((rate) => {
    const at = `${rate.toLocaleString('en-US')}/s`
    return [
      row(`${id}-${rate}-cpu`, part, `CPU per relayed packet at ${at}, µs`, 1, cpu),
      row(`${id}-${rate}-p50`, part, `added latency p50 at ${at}, µs`, 0, median),
      row(`${id}-${rate}-p99`, part, `added latency p99 at ${at}, µs`, 0, tail),
      { ...row(`${id}-${rate}-lost`, part, `lost at ${at}, %`, 3), compared: false },
    ]
  })
}

function row(id: string, part: string, label: string, digits: number, target?: Target): Row {
  return { id, part, label, digits, compared: true, ...(target ? { target } : {}) }
}

function videoRows(id: string, part: string): readonly Row[] {
  return [
    row(`${id}-cpu`, part, 'CPU per relayed packet, µs', 1, cpu),
    row(`${id}-p50`, part, 'latency p50 one way, µs', 0, median),
    row(`${id}-p99`, part, 'latency p99 one way, µs', 0, tail),
    { ...row(`${id}-lost`, part, 'lost, %', 3), compared: false },
  ]
}

const highest = 'Highest rate with at most 0.1 % loss'
const making = 'Allocations and memory'
const beside = 'Our signaling while media saturates a relay'
const relayIs = { idle: 'no media', busy: 'own relay saturated', beside: 'coturn saturated beside it' }

function alone(id: string, label: string): Row {
  return { ...row(id, beside, label, 0), compared: false }
}

export const rows: readonly Row[] = [
  ...pacedRows('small', 'Packets of 160 bytes, 100 allocations, sent back by peers', smallRates),
  ...pacedRows('large', 'Packets of 1,000 bytes, 100 allocations, sent back by peers', largeRates),
  ...videoRows('video', `Video, 1,200 bytes, frames of 8 to 12 packets both ways, 50 allocations, ${videoRate}/s`),
  ...videoRows('segments', 'The same, each frame handed over in one call with UDP_SEGMENT'),
  row('highest-small', highest, '160 bytes sent back, relayed packets/s', 0, { kind: 'times', atLeast: 1.2 }),
  { ...row('highest-small-busy', highest, 'generator busy then, %', 0), compared: false },
  row('highest-video', highest, 'video, relayed packets/s', 0, { kind: 'times', atLeast: 1.2 }),
  { ...row('highest-video-busy', highest, 'generator busy then, %', 0), compared: false },
  row('allocations', making, 'allocations/s, from the 401 on, 32 in flight', 0, { kind: 'times', atLeast: 2 }),
  row('allocations-cold', making, 'the first 3,000 after the start, allocations/s', 0),
  row('allocation-cpu', making, 'CPU per allocation, µs', 0),
  row('allocation-memory', making, 'resident memory per allocation with a channel, kB', 2, {
    kind: 'times',
    atMost: 0.6,
  }),
  row('stranger-memory', making, 'resident memory per unauthenticated source, kB', 3, {
    kind: 'absolute',
    atMost: 0.1,
  }),
  row('start-memory', making, 'resident memory after the start, MB', 0),
  ...(['idle', 'busy', 'beside'] as const).flatMap((when) => [
    alone(`signaling-${when}-p50`, `message p50, ${relayIs[when]}, µs`),
    alone(`signaling-${when}-p99`, `message p99, ${relayIs[when]}, µs`),
  ]),
  alone('signaling-busy-relayed', 'relayed packets/s meanwhile, own relay'),
  alone('signaling-beside-relayed', 'relayed packets/s meanwhile, coturn'),
]

/** Numbers by `Row.id`. */
export type Numbers = Readonly<Record<string, number>>
