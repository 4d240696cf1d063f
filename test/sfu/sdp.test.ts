/** Session descriptions: what is read of them, what is none, and what is filtered out. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { filterSdp, parseSdp } from '../../src/sfu/sdp.ts'

const head = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0']
const written = (...lines: readonly string[]): string => `${[...head, ...lines].join('\r\n')}\r\n`

test('the lines of media: which kind, and whether they are off', () => {
  const read = parseSdp(
    written(
      'a=bundle-only',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
      'm=VIDEO 0 UDP/TLS/RTP/SAVPF 96',
      'a=recvonly',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
      'a=mid:v',
      'a=bundle-only',
      'm=application 5000/2 UDP/DTLS/SCTP webrtc-datachannel',
    ),
  )
  expect(read?.media).toEqual([
    { media: 'audio', isOff: false },
    { media: 'video', isOff: true },
    { media: 'video', isOff: false },
    { media: 'application', isOff: false },
  ])
})

test('the first line is on whatever its port is, because Janus takes it so; and the mark that it looks for has no case', () => {
  const off = 'm=video 0 UDP/TLS/RTP/SAVPF 96'
  const areOff = (...lines: readonly string[]) => parseSdp(written(...lines))?.media.map(({ isOff }) => isOff)
  expect(areOff(off, off)).toEqual([false, true])
  expect(areOff(off, off, 'a=BUNDLE-only', off, 'a=bundle-only:x', off, 'a=bundle-onlyx')).toEqual([
    false,
    false,
    false,
    true,
  ])
})

test('line ends may be those of Unix, and there may be empty lines at the end', () => {
  expect(parseSdp(`${head.join('\n')}\nm=audio 9 RTP/AVP 0\n\n`)?.media).toHaveLength(1)
})

describe('what is no session description', () => {
  const bad: Readonly<Record<string, string>> = {
    'nothing at all': '',
    'another version': written().replace('v=0', 'v=1'),
    'something before the version': ` ${written()}`,
    'no origin': written().replace(/^o=.*\r\n/m, ''),
    'an origin that is none': written().replace(/^o=.*$/m, 'o=-'),
    'no name': written().replace('s=-\r\n', ''),
    'no time': written().replace('t=0 0\r\n', ''),
    'a line without a type': written('hello'),
    'a type that is no letter': written('1=x'),
    'media without a port': written('m=audio'),
    'media without a protocol': written('m=audio 9'),
    'media without a format': written('m=audio 9 RTP/AVP'),
    'a port that is none': written('m=audio 65536 RTP/AVP 0'),
    'media that some readers see and others do not': written('m= video 9 RTP/AVP 0'),
    'a tab for a space': written('m=video\t9\tRTP/AVP\t0'),
    'a line end within a line': written('a=x\rm=video 9 RTP/AVP 0'),
    'a NUL': written('a=x\u0000'),
    'half a character': written('a=x\ud800'),
    'a candidate that is none': written('m=audio 9 RTP/AVP 0', 'a=candidate:nonsense'),
    'a candidate in another spelling': written('m=audio 9 RTP/AVP 0', 'a=Candidate:1 1 udp 1 192.0.2.1 9 typ host'),
  }
  for (const [what, text] of Object.entries(bad)) test(what, () => expect(parseSdp(text)).toBeUndefined())
})

test('candidates that do not pass are taken out, wherever they stand; the rest stays byte for byte', () => {
  const line = (address: string): string => `a=candidate:1 1 udp 1 ${address} 9 typ host`
  const text = written(
    line('10.0.0.1'),
    'm=audio 9 RTP/AVP 0',
    line('192.0.2.1'),
    line('10.0.0.2'),
    'a=end-of-candidates',
  )
  const kept = filterSdp(text, ({ address }) => !address.startsWith('10.'))
  expect(kept).toBe(written('m=audio 9 RTP/AVP 0', line('192.0.2.1'), 'a=end-of-candidates'))
  expect(filterSdp(text, () => true)).toBe(text)
})

test('nothing is thrown, and what is filtered is still a description if it was one', () => {
  const lines = fc.constantFrom(
    ...head,
    'm=audio 9 RTP/AVP 0',
    'm=video 0 RTP/AVP 0',
    'a=candidate:1 1 udp 1 10.0.0.1 9 typ host',
    'a=candidate:',
    'a=inactive',
    'a=mid:',
    '',
    '\r',
    'm=',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(lines, fc.string()), { maxLength: 30 }), (parts) => {
      for (const text of [parts.join('\r\n'), `${head.join('\n')}\n${parts.join('\n')}`]) {
        const filtered = filterSdp(text, () => false)
        expect(filtered.length).toBeLessThanOrEqual(text.length)
        if (parseSdp(text)) expect(parseSdp(filtered)).toBeDefined()
      }
    }),
  )
})

test('a frame full of anything is read in one pass', () => {
  for (const part of [
    'm=audio 9 RTP/AVP 0\n',
    'a=candidate:1 1 udp 1 10.0.0.1 9 typ host\n',
    'm=a 9 ',
    '\n',
    ' ',
    'a=',
  ]) {
    const text = `${head.join('\n')}\n${part.repeat(Math.ceil(65_536 / part.length))}`
    const read = parseSdp(text)
    expect(read?.media.length ?? 0).toBeLessThan(65_536)
    expect(filterSdp(text, () => false)).not.toContain('10.0.0.1')
  }
})
