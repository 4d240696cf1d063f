/** The measured part that pair messages and room broadcasts share: an even rate of stamped messages, and what becomes of them. */

import { createHistogram } from '../histogram.ts'
import { nowMicros, pace, settle } from '../pace.ts'
import { evenSchedule } from '../schedule.ts'
import { readStamp } from '../stamp.ts'
import type { TalkClient } from '../talk-client.ts'
import { latencies } from './latencies.ts'
import { beginWindow, cpuPer, type Outcome, type Rig } from './scenario.ts'

export interface Traffic {
  readonly clients: readonly TalkClient[]
  /** Messages a second, all senders together. */
  readonly perSecond: number
  readonly seconds: number
  readonly warmupSeconds: number
  /** How many clients get each message. */
  readonly receivers: number
  /** Sends the n-th message, stamped with when it was due. */
  send(index: number, dueMicros: number): void
}

/** Nothing more is expected when nothing came for so long. */
const quietMs = 2_000

export async function runTraffic(rig: Rig, traffic: Traffic): Promise<Outcome> {
  let since = 0
  let delivered = 0
  let early = 0
  let dropped = 0
  const latency = createHistogram()
  for (const { line } of traffic.clients) {
    line.onLost = () => {
      dropped += 1
    }
    line.onMessage = (buffer, start, end) => {
      const due = readStamp(buffer, start, end)
      if (due === undefined) return
      if (due < since || since === 0) {
        early += 1
        return
      }
      delivered += 1
      latency.record(nowMicros() - due)
    }
  }

  const warmup = evenSchedule(traffic.perSecond, traffic.warmupSeconds)
  await pace(warmup, traffic.send)
  const expectedEarly = warmup.total * traffic.receivers
  await settle(
    () => early >= expectedEarly,
    () => early,
    quietMs,
  )

  since = Math.floor(nowMicros())
  const schedule = evenSchedule(traffic.perSecond, traffic.seconds)
  const expected = schedule.total * traffic.receivers
  const measured = beginWindow(rig)
  const lateness = await pace(schedule, traffic.send)
  await settle(
    () => delivered >= expected,
    () => delivered,
    quietMs,
  )
  const used = measured()

  return {
    metrics: {
      ...cpuPer(used, delivered, rig),
      ...latencies(latency),
      late: lateness.percentile(0.99) / 1000,
      offered: traffic.perSecond,
      units: delivered,
      lost: expected - delivered,
    },
    remarks: dropped === 0 ? [] : [`${dropped} connections were lost`],
  }
}
