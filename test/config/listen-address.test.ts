import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type ListenAddress, parseListenAddress, printListenAddress } from '../../src/config/listen-address.ts'

const tcp = (host: string, port: number): ListenAddress => ({ kind: 'tcp', host, port })

test.each<[string, ListenAddress]>([
  ['127.0.0.1:8080', tcp('127.0.0.1', 8080)],
  ['localhost:0', tcp('localhost', 0)],
  ['[::1]:8080', tcp('::1', 8080)],
  ['[::]:65535', tcp('::', 65535)],
  [':8080', tcp('::', 8080)],
  ['signaling-1.example.org:80', tcp('signaling-1.example.org', 80)],
  ['/run/heliograph.sock', { kind: 'unix', path: '/run/heliograph.sock' }],
])('reads %p', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address)
})

test.each([
  '',
  '8080',
  '127.0.0.1',
  'localhost:',
  'localhost:http',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '127.0.0.256:1',
])('refuses %p', (text) => {
  expect(parseListenAddress(text)).toBeUndefined()
})

test.each(['::1:8080', '[::1]', '[127.0.0.1]:80', '[::g]:80', '[]:80', 'a b:80', '*:80', '/', '/a\0b', 'a/b:80'])(
  'refuses %p too',
  (text) => {
    expect(parseListenAddress(text)).toBeUndefined()
  },
)

test('what is printed reads back', () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
  fc.assert(
    fc.property(host, fc.integer({ min: 0, max: 65535 }), (host, port) => {
      const text = printListenAddress(tcp(host, port))
      expect(parseListenAddress(text)).toEqual(tcp(host, port))
    }),
  )
  expect(printListenAddress({ kind: 'unix', path: '/a.sock' })).toBe('/a.sock')
})
