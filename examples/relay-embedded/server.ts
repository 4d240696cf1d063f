// A program of one's own with the relay in it: who may come in, who is in which room, a page, and TURN with the same users.
//
//   bun examples/relay-embedded/server.ts            then open http://127.0.0.1:8443/den in two tabs
//
// PORT and TURN_LISTEN choose other places; port 0 is any free one.

import { createRelayHandler, startTurn } from 'heliograph'
import page from '../relay-browser/index.html' with { type: 'text' }

/** In a program of yours this asks a database, or makes the password out of the name and a secret. */
const passwords = new Map([
  ['username', 'password'],
  ['ann', 'ann-s3cret'],
])
const auth = (username: string) => passwords.get(username)

const say = (what: string) => (room: string, username: string, otherUsers: readonly string[]) =>
  console.log(`${username} ${what} ${room}; others: ${otherUsers.join(', ') || 'nobody'}`)

const relay = createRelayHandler({
  auth,
  createCallback: say('created'),
  joinCallback: say('joined'),
  leaveCallback: say('left'),
})

const turn = await startTurn({
  auth,
  settings: {
    listen: process.env['TURN_LISTEN'] ?? '127.0.0.1:3478',
    realm: 'example.com',
    // For trying it out on one machine; a real one leaves private addresses closed.
    allowedpeers: '127.0.0.0/8',
  },
})

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env['PORT'] ?? 8443),
  routes: {
    '/websocket/:room': relay.route,
    // Every other path is the page; it takes its first segment for the room.
    '/*': () => new Response(String(page), { headers: { 'content-type': 'text/html; charset=utf-8' } }),
  },
  websocket: relay.websocket,
})

const [udp] = turn.listeners
console.log(`pages at ${server.url}, TURN at ${udp?.host}:${udp?.port}`)

/** The rooms hear that it ends; the process goes when nothing is left to do. */
async function stop(): Promise<void> {
  await relay.close()
  await turn.stop()
  await server.stop()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
