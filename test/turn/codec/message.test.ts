import { describe, expect, test } from 'bun:test'
import { mostAttributes, transactionId } from '../../../src/turn/codec/message.ts'
import { decoded, fault, raw, written } from './messages.ts'
import {
  fromHex,
  iceTransaction,
  ipv4Response,
  longTermRequest,
  matrix,
  nonce,
  request,
  sha256Request,
} from './vectors.ts'

const mac = `00 08 00 14 ${'ab '.repeat(20)}`
const sha256Mac = `00 1c 00 20 ${'cd '.repeat(32)}`
const checksum = '80 28 00 04 01 02 03 04'

describe('a message', () => {
  test('[C23] of RFC 5769 tells what is in it', () => {
    const message = decoded(request)
    expect([message.method, message.messageClass, message.type]).toEqual(['binding', 'request', 1])
    expect(transactionId(message)).toEqual(iceTransaction)
    expect(message.get('software')).toBe('STUN test client')
    expect(message.get('username')).toBe('evtj:h6vY')
    expect(message.get('realm')).toBeUndefined()
    expect(message.malformed).toBeUndefined()
    expect([message.integrityAt, message.integritySha256At, message.fingerprintAt]).toEqual([76, undefined, 100])
    // PRIORITY is ICE's, and a server is not part of ICE.
    expect(message.unknown).toEqual([0x0024])
  })

  test('[C23] of RFC 5769 with long-term credentials tells name, nonce and realm', () => {
    const message = decoded(longTermRequest)
    expect(message.get('username')).toBe(matrix.username)
    expect(message.get('nonce')).toBe(nonce)
    expect(message.get('realm')).toBe(matrix.realm)
    expect(message.fingerprintAt).toBeUndefined()
  })

  test('[C23] of RFC 8489 tells the hash of the name and the algorithm', () => {
    const message = decoded(sha256Request)
    expect(message.get('userhash')).toEqual(sha256Request.slice(24, 56))
    expect(message.get('passwordAlgorithm')?.algorithm).toBe(2)
    expect([message.integrityAt, message.integritySha256At]).toEqual([undefined, 128])
  })

  test('[C1] is read in the midst of a larger buffer', () => {
    const buffer = new Uint8Array(300).fill(0xff)
    buffer.set(ipv4Response, 37)
    const message = decoded(buffer, 37, 37 + ipv4Response.length)
    expect(message.get('xorMappedAddress')).toEqual({ ip: { family: 4, value: 0xc0000201 }, port: 32853 })
    expect(transactionId(message)).toEqual(iceTransaction)
  })

  test('[C2] of a method that is not ours can still be read, to be answered', () => {
    const message = decoded(raw('').with(1, 0x05))
    expect([message.method, message.messageClass]).toEqual([undefined, 'request'])
  })
})

