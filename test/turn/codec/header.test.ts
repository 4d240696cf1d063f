import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  classOf,
  headerFault,
  type Method,
  messageType,
  methodOf,
  methods,
  withClass,
} from '../../../src/turn/codec/header.ts'
import { fault, raw } from './messages.ts'
import { request } from './vectors.ts'

const methodNames = Object.keys(methods) as Method[]

describe('what is a message', () => {
  test('[C1] a message has its cookie, and a length that is a multiple of four and the whole of the datagram', () => {
    expect(headerFault(request, 0, request.length)).toBeUndefined()
    expect(headerFault(raw(''), 0, 20)).toBeUndefined()
  })

  test.each([
    ['nothing', new Uint8Array(0), 'not-stun'],
    ['a header that is cut off', request.slice(0, 19), 'not-stun'],
    ['a classic message without the cookie', request.with(4, 0), 'not-stun'],
    ['a cookie with its last bit changed', request.with(7, 0x43), 'not-stun'],
    ['bits set in front of the type', request.with(0, 0x40), 'not-stun'],
    ['a length that is no multiple of four', request.with(3, 0x59), 'wrong-length'],
    ['a length below the datagram’s', request.with(3, 0x54), 'wrong-length'],
    ['a length above the datagram’s', request.with(3, 0x5c), 'wrong-length'],
    ['octets behind the message', new Uint8Array([...request, 0, 0, 0, 0]), 'wrong-length'],
  ])('[C1] %s is no message', (_what, bytes, expected) => {
    expect(headerFault(bytes, 0, bytes.length)).toBe(expected as 'not-stun')
    expect(fault(bytes)).toBe(expected)
  })
})

describe('the type', () => {
  test('[C2] method and class share the 14 bits of the type', () => {
    expect(messageType('binding', 'request')).toBe(0x0001)
    expect(messageType('binding', 'success')).toBe(0x0101)
    expect(messageType('allocate', 'error')).toBe(0x0113)
    expect(messageType('send', 'indication')).toBe(0x0016)
    expect(messageType('data', 'indication')).toBe(0x0017)
    expect(messageType('channelBind', 'request')).toBe(0x0009)
    for (const method of methodNames)
      for (const messageClass of ['request', 'indication', 'success', 'error'] as const) {
        const type = messageType(method, messageClass)
        expect([methodOf(type), classOf(type)]).toEqual([method, messageClass])
      }
  })

  test('[C2] each type that no method of ours has is of no method, and keeps its own in an answer', () => {
    const ours = new Set(methodNames.map((name) => messageType(name, 'request')))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x3fff }), (type) => {
        expect(methodOf(type) !== undefined).toBe(ours.has(withClass(type, 'request')))
        expect(withClass(withClass(type, 'error'), classOf(type))).toBe(type)
        expect(classOf(withClass(type, 'error'))).toBe('error')
      }),
    )
  })
})
