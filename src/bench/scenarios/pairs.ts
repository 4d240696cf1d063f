/** Clients in pairs send each other messages of one size, as two people negotiating a call do. */

import { maskKey } from '../line.ts'
import { stampedFrame } from '../stamp.ts'
import { connectClients, leave } from '../talk-client.ts'
import type { Scenario } from './scenario.ts'
import { runTraffic } from './traffic.ts'

export interface PairsPlan {
  /** An even number. */
  readonly clients: number
  /** Bytes of the `data` of each message. */
  readonly size: number
  readonly perSecond: number
  readonly seconds: number
  readonly warmupSeconds: number
}

export function pairs(plan: PairsPlan): Scenario {
  return {
    name: `pairs-${plan.size}`,
    title: `${plan.clients} clients in pairs, ${plan.size} bytes, ${plan.perSecond} messages/s`,
    unit: 'message',
    async run(rig) {
      const clients = await connectClients(rig, plan.clients)
      const senders = clients.map((client, index) => {
        const partner = clients[index ^ 1] ?? client
        const frame = stampedFrame({ type: 'session', sessionid: partner.sessionId }, plan.size, maskKey)
        return (due: number) => client.line.send(frame.at(due))
      })
      const outcome = await runTraffic(rig, {
        clients,
        perSecond: plan.perSecond,
        seconds: plan.seconds,
        warmupSeconds: plan.warmupSeconds,
        receivers: 1,
        send: (index, due) => senders[index % senders.length]?.(due),
      })
      clients.forEach(leave)
      return outcome
    },
  }
}
