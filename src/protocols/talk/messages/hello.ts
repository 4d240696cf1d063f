/** Welcome, hello in its four forms, and its reply. */
import { z } from 'zod'
import { anything, body, optional } from './body.ts'

export const Hello = body(
  'hello',
  z.object({
    version: optional(z.string()).describe('"1.0" (ticket) or "2.0" (JSON web token)'),
    resumeid: optional(z.string()).describe('private id of a session that lost its connection; nothing else is needed'),
    features: optional(z.array(z.string())).describe('what the client understands, e.g. chat-relay'),
    auth: optional(
      z.object({
        type: optional(z.string()).describe('client (default), internal or federation'),
        url: optional(z.string()).describe('base URL of the Nextcloud that vouches for the client'),
        params: anything.describe(
          '1.0: passed to Nextcloud unread. 2.0: { token }. internal: { random, token, backend }',
        ),
      }),
    ),
  }),
).meta({ id: 'hello', description: 'Establish or resume a session. Must come first.' })

export const InternalParams = z.object({
  random: z.string(),
  token: z.string(),
  backend: z.string(),
})

export const TokenParams = z.object({ token: z.string().min(1) })

export const Welcome = z
  .object({
    type: z.literal('welcome'),
    welcome: z.object({ version: z.string(), features: z.array(z.string()) }),
  })
  .meta({ id: 'welcome', description: 'The first message on every connection.' })

export const HelloReply = z
  .object({
    id: z.string().optional(),
    type: z.literal('hello'),
    hello: z.object({
      version: z.string(),
      sessionid: z.string(),
      resumeid: z.string(),
      userid: z.string(),
      server: z.object({ version: z.string(), features: z.array(z.string()) }),
    }),
  })
  .meta({ id: 'hello-reply', description: 'The session is there; `resumeid` is for its owner only.' })
