/** Peer links outside browsers: over werift, a WebRTC stack of npm. */
import { expect, test } from 'bun:test'
import { startChild } from '../../support/child.ts'

test('two links that offer at once agree, talk, and close each other', async () => {
  const script = new URL('werift-call.ts', import.meta.url).pathname
  await using child = startChild([process.execPath, script])
  const exitCode = await child.exited
  expect({ exitCode, output: child.output() }).toEqual({
    exitCode: 0,
    output: `${JSON.stringify({ outcome: ['hello back', 'hello'], path: 'host', closed: 'bye' })}\n`,
  })
}, 30_000)
