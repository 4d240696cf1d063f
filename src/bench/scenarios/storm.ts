/** Everybody joins one room at once; over when each has been told of every other. */

import { nowMicros, settle } from '../pace.ts'
import { connectClients, eachUserIndex, joinText, leave } from '../talk-client.ts'
import { beginWindow, cpuPer, type Scenario } from './scenario.ts'

export interface StormPlan {
  readonly members: number
  /** Given up when nobody learns of anybody new for so long. */
  readonly quietMs: number
}

/**
 * How often each connection is read. Half a million join events, each read when it comes, would keep the generator as
 * busy as the server; a wall time of seconds loses nothing by this.
 */
const sweepMs = 40

export function storm(plan: StormPlan): Scenario {
  return {
    name: 'storm',
    title: `a room of ${plan.members} filling up at once`,
    unit: 'join',
    async run(rig) {
      const clients = await connectClients(rig, plan.members)
      const expected = plan.members * (plan.members - 1)
      let seen = 0
      let dropped = 0
      let lastNews = 0
      for (const { index: own, line } of clients) {
        const known = new Uint8Array(plan.members)
        known[own] = 1
        line.onLost = () => {
          dropped += 1
        }
        line.onMessage = (buffer, start, end) => {
          const before = seen
          eachUserIndex(buffer, start, end, (index) => {
            if (known[index] !== 0) return
            known[index] = 1
            seen += 1
          })
          if (seen !== before) lastNews = nowMicros()
        }
      }
      const bytesIn = (): number => clients.reduce((sum, { line }) => sum + line.bytesIn(), 0)

      const bytesBefore = bytesIn()
      for (const { line } of clients) line.readLazily()
      const sweep = setInterval(() => {
        for (const { line } of clients) line.resume()
      }, sweepMs)

      const measured = beginWindow(rig)
      const start = nowMicros()
      for (const { index, line } of clients) line.sendText(joinText(index, 'storm'))
      const complete = await settle(
        () => seen >= expected,
        () => seen,
        plan.quietMs,
      )
      const used = measured()
      const wall = (lastNews - start) / 1_000_000
      // What is still under way (repeated events, say) belongs to the bytes of the storm.
      await settle(() => false, bytesIn, 300)
      const bytes = bytesIn() - bytesBefore
      clearInterval(sweep)
      clients.forEach(leave)

      return {
        metrics: { ...cpuPer(used, plan.members, rig), wall, bytes, units: plan.members, lost: expected - seen },
        remarks: [
          ...(complete ? [] : ['not everybody was told of everybody: wall time is until the last that was told']),
          ...(dropped === 0 ? [] : [`${dropped} connections were lost`]),
        ],
      }
    },
  }
}
