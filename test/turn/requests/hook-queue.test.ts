import { expect, test } from 'bun:test'
import { createHookQueue } from '../../../src/turn/requests/hook-queue.ts'
import { decoded, written } from '../codec/messages.ts'
import { at } from '../ip.ts'

const client = { address: at('203.0.113.5', 5000), listener: 1 }
const message = () => decoded(written((to) => to.put('requestedTransport', 17)))

test('[R7] what waits is a copy of the whole request', () => {
  const queue = createHookQueue()
  const request = message()
  const octets = request.bytes.slice()
  expect(queue.wait('carol', request, client, 1)).toBe('ask')
  request.bytes.fill(0)
  expect(queue.answered('carol', { known: false }, 0)).toMatchObject([{ bytes: octets, client }])
})

test('[R7] who has gone is not answered, who comes again is', () => {
  const queue = createHookQueue()
  queue.wait('carol', message(), client, 1)
  queue.wait('dave', message(), client, 1)
  queue.forget(1)
  queue.forget(1)
  queue.wait('carol', message(), client, 1)
  queue.wait('carol', message(), client, 2)
  expect(queue.answered('carol', { known: false }, 0)).toHaveLength(2)
  expect(queue.answered('dave', { known: false }, 0)).toEqual([])
})

test('[A14] a request that is too long does not wait', () => {
  const long = decoded(written((to) => to.putOctets(0xff04, new Uint8Array(2028))))
  expect(createHookQueue().wait('carol', long, client, 1)).toBe('full')
})

test('[A14] a client waits with four requests at most, whatever the names', () => {
  const queue = createHookQueue()
  const waits = ['a', 'b', 'b', 'c', 'd'].map((name) => queue.wait(name, message(), client, 1))
  expect(waits).toEqual(['ask', 'ask', 'wait', 'ask', 'full'])
  expect([queue.isAsked('c'), queue.isAsked('d')]).toEqual([true, false])
  queue.answered('b', { known: false }, 0)
  expect([queue.wait('d', message(), client, 1), queue.wait('a', message(), client, 2)]).toEqual(['ask', 'wait'])
})
