/** A receiver of webhooks over real HTTP, which answers as the test wants. */
import { z } from 'zod'

const Body = z.strictObject({
  event: z.enum(['create', 'join', 'leave']),
  room: z.string(),
  username: z.string(),
  others: z.array(z.string()),
  id: z.string(),
  sequence: z.number(),
  timestamp: z.number(),
})
export type HookBody = z.infer<typeof Body>

export interface HookCall {
  readonly path: string
  readonly signature: string | null
  readonly text: string
  readonly body: HookBody
}

export interface HookReceiver extends AsyncDisposable {
  readonly url: string
  /** Everything that came, answered or not. */
  readonly calls: readonly HookCall[]
  /** What is answered from now on: a status, or when. */
  answer: (call: HookCall) => number | Promise<number>
  /** Resolves when so many calls have come. */
  came(count: number): Promise<void>
  /** `event room username [others]` of each call. */
  printed(): readonly string[]
}

export function startHookReceiver(port = 0): HookReceiver {
  const calls: HookCall[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const text = await request.text()
      const call: HookCall = {
        path: new URL(request.url).pathname,
        signature: request.headers.get('heliograph-signature'),
        text,
        body: Body.parse(JSON.parse(text)),
      }
      calls.push(call)
      for (const { count, resolve } of waiting) if (calls.length >= count) resolve()
      return new Response(null, { status: await receiver.answer(call) })
    },
  })
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    answer: () => 204,
    came: (count) =>
      calls.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    printed: () => calls.map(({ body }) => `${body.event} ${body.room} ${body.username} [${body.others.join(' ')}]`),
    [Symbol.asyncDispose]: async () => {
      await server.stop(true)
    },
  }
  return receiver
}
