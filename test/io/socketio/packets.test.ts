import { describe, expect, test } from 'bun:test'
import { isEvent, PacketDecoder, PacketEncoder } from '../../../src/io/socketio/packets.ts'

function decoded(...packets: readonly unknown[]): readonly unknown[] {
  const decoder = new PacketDecoder()
  const seen: unknown[] = []
  decoder.on('decoded', (packet) => seen.push(packet))
  for (const packet of packets) decoder.add(packet)
  return seen
}

describe('what a client sends', () => {
  test('begins and ends in a namespace', () => {
    expect(decoded('0', '0{"token":"x"}', '0/chat,{"token":"x"}', '0/chat', '1', '1/chat,')).toEqual([
      { type: 0, nsp: '/' },
      { type: 0, nsp: '/', data: { token: 'x' } },
      { type: 0, nsp: '/chat', data: { token: 'x' } },
      { type: 0, nsp: '/chat' },
      { type: 1, nsp: '/' },
      { type: 1, nsp: '/chat' },
    ])
  })

  test('goes past it if it is an event, with attachments too', () => {
    expect(decoded('27["a"]', '2', '52-["a"]', Buffer.from('x'), Buffer.from('y'), '2["b"]')).toEqual([])
    expect(['27["a"]', '51-["a"]', '0', '3', '', Buffer.from('2')].map(isEvent)).toEqual([
      ...[true, true],
      ...[false, false, false, false],
    ])
  })

  test('is no acknowledgement that we asked for', () => {
    expect(decoded('31["x"]', '3')).toEqual([])
  })

  test.each(['', '4{}', '7', 'x', '0{', '0null', '0"x"', '05', `0/${'x'.repeat(100)}`, Buffer.from('x')])(
    'is none: %p',
    (packet) => {
      expect(() => decoded(packet)).toThrow()
    },
  )

  test('is none if it has more attachments than it said', () => {
    expect(() => decoded('51-["a"]', Buffer.from('x'), Buffer.from('y'))).toThrow()
  })
})

test('what we send begins, refuses and ends', () => {
  const encoder = new PacketEncoder()
  expect(encoder.encode({ type: 0, nsp: '/', data: { sid: 'x' } })).toEqual(['0{"sid":"x"}'])
  expect(encoder.encode({ type: 4, nsp: '/chat', data: { message: 'no' } })).toEqual(['4/chat,{"message":"no"}'])
  expect(encoder.encode({ type: 1, nsp: '/' })).toEqual(['1'])
})
