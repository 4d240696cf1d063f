/** New clients connect and say hello: first at an even rate, then as fast as some of them at a time can. */

import { createHistogram } from '../histogram.ts'
import { nowMicros, pace, settle } from '../pace.ts'
import { evenSchedule } from '../schedule.ts'
import { connectClient, connectClients, leave, type TalkClient } from '../talk-client.ts'
import { latencies } from './latencies.ts'
import { beginWindow, cpuPer, type Scenario } from './scenario.ts'

export interface ConnectPlan {
  readonly perSecond: number
  readonly seconds: number
  readonly warmupSeconds: number
  /** How many say hello in the second part, 40 at a time. */
  readonly burst: number
}

export function connect(plan: ConnectPlan): Scenario {
  return {
    name: 'connect',
    title: `connect and hello v1, ${plan.perSecond} a second`,
    unit: 'hello',
    async run(rig) {
      const clients: TalkClient[] = []
      const latency = createHistogram()
      let refused = 0
      let measuring = false
      const open = async (index: number, due: number): Promise<void> => {
        const client = await connectClient(rig, index).catch(() => undefined)
        if (client === undefined) {
          refused += 1
          return
        }
        clients.push(client)
        if (measuring) latency.record(nowMicros() - due)
      }
      const answered = (): number => clients.length + refused

      const warmup = evenSchedule(plan.perSecond, plan.warmupSeconds)
      await pace(warmup, (index, due) => void open(index, due))
      await settle(() => answered() >= warmup.total, answered, 10_000)

      measuring = true
      const schedule = evenSchedule(plan.perSecond, plan.seconds)
      const measured = beginWindow(rig)
      const lateness = await pace(schedule, (index, due) => void open(warmup.total + index, due))
      await settle(() => answered() >= warmup.total + schedule.total, answered, 10_000)
      const used = measured()

      const burstMeasured = beginWindow(rig)
      const rest = await connectClients(rig, plan.burst, 40)
      const burst = burstMeasured()
      for (const client of [...clients, ...rest]) leave(client)

      return {
        metrics: {
          ...cpuPer(used, latency.count(), rig),
          ...latencies(latency),
          late: lateness.percentile(0.99) / 1000,
          offered: plan.perSecond,
          units: latency.count(),
          lost: schedule.total - latency.count(),
          burst: (plan.burst * 1_000_000) / burst.micros,
          ...(burst.cpu === undefined ? {} : { burstCpu: burst.cpu / plan.burst }),
        },
        remarks: refused === 0 ? [] : [`${refused} hellos failed`],
      }
    },
  }
}
