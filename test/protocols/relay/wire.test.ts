import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { mayMatter, objectOf, readAuthenticate, withSender } from '../../../src/protocols/relay/wire.ts'

test('whatever is said can be read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      expect([true, false]).toContain(mayMatter(text))
      expect(typeof objectOf(text)).toMatch(/^(object|undefined)$/)
      readAuthenticate(text)
    }),
  )
})

test('the sender is in it once, and the rest is as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (members, indent) => {
      const sent = JSON.stringify({ ...members, to: 'x' }, null, indent)
      const object = objectOf(sent) ?? {}
      const text = withSender(sent, object, 'a+/==')
      expect(JSON.parse(text)).toEqual({ ...object, from: 'a+/==' })
    }),
  )
})

test('a member that is there twice is replaced, so that no reader takes the wrong one', () => {
  expect(withSender('{"from":"b","to":"x","from":"c"}', { from: 'c', to: 'x' }, 'a')).toBe('{"from":"a","to":"x"}')
})

test('what may matter is looked into, also when it is written in an unusual way', () => {
  expect(mayMatter('{"event":"authenticate"}')).toBeTrue()
  expect(mayMatter('{ "to" : "x" }')).toBeTrue()
  expect(mayMatter('{"event":"offer"}')).toBeFalse()
})
