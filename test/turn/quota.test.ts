import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createQuotas, quotaErrorCodes } from '../../src/turn/quota.ts'
import { ip } from './ip.ts'

const here = ip('192.0.2.1')
const there = ip('192.0.2.2')

test('[Q1] a user has at most so many allocations, from wherever; over it 486', () => {
  const quotas = createQuotas({ perUser: 2, perSource: 0, total: 0 })
  const bob = (source = here) => quotas.take({ user: 'bob', source })
  expect([bob(), bob(there), bob(ip('2001:db8::1'))]).toEqual(['ok', 'ok', 'user'])
  expect(quotas.take({ user: 'eve', source: here })).toBe('ok')
  quotas.release({ user: 'bob', source: there })
  expect([bob(), bob()]).toEqual(['ok', 'user'])
  expect(quotaErrorCodes).toEqual({ user: 486, source: 486, total: 508 })
})

test('[Q2] an address, or an IPv6 /64, and the server have limits of their own; 0 is none', () => {
  const quotas = createQuotas({ perUser: 0, perSource: 2, total: 4 })
  const from = (text: string) => quotas.take({ user: 'bob', source: ip(text) })
  expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(from)).toEqual(['ok', 'ok', 'source'])
  expect(['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'].map(from)).toEqual(['ok', 'ok', 'source'])
  expect([from('192.0.2.9'), quotas.total]).toEqual(['total', 4])
  const none = createQuotas({ perUser: 0, perSource: 0, total: 0 })
  expect(Array.from({ length: 1000 }, () => none.take({ user: 'bob', source: here }))).not.toContain('user')
})

test('[Q3] what was refused is not counted, and what was given back can be had again', () => {
  const step = fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c'), fc.constantFrom(here, there))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const quotas = createQuotas({ perUser: 3, perSource: 4, total: 6 })
      const held: { user: string; source: typeof here }[] = []
      for (const [take, user, source] of steps) {
        const holder = { user, source }
        if (take) {
          const expected =
            held.filter((one) => one.user === user).length === 3
              ? 'user'
              : held.filter((one) => one.source === source).length === 4
                ? 'source'
                : held.length === 6
                  ? 'total'
                  : 'ok'
          expect(quotas.take(holder)).toBe(expected)
          if (expected === 'ok') held.push(holder)
        } else {
          const index = held.findIndex((one) => one.user === user && one.source === source)
          if (index === -1) continue
          held.splice(index, 1)
          quotas.release(holder)
        }
        expect(quotas.total).toBe(held.length)
      }
    }),
  )
})
