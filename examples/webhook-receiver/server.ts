// Takes the webhooks of `[relay]`: checks the signature, knows repeats by their id, and sees by the numbers what is missing.
//
//   WEBHOOK_SECRET=… bun examples/webhook-receiver/server.ts

import { isGenuineWebhook, signatureHeader } from 'heliograph'

interface Happening {
  readonly event: 'create' | 'join' | 'leave'
  readonly room: string
  readonly username: string
  readonly others: readonly string[]
  readonly id: string
  readonly sequence: number
  readonly timestamp: number
}

const secret = process.env['WEBHOOK_SECRET'] ?? ''
/** In a program of yours both are in its database, written in the same transaction as what the call leads to. */
const seen = new Set<string>()
const last = new Map<string, number>()

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env['PORT'] ?? 9000),
  async fetch(request) {
    // The text as it came: parsed and printed again it may be another one.
    const body = await request.text()
    const signature = request.headers.get(signatureHeader)
    if (!isGenuineWebhook({ secret, signature, body, now: Date.now() })) return new Response(null, { status: 401 })

    const { event, room, username, others, id, sequence }: Happening = JSON.parse(body)
    // A repeat: the answer to the first one did not arrive.
    if (seen.has(id)) return new Response(null, { status: 204 })
    seen.add(id)

    const before = last.get(room) ?? 0
    if (before > 0 && sequence > before + 1) console.log(`${room}: ${sequence - before - 1} calls are missing`)
    last.set(room, sequence)
    console.log(`${room} ${sequence}: ${username} ${event}, others: ${others.join(', ') || 'nobody'}`)
    return new Response(null, { status: 204 })
  },
})
console.log(`webhooks at ${server.url}`)
process.once('SIGTERM', () => server.stop(true))
