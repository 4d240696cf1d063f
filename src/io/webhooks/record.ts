/** One call of a webhook, as it waits, as it is written down and as it is sent. */
import { z } from 'zod'

export const CallRecord = z.object({
  id: z.string(),
  url: z.string(),
  event: z.enum(['create', 'join', 'leave']),
  room: z.string(),
  username: z.string(),
  others: z.array(z.string()),
  sequence: z.number().int(),
  timestamp: z.number(),
})
export type CallRecord = Readonly<z.infer<typeof CallRecord>>

/** What the receiver gets. */
export function bodyOf({ event, room, username, others, id, sequence, timestamp }: CallRecord): string {
  return JSON.stringify({ event, room, username, others, id, sequence, timestamp })
}
