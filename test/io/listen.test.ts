/** The listener's patience: with connections that say nothing, and with answers that take long. */
import { expect, test } from 'bun:test'
import { listenHttp } from '../../src/io/listen.ts'
import { readBody } from '../../src/io/read-body.ts'
import { openTcp } from './raw/socket.ts'

/** Bun looks at its connections every 4 s; a dialout takes longer than any idle connection may live. */
test('an answer that takes longer than a connection may be idle arrives; the idle connection is closed before', async () => {
  using parts = new DisposableStack()
  const late = Promise.withResolvers<Response>()
  const listening = listenHttp(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    {
      longestMessage: 1_000,
      readTimeout: 1_000,
      note: () => {},
      fetch: async (request) => {
        await readBody(request, 100)
        return request.method === 'POST' ? late.promise : new Response('at once')
      },
    },
  )
  parts.defer(() => listening.stop())
  const events: string[] = []
  const request = async (name: string, text: string): Promise<void> => {
    const tcp = await openTcp(`127.0.0.1:${listening.port}`)
    parts.defer(() => void tcp.destroy())
    await new Promise<void>((resolve) => {
      tcp.on('data', (bytes: Buffer) => {
        events.push(`${name} ${bytes.toString().split('\r\n\r\n')[1]}`)
        if (name === 'late') resolve()
      })
      tcp.once('close', () => {
        events.push(`${name} closed`)
        resolve()
      })
      tcp.write(text)
    })
  }
  const asked = request('late', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}')
  await request('idle', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  // One look more, in case the two were not looked at together.
  await Bun.sleep(1_000)
  late.resolve(new Response('the answer'))
  await asked
  expect(events).toEqual(['idle at once', 'idle closed', 'late the answer'])
}, 20_000)
