/** A name may lead to several addresses, of which some are dead. */
import { expect, test } from 'bun:test'
import { addressesOf, placeOf } from '../../../src/io/websocket/address.ts'
import { type Connecting, connect } from '../../../src/io/websocket/connect.ts'
import { freePort } from '../../support/free-port.ts'

/** What becomes of it, in a word. */
function outcome(port: number, addresses: readonly string[], changes: Partial<Connecting> = {}): Promise<string> {
  const place = placeOf(`ws://localhost:${port}/`)
  if (!place) throw new Error('no place')
  const { promise, resolve } = Promise.withResolvers<string>()
  connect(
    { place, addresses, timeout: 300, skipVerify: false, ...changes },
    {
      ready(socket) {
        resolve(`ready at ${socket.remoteAddress}`)
        socket.terminate()
      },
      data: () => {},
      drained: () => {},
      closed: (why) => resolve(why),
    },
  )
  return promise
}

test('the next address is tried when nobody is at one, or nothing is heard of it', async () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  try {
    expect(await outcome(server.port, ['127.0.0.7', '127.0.0.1'])).toBe('ready at 127.0.0.1')
    // Documentation addresses lead nowhere (RFC 5737).
    expect(await outcome(server.port, ['192.0.2.1', '127.0.0.1'])).toBe('ready at 127.0.0.1')
  } finally {
    server.stop(true)
  }
})

test('when nobody is anywhere, that is said once', async () => {
  expect(await outcome(await freePort(), ['127.0.0.7', '127.0.0.8'])).toBe('network')
})

test('only addresses that may be reached are tried, and no more than a few', async () => {
  const found = await addressesOf('localhost', undefined, (address) => address === '127.0.0.1')
  expect(found).toEqual({ ok: true, value: expect.arrayContaining(['127.0.0.1']) })
  const pinned = await addressesOf('localhost', '192.0.2.1', () => true)
  expect(pinned).toEqual({ ok: true, value: ['192.0.2.1'] })
})

test('places', () => {
  expect(placeOf('wss://[::1]/a?b#c')).toEqual({
    secure: true,
    hostname: '::1',
    port: 443,
    host: '[::1]',
    path: '/a?b',
  })
  expect(placeOf('https://example.org')).toEqual({
    secure: true,
    hostname: 'example.org',
    port: 443,
    host: 'example.org',
    path: '/',
  })
  expect(placeOf('ws://example.org')?.port).toBe(80)
  expect(placeOf('mailto:a@example.org')).toBeUndefined()
})
