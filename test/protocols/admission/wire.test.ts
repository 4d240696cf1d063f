import { describe, expect, test } from 'bun:test'
import { ackPacket, decode, eventPacket } from '../../../src/protocols/admission/wire.ts'
import { RawJson } from '../../../src/protocols/json-wire.ts'

const incoming = (packet: string) => {
  const decoded = decode(packet)
  if (!decoded.ok) throw new Error(decoded.fault)
  return decoded.value
}

describe('decode', () => {
  test('reads an event, its number, and what is passed on as it came', () => {
    expect(incoming('27["room-create-request",{"room":"den","auth":"t","payload": {"n":1.0, "n":2}}]')).toEqual({
      event: 'room-create-request',
      ack: 7,
      message: { room: 'den', auth: 't', payload: { n: 2 } },
      passed: { payload: new RawJson('{"n":1.0, "n":2}'), peerinfo: undefined, content: undefined },
    })
  })

  test('[J19] takes a bare token', () => {
    expect(incoming('2["auth-request","abc"]')).toMatchObject({ event: 'auth-request', message: { token: 'abc' } })
  })

  test.each([
    '["auth-request"]',
    '["auth-request",null]',
    '["auth-request",5]',
    '["auth-request",[]]',
    '["auth-request",{"token":{}}]',
    '["auth-request",{"token":null,"payload":1},"more",3]',
  ])('[J4] counts as absent what has not the form that it should have: %s', (text) => {
    expect(incoming(`2${text}`)).toMatchObject({
      event: 'auth-request',
      message: expect.not.objectContaining({ token: expect.anything() }),
    })
  })

  test('[J23] an event of another name is unknown, also of one that objects have', () => {
    for (const name of ['hello', '', 'constructor', '__proto__', 'toString']) {
      expect(incoming(`23${JSON.stringify([name, {}])}`)).toEqual({ event: 'unknown', ack: 3 })
    }
  })

  test('[J48] knows an event with attachments', () => {
    const packet = '51-4["relay-ice-candidate",{"ice_candidate":{"_placeholder":true,"num":0}}]'
    expect(incoming(packet)).toEqual({ event: 'binary', name: 'relay-ice-candidate', ack: 4 })
  })

  test.each([
    '',
    '2',
    '2[',
    '2[]',
    '2{}',
    '2["a"',
    '2[5]',
    '2[null]',
    '3["a"]',
    'x["a"]',
    '2/other,["a"]',
    '2 ["a"]',
    `2${'9'.repeat(40)}["a"]`,
    `2${'['.repeat(200_000)}`,
  ])('[J4] is no event: %p', (packet) => {
    expect(decode(packet).ok).toBe(false)
  })

  test('[J4] depth breaks nothing', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(() => decode(`2["room-join-request",{"payload":${deep}}]`)).not.toThrow()
  })
})

test('[J46] packets hold what is passed on as it came, and nothing that is absent', () => {
  const payload = new RawJson('{"a":1.50,"a":2}')
  expect(eventPacket('room-create-accept', { room: 'den', payload }).text).toBe(
    '2["room-create-accept",{"room":"den","payload":{"a":1.50,"a":2}}]',
  )
  expect(eventPacket('auth-reject', { message: 'no', payload: undefined }).text).toBe(
    '2["auth-reject",{"message":"no"}]',
  )
})

test('[J22] an acknowledgement bears its number', () => {
  expect(ackPacket(12, { ok: true }).text).toBe('312[{"ok":true}]')
})
