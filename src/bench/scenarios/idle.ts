/** Many sessions that said hello and then nothing: what does each of them cost to keep? */

import { residentBytes } from '../process-usage.ts'
import { connectClients, leave } from '../talk-client.ts'
import { beginWindow, type Scenario } from './scenario.ts'

export interface IdlePlan {
  readonly sessions: number
  /** Time in which the server may come to rest before it is measured. */
  readonly restMs: number
}

export function idle(plan: IdlePlan): Scenario {
  return {
    name: 'idle',
    title: `${plan.sessions} idle sessions`,
    unit: 'session',
    async run(rig) {
      const memory = (): number => (rig.pid === undefined ? 0 : residentBytes(rig.pid))
      const companions = (): number => rig.companions.reduce((sum, pid) => sum + residentBytes(pid), 0)
      const residentBefore = memory()
      const companionBefore = companions()

      const clients = await connectClients(rig, plan.sessions)
      let dropped = 0
      for (const { line } of clients) {
        line.onLost = () => {
          dropped += 1
        }
      }
      const measured = beginWindow(rig)
      await Bun.sleep(plan.restMs)
      const used = measured()
      const resident = memory()
      const companionAfter = companions()
      clients.forEach(leave)

      return {
        metrics: {
          units: plan.sessions,
          lost: dropped,
          ...(rig.pid === undefined
            ? {}
            : { residentBefore, resident, memory: (resident - residentBefore) / plan.sessions }),
          ...(used.cpu === undefined ? {} : { idleCpu: (used.cpu / used.micros) * 1000 }),
          ...(rig.companions.length === 0
            ? {}
            : { companionMemory: (companionAfter - companionBefore) / plan.sessions }),
        },
        remarks: dropped === 0 ? [] : [`${dropped} connections were lost`],
      }
    },
  }
}
