/** Values that a room shares for as long as somebody is in it. */
import { z } from 'zod'
import { anything, body, optional } from './body.ts'

export const Transient = body(
  'transient',
  z.object({
    type: z.string().describe('set or remove'),
    key: optional(z.string()).describe('`sd:<session id>` belongs to that session'),
    value: anything.optional().describe('any JSON; null removes'),
    ttl: optional(z.number().min(0)).describe('nanoseconds until the value is removed; 0 or absent: stays'),
  }),
).meta({ id: 'transient', description: 'Set or remove a value of the room.' })

export const TransientChange = z
  .object({
    type: z.literal('transient'),
    transient: z.discriminatedUnion('type', [
      z.object({
        type: z.literal('set'),
        key: z.string(),
        value: anything,
        oldvalue: anything.optional(),
      }),
      z.object({ type: z.literal('remove'), key: z.string(), oldvalue: anything.optional() }),
      z.object({ type: z.literal('initial'), data: z.record(z.string(), anything) }),
    ]),
  })
  .meta({ id: 'transient-change', description: 'A value changed; `initial` comes on joining a room that has values.' })
