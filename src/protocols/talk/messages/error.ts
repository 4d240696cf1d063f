/** A refusal. */
import { z } from 'zod'
import { anything } from './body.ts'

export const ErrorReply = z
  .object({
    id: z.string().optional(),
    type: z.literal('error'),
    error: z.object({ code: z.string(), message: z.string(), details: anything.optional() }),
  })
  .meta({ id: 'error', description: 'The request with this id was refused; the codes are listed below.' })
