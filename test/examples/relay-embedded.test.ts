/** The example runs as its readers run it: two clients meet, its functions are called, and a signal ends it. */
import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { startChild } from '../support/child.ts'
import { connectRelay } from '../support/relay-client.ts'
import { authenticate } from '../support/relay-server.ts'

const program = resolve(import.meta.dir, '../../examples/relay-embedded/server.ts')

test('examples/relay-embedded', async () => {
  await using child = startChild([process.execPath, program], { env: { PORT: '0', TURN_LISTEN: '127.0.0.1:0' } })
  const [, address = ''] = await child.said(/pages at http:\/\/([\d.:]+)\/, TURN at 127\.0\.0\.1:\d+/, 20_000)
  await using ann = await connectRelay(`ws://${address}/websocket/den`)
  await using other = await connectRelay(`ws://${address}/websocket/den`)
  ann.say(authenticate('ann', 'ann-s3cret'))
  expect(await ann.next()).toEqual({ event: 'created' })
  other.say(authenticate('username', 'password'))
  expect(await other.next()).toEqual({ event: 'joined' })
  ann.say({ event: 'offer', data: { sdp: 'v=0' } })
  expect(await other.next()).toEqual({ event: 'offer', data: { sdp: 'v=0' } })
  await child.said(/ann created den; others: nobody[\s\S]*username joined den; others: ann/, 5_000)
  const page = await (await fetch(`http://${address}/den`)).text()
  expect(page).toContain('RTCPeerConnection')
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
})
