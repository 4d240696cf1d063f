import { describe, expect, test } from 'bun:test'
import { at } from '../ip.ts'
import { settings, stage } from './stage.ts'

const changeRequest = 0x0003

describe('[R5] Binding', () => {
  test('tells anybody his address, in 32 octets', () => {
    const client = stage().client()
    const reply = client.plain('binding')
    expect([reply?.kind, reply?.message.end]).toEqual(['success', 32])
    expect(reply?.message.get('xorMappedAddress')).toEqual(client.client.address)
  })

  test('tells IPv4 as IPv4, whatever clothes the socket has put it into', () => {
    const told = (address: string) =>
      stage().client(5000, { address }).plain('binding')?.message.get('xorMappedAddress')
    expect(told('::ffff:203.0.113.9')).toEqual(at('203.0.113.9', 5000))
    expect(told('2001:db8::9')).toEqual(at('2001:db8::9', 5000))
  })

  test('refuses what it does not understand, with the list', () => {
    const refusal = stage()
      .client()
      .plain('binding', (to) => to.putOctets(changeRequest, new Uint8Array(4)).putOctets(0x7ffe, new Uint8Array(1)))
    expect([refusal?.code, refusal?.message.get('unknownAttributes')]).toEqual([420, [changeRequest, 0x7ffe]])
  })

  test('refuses what is malformed, and does not mind what it need not understand', () => {
    const client = stage().client()
    expect(client.plain('binding', (to) => to.putOctets(0x000d, new Uint8Array(3)))?.code).toBe(400)
    expect(client.plain('binding', (to) => to.putOctets(0xff04, new Uint8Array(3)))?.kind).toBe('success')
  })

  test('is limited by source, and by nothing else', () => {
    const self = stage({ settings: settings({ bindingRate: 3, challengeRate: 1 }) })
    const answered = (address: string) => self.client(self.dice.below(60_000), { address }).plain('binding')?.kind
    const many = (address: string) => Array.from({ length: 5 }, () => answered(address))
    expect(many('203.0.113.1')).toEqual(['success', 'success', 'success', undefined, undefined])
    expect(answered('203.0.113.2')).toBe('success')
    expect(self.facts).toContainEqual({ fact: 'turn-ignored', transport: 'udp', why: 'over the answer rate' })
    self.pass(1000)
    expect(answered('203.0.113.1')).toBe('success')
  })
})