describe('attributes', () => {
  test('[C3] an attribute that reaches beyond the message spoils it', () => {
    expect(fault(raw('00 0d 00 05 00 00 00 00'))).toBe('attribute-overruns')
    expect(fault(raw('00 06 ff ff 61 61 61 61'))).toBe('attribute-overruns')
    expect(fault(raw('00 06 00 04'))).toBe('attribute-overruns')
  })

  test('[C3] padding may hold anything', () => {
    expect(decoded(raw('00 06 00 01 61 ff fe fd')).get('username')).toBe('a')
  })

  test('[C4] those that must be understood are listed for 420, the others are ignored', () => {
    const message = decoded(
      raw('7f 01 00 01 ff ff ff ff  ff 04 00 00  80 2f 00 02 01 02 00 00  00 03 00 04 00 00 00 06'),
    )
    expect(message.unknown).toEqual([0x7f01, 0x0003])
    expect(decoded(raw('ff 04 00 00')).unknown).toEqual([])
  })

  test('[C5] the first that is malformed is told, and its value is not there', () => {
    const message = decoded(raw('00 06 00 01 61 00 00 00  00 0d 00 01 01 00 00 00  00 18 00 00'))
    expect(message.malformed).toBe(0x000d)
    expect(message.get('lifetime')).toBeUndefined()
    expect(message.get('evenPort')).toBeUndefined()
    expect(message.get('username')).toBe('a')
  })

  test('[C6] of several with one name the first counts; lists get them all, in order', () => {
    const message = decoded(
      written((writer) => {
        writer.put('lifetime', 1).put('lifetime', 2)
        for (const value of [1, 2, 3]) writer.put('xorPeerAddress', { ip: { family: 4, value }, port: value })
      }),
    )
    expect(message.get('lifetime')).toBe(1)
    expect(message.all('lifetime')).toEqual([1, 2])
    expect(message.all('xorPeerAddress').map(({ port }) => port)).toEqual([1, 2, 3])
    expect(message.all('data')).toEqual([])
  })

  test('[C7] more than 128 of them spoil a message', () => {
    expect(decoded(raw('00 1a 00 00 '.repeat(mostAttributes))).get('dontFragment')).toBe(true)
    expect(fault(raw('00 1a 00 00 '.repeat(mostAttributes + 1)))).toBe('too-many-attributes')
    expect(fault(raw(`${mac} ${'ff 04 00 00 '.repeat(mostAttributes)}`))).toBe('too-many-attributes')
  })

  test('[C14] where DATA lies is told without a view of it', () => {
    const message = decoded(raw('00 0d 00 04 00 00 00 01  00 13 00 05 01 02 03 04 05 00 00 00'))
    expect(message.span('data')).toEqual({ start: 32, end: 37 })
    expect(message.get('data')).toEqual(fromHex('01 02 03 04 05'))
    expect(message.span('username')).toBeUndefined()
    expect(decoded(raw('00 13 00 00')).get('data')).toEqual(new Uint8Array(0))
  })
})

describe('what follows a MAC', () => {
  test('[C8] is not seen, be it known, unknown or malformed', () => {
    const message = decoded(raw(`${mac} 00 0d 00 04 00 00 00 01  7f 01 00 00  00 18 00 00 ${checksum}`))
    expect(message.get('lifetime')).toBeUndefined()
    expect(message.all('lifetime')).toEqual([])
    expect(message.span('lifetime')).toBeUndefined()
    expect([message.unknown, message.malformed]).toEqual([[], undefined])
    expect([message.integrityAt, message.fingerprintAt]).toEqual([20, 60])
  })

  test('[C8] counts if it is the other MAC, in this order only', () => {
    const both = decoded(raw(`${mac} ${sha256Mac} ${checksum}`))
    expect([both.integrityAt, both.integritySha256At, both.fingerprintAt]).toEqual([20, 44, 80])
    const turned = decoded(raw(`${sha256Mac} ${mac}`))
    expect([turned.integrityAt, turned.integritySha256At]).toEqual([undefined, 20])
  })

  test('[C8] does not replace the first MAC', () => {
    expect(decoded(raw(`${mac} ${mac}`)).integrityAt).toBe(20)
    expect(decoded(raw(`${sha256Mac} ${sha256Mac}`)).integritySha256At).toBe(20)
  })

  test('[C9, C10] a MAC of a wrong length is malformed, and nothing behind it counts', () => {
    for (const wrong of ['00 08 00 10', '00 1c 00 0c', '00 1c 00 24', '00 1c 00 12']) {
      const length = Number.parseInt(wrong.slice(-2), 16)
      const message = decoded(raw(`${wrong} ${'ab '.repeat((length + 3) & ~3)} 00 0d 00 04 00 00 00 01`))
      expect(message.malformed).toBe(wrong.startsWith('00 08') ? 0x0008 : 0x001c)
      expect([message.integrityAt, message.integritySha256At]).toEqual([undefined, undefined])
      expect(message.get('lifetime')).toBeUndefined()
    }
  })
})

describe('the checksum', () => {
  test('[C11] stands last and has four octets, or the message is none', () => {
    expect(fault(raw(`${checksum} 00 1a 00 00`))).toBe('misplaced-fingerprint')
    expect(fault(raw(`${checksum} ${checksum}`))).toBe('misplaced-fingerprint')
    expect(fault(raw('80 28 00 03 01 02 03 00'))).toBe('misplaced-fingerprint')
    expect(fault(raw('80 28 00 08 01 02 03 04 05 06 07 08'))).toBe('misplaced-fingerprint')
    expect(decoded(raw(checksum)).fingerprintAt).toBe(20)
  })
})
