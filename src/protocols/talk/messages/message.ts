/** Messages and control messages from one session to others. */
import { z } from 'zod'
import { anything, body } from './body.ts'

export const Recipient = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), sessionid: z.string().min(1) }),
  z.object({ type: z.literal('user'), userid: z.string().min(1) }),
  z.object({ type: z.literal('room') }),
  z.object({ type: z.literal('call') }),
])
export type Recipient = z.infer<typeof Recipient>

const Addressed = z.object({
  recipient: Recipient,
  data: anything
    .refine((data) => data !== undefined && data !== null, 'data is missing')
    .describe('any JSON but null; it arrives as the text that was sent'),
})

export const Message = body('message', Addressed).meta({
  id: 'message',
  description: 'Send to a session, all sessions of a user, the room or the call. Who is not there gets nothing.',
})

/**
 * A quick look that says yes to nearly everything the two schemas accept, and to nothing else: relayed messages are
 * what a server is busy with, and the schema costs more than the rest of its work on them. Property-tested against it.
 */
export function isPlainlyAddressed(value: object, type: 'message' | 'control'): value is PlainlyAddressed {
  const { id, [type]: body } = value as { readonly id?: unknown; readonly [type: string]: unknown }
  if (id !== undefined && typeof id !== 'string') return false
  if (typeof body !== 'object' || body === null) return false
  const { recipient, data } = body as { readonly recipient?: unknown; readonly data?: unknown }
  if (data === undefined || data === null || typeof recipient !== 'object' || recipient === null) return false
  const { type: kind, sessionid, userid } = recipient as Readonly<Record<string, unknown>>
  switch (kind) {
    case 'session':
      return typeof sessionid === 'string' && sessionid !== ''
    case 'user':
      return typeof userid === 'string' && userid !== ''
    default:
      return kind === 'room' || kind === 'call'
  }
}

type PlainlyAddressed = z.infer<typeof Message> & z.infer<typeof Control>

export const Control = body('control', Addressed).meta({
  id: 'control',
  description: 'As `message`, for whoever may control others: internal clients and sessions with permission `control`.',
})

const sender = z.object({
  type: z.enum(['session', 'user', 'room', 'call']).describe('the kind of recipient that was used'),
  sessionid: z.string(),
  userid: z.string().optional(),
})
const delivered = z.object({
  sender,
  recipient: z
    .object({ type: z.literal('session'), sessionid: z.string(), userid: z.string().optional() })
    .optional()
    .describe('for the owner of a virtual session: which of them is meant'),
  data: anything,
})

export const MessageDelivered = z
  .object({ type: z.literal('message'), message: delivered })
  .meta({ id: 'message-delivered', description: 'A message from another session.' })

export const ControlDelivered = z
  .object({ type: z.literal('control'), control: delivered.partial({ sender: true }) })
  .meta({
    id: 'control-delivered',
    description: 'A control message from another session; without a sender: from the server to an internal client.',
  })
