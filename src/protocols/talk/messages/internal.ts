/** What only internal clients (SIP bridge, recording, transcription) may say and hear. */
import { z } from 'zod'
import { anything, body, optional } from './body.ts'

const flags = z.number().int().min(0).max(0xffffffff).describe('1 muted speaking, 2 muted listening, 4 talking')
const incall = z
  .number()
  .int()
  .min(0)
  .max(0x7fffffff)
  .describe('1 in call, 2 publishing audio, 4 publishing video, 8 phone')
const named = { sessionid: z.string().min(1), roomid: z.string().min(1) }

export const AddSession = z.object({
  ...named,
  userid: optional(z.string()),
  user: anything.optional(),
  flags: optional(flags),
  incall: optional(incall),
  options: optional(z.object({ actorId: optional(z.string()), actorType: optional(z.string()) })),
})
export type AddSession = z.infer<typeof AddSession>

const UpdateSession = z.object({ ...named, flags: optional(flags), incall: optional(incall) })
const RemoveSession = z.object({ ...named, userid: optional(z.string()) })

export const DialoutStatus = z.object({
  callid: z.string().min(1),
  status: z.string().min(1).describe('accepted, ringing, connected, rejected or cleared'),
})

const Dialout = z.object({
  type: z.string().describe('status or error'),
  roomid: optional(z.string()),
  status: optional(z.looseObject(DialoutStatus.shape)),
  error: optional(z.looseObject({ code: z.string(), message: optional(z.string()) })),
})
export type Dialout = z.infer<typeof Dialout>

const InternalBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('addsession'), addsession: AddSession }),
  z.object({ type: z.literal('updatesession'), updatesession: UpdateSession }),
  z.object({ type: z.literal('removesession'), removesession: RemoveSession }),
  z.object({ type: z.literal('incall'), incall: z.object({ incall }) }),
  z.object({ type: z.literal('dialout'), dialout: Dialout }),
])
export type InternalBody = z.infer<typeof InternalBody>

export const Internal = body('internal', InternalBody).meta({
  id: 'internal',
  description: 'Add, change and remove virtual sessions, set the own in-call flags, answer a dialout.',
})

export const InternalRequest = z
  .object({
    id: z.string(),
    type: z.literal('internal'),
    internal: z.object({
      type: z.literal('dialout'),
      dialout: z.object({
        roomid: z.string(),
        backend: z.string(),
        request: z.object({ number: z.string(), options: anything.optional() }),
      }),
    }),
  })
  .meta({ id: 'internal-request', description: 'Asks an internal client with feature start-dialout to make a call.' })

export const DialoutNotice = z
  .object({ type: z.literal('dialout'), dialout: z.looseObject({ type: z.string() }) })
  .meta({ id: 'dialout-notice', description: 'Tells a room that a dialout failed.' })
