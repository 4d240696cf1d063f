/** The end of a session, said by either side. */
import { z } from 'zod'
import { requestId } from './body.ts'

export const Bye = z
  .object({ id: requestId, type: z.literal('bye') })
  .meta({ id: 'bye', description: 'End the session now; it can not be resumed.' })

export const ByeReason = z.enum(['hello_timeout', 'room_join_timeout', 'session_resumed', 'room_session_reconnected'])
export type ByeReason = z.infer<typeof ByeReason>

export const ByeReply = z
  .object({
    id: z.string().optional(),
    type: z.literal('bye'),
    bye: z.object({
      reason: ByeReason.optional(),
    }),
  })
  .meta({ id: 'bye-reply', description: 'Confirms a bye, or says why the server ends the connection.' })
