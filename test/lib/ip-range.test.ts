import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseIpAddress } from '../../src/lib/ip-address.ts'
import {
  addressKey,
  contains,
  containsAddress,
  type IpRange,
  liesWithin,
  parseIpRange,
} from '../../src/lib/ip-range.ts'

function range(text: string): IpRange {
  const parsed = parseIpRange(text)
  if (!parsed) throw new Error(`${text} is no range`)
  return parsed
}

const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
const word = fc.integer({ min: 0, max: 0xffffffff })
const v6Groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
const full = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':')
const asBits = (groups: readonly number[]) => groups.map((group) => group.toString(2).padStart(16, '0')).join('')

describe('contains', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::FFFF:0a01:0203', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['10.0.0.0/8', 'localhost', false],
    ['10.0.0.0/8', '', false],
  ])('%s holds %s: %p', (text, address, expected) => {
    expect(contains([range(text)], address)).toBe(expected)
  })

  test('asks every range', () => {
    const ranges = [range('10.0.0.0/8'), range('::1')]
    expect(contains(ranges, '::1')).toBe(true)
    expect(contains(ranges, '::2')).toBe(false)
    expect(contains([], '::1')).toBe(false)
  })

  test('agrees with comparing the first bits, IPv4', () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 32 }), fc.boolean(), (base, other, prefix, near) => {
        const address = near ? (base ^ (other >>> prefix)) >>> 0 : other
        const bits = (value: number) => value.toString(2).padStart(32, '0').slice(0, prefix)
        const expected = bits(base) === bits(address)
        expect(contains([range(`${dotted(base)}/${prefix}`)], dotted(address))).toBe(expected)
        expect(contains([range(`::ffff:${dotted(base)}/${prefix + 96}`)], `::ffff:${dotted(address)}`)).toBe(expected)
      }),
    )
  })

  test('agrees with comparing the first bits, IPv6', () => {
    fc.assert(
      fc.property(v6Groups, v6Groups, fc.integer({ min: 0, max: 128 }), fc.nat(8), (base, other, prefix, shared) => {
        const address = [...base.slice(0, shared), ...other.slice(shared)]
        fc.pre(!full(base).startsWith('0:0:0:0:0:ffff:') && !full(address).startsWith('0:0:0:0:0:ffff:'))
        const expected = asBits(base).slice(0, prefix) === asBits(address).slice(0, prefix)
        expect(contains([range(`${full(base)}/${prefix}`)], full(address))).toBe(expected)
      }),
    )
  })

  test('takes the short spelling of an IPv6 address for the long one', () => {
    fc.assert(
      fc.property(v6Groups, fc.nat(8), fc.nat(8), (groups, from, length) => {
        const to = Math.min(8, from + length)
        fc.pre(to > from)
        const zeroed = groups.map((group, index) => (index >= from && index < to ? 0 : group))
        const short = `${full(zeroed.slice(0, from))}::${full(zeroed.slice(to))}`
        expect(contains([range(short)], full(zeroed))).toBe(true)
      }),
    )
  })
})

describe('parseIpRange', () => {
  test.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0',
    '10.0.0.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10..0.1',
    '.10.0.1',
    '10.0.0.1.',
    ' 10.0.0.1',
    '0x7f.0.0.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8:9',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '::ffff:1.2.3',
    '::ffff:0:1.2.3.4.5',
    '::ffff:1.2.3.4%x.y/300',
    '::/129',
    '::ffff:1.2.3.4/95',
    '::ffff:1.2.3.4/33',
    `${'0'.repeat(60)}::1`,
  ])('refuses %p', (text) => {
    expect(parseIpRange(text)).toBeUndefined()
  })

  test('takes any text without throwing', () => {
    const likely = fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:/%') })
    fc.assert(
      fc.property(fc.oneof(fc.string(), likely), (text) => {
        parseIpRange(text)
        addressKey(text)
        contains([range('::/0'), range('0.0.0.0/0')], text)
      }),
    )
  })
})

describe('liesWithin', () => {
  test.each([
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/7', '10.0.0.0/8', false],
    ['0.0.0.0/0', '10.0.0.0/8', false],
    ['11.1.0.0/16', '10.0.0.0/8', false],
    ['fe80::1', 'fe80::/10', true],
    ['::/0', 'fe80::/10', false],
    ['fec0::/10', 'fe80::/10', false],
    ['2001:db8:0:0:8000::/66', '2001:db8::/65', false],
    ['10.0.0.0/8', '::/0', false],
    ['::1', '0.0.0.0/0', false],
  ])('%s in %s: %p', (inner, outer, expected) => {
    expect(liesWithin(range(inner), range(outer))).toBe(expected)
  })

  test('what lies within has no address outside', () => {
    const some = fc.tuple(v6Groups, fc.integer({ min: 0, max: 128 })).map(([groups, prefix]) => ({ groups, prefix }))
    fc.assert(
      fc.property(some, some, fc.nat(8), fc.nat(128), (outer, inner, shared, bit) => {
        const groups = [...outer.groups.slice(0, shared), ...inner.groups.slice(shared)]
        const [small, large] = [
          range(`${full(groups)}/${inner.prefix}`),
          range(`${full(outer.groups)}/${outer.prefix}`),
        ]
        fc.pre(liesWithin(small, large) && bit >= inner.prefix && bit < 128)
        const other = groups.map((group, index) => (index === bit >> 4 ? group ^ (0x8000 >> (bit & 15)) : group))
        expect(contains([large], full(other))).toBe(true)
      }),
    )
  })
})

test('an address that was read is held like its text', () => {
  fc.assert(
    fc.property(v6Groups, fc.integer({ min: 0, max: 128 }), (groups, prefix) => {
      fc.pre(!full(groups).startsWith('0:0:0:0:0:ffff:'))
      const address = parseIpAddress(full(groups))
      if (!address) throw new Error('not read')
      for (const text of [`${full(groups)}/${prefix}`, '::/1', '0.0.0.0/0']) {
        expect(containsAddress([range(text)], address)).toBe(contains([range(text)], full(groups)))
      }
    }),
  )
})

describe('addressKey', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8:0:1::ffff', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['not an address', 'unknown'],
    ['', 'unknown'],
  ])('of %p is %p', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  test('is shared exactly within a /64', () => {
    fc.assert(
      fc.property(v6Groups, v6Groups, fc.boolean(), (left, right, same) => {
        const other = same ? [...left.slice(0, 4), ...right.slice(4)] : right
        fc.pre(!full(left).startsWith('0:0:0:0:') && !full(other).startsWith('0:0:0:0:'))
        const expected = full(left.slice(0, 4)) === full(other.slice(0, 4))
        expect(addressKey(full(left)) === addressKey(full(other))).toBe(expected)
      }),
    )
  })
})
