/** The members of one room take turns to send a message to all others. */

import { maskKey } from '../line.ts'
import { settle } from '../pace.ts'
import { stampedFrame } from '../stamp.ts'
import { connectClients, joinRooms, leave, type TalkClient } from '../talk-client.ts'
import type { Scenario } from './scenario.ts'
import { runTraffic } from './traffic.ts'

export interface BroadcastPlan {
  readonly members: number
  readonly size: number
  readonly perSecond: number
  readonly seconds: number
  readonly warmupSeconds: number
}

export function broadcast(plan: BroadcastPlan): Scenario {
  return {
    name: `room-${plan.members}`,
    title: `a room of ${plan.members}, ${plan.size} bytes, ${plan.perSecond} messages/s to everyone`,
    unit: 'delivery',
    async run(rig) {
      const clients = await connectClients(rig, plan.members)
      await joinRooms(clients, 'broadcast')
      await untilQuiet(clients)
      const senders = clients.map((client) => {
        const frame = stampedFrame({ type: 'room' }, plan.size, maskKey)
        return (due: number) => client.line.send(frame.at(due))
      })
      const outcome = await runTraffic(rig, {
        clients,
        perSecond: plan.perSecond,
        seconds: plan.seconds,
        warmupSeconds: plan.warmupSeconds,
        receivers: plan.members - 1,
        send: (index, due) => senders[index % senders.length]?.(due),
      })
      clients.forEach(leave)
      return outcome
    },
  }
}

/** The joins' events are not part of what is measured. */
async function untilQuiet(clients: readonly TalkClient[]): Promise<void> {
  await settle(
    () => false,
    () => clients.reduce((sum, { line }) => sum + line.bytesIn(), 0),
    300,
  )
}
