import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { payloadOf, sayingOf } from '../../../src/sfu/proxy/payloads.ts'
import { decodeReply, decodeRequest } from '../../../src/sfu/proxy/wire.ts'
import type { Saying } from '../../../src/sfu/sfu.ts'

const request = (message: unknown) => decodeRequest(JSON.stringify(message))
const reply = (message: unknown) => decodeReply(JSON.stringify(message))

describe('what clients say', () => {
  test('as the original writes it, with fields that nobody knows', () => {
    const command = {
      type: 'create-publisher',
      sid: '7',
      streamType: 'video',
      publisherSettings: { bitrate: 1, mediatypes: 3 },
      bitrate: 1,
      mediatypes: 3,
    }
    expect(request({ id: '1', type: 'command', command: { ...command, more: 1 }, new: true })).toEqual({
      ok: true,
      value: { type: 'command', id: '1', command: command as never },
    })
    expect(request({ type: 'bye' })).toEqual({ ok: true, value: { type: 'bye', id: undefined } })
  })

  test.each([
    ['nonsense', { id: '1', type: 'dance' }, { type: 'unknown', id: '1', of: 'message', name: 'dance' }],
    [
      'a command that nobody knows',
      { type: 'command', command: { type: 'dance' } },
      { type: 'unknown', id: undefined, of: 'command', name: 'dance' },
    ],
    [
      'a command with an inherited name',
      { type: 'command', command: { type: 'toString' } },
      { type: 'unknown', id: undefined, of: 'command', name: 'toString' },
    ],
  ])('%s is told apart', (_, message, value) => {
    expect(request(message)).toEqual({ ok: true, value: value as never })
  })

  test.each([
    ['no type', { id: '1' }, 'no type'],
    ['no body', { id: '1', type: 'command' }, 'command.type'],
    [
      'a stream of no kind',
      { id: '1', type: 'command', command: { type: 'create-publisher', streamType: 'smell' } },
      'command.streamType',
    ],
    [
      'no client',
      { id: '1', type: 'command', command: { type: 'delete-publisher', clientId: '' } },
      'command.clientId',
    ],
    [
      'a port that is none',
      {
        id: '1',
        type: 'command',
        command: { type: 'publish-remote', clientId: 'c', hostname: 'h', port: 0, rtcpPort: 70000 },
      },
      'command.port, command.rtcpPort',
    ],
    ['a payload for nobody', { id: '1', type: 'payload', payload: { type: 'offer', payload: {} } }, 'payload.clientId'],
  ])('%s is a fault with the id of the request', (_, message, fault) => {
    expect(request(message)).toEqual({ ok: false, id: '1', fault })
  })

  test.each(['', '[]', 'null', '"x"', '{"id":1}', '{'])('%p is a fault', (text) => {
    expect(decodeRequest(text)).toMatchObject({ ok: false, id: undefined })
    expect(decodeReply(text)).toMatchObject({ ok: false, id: undefined })
  })

  test('a fault never shows what was said', () => {
    const text = JSON.stringify(request({ type: 'hello', hello: { version: 1, token: ['secret'] } }))
    expect(text).not.toContain('secret')
  })
})

describe('what proxies say', () => {
  test.each([
    { id: '1', type: 'hello', hello: { version: '1.0', sessionid: 's', server: { version: '2', country: 'DE' } } },
    { id: '1', type: 'command', command: { id: 'c', bitrate: 5 } },
    { type: 'payload', payload: { type: 'candidate', clientId: 'c', payload: null } },
    { type: 'event', event: { type: 'update-load', bandwidth: { incoming: 3.5 } } },
    { type: 'event', event: { type: 'something new' } },
    { id: '1', type: 'error', error: { code: 'x', message: 'y' } },
    { type: 'bye', bye: { reason: 'session_closed' } },
  ])('%j is read', (message) => {
    expect(reply(message)).toEqual({ ok: true, value: message as never })
  })

  test.each([
    [{ type: 'hello', hello: {} }, 'hello.version, hello.sessionid'],
    [{ type: 'event', event: { type: 'update-load', load: -1 } }, 'event.load'],
    [{ type: 'dance' }, 'type'],
  ])('%j is a fault', (message, fault) => {
    expect(reply(message)).toEqual({ ok: false, id: undefined, fault })
  })
})

describe('payloads', () => {
  const sdp = fc.string({ minLength: 1 })
  const selection = fc.record(
    { substream: fc.nat(), temporal: fc.nat(), audio: fc.boolean(), video: fc.boolean() },
    { requiredKeys: [] },
  )
  const saying: fc.Arbitrary<Saying> = fc.oneof(
    fc.record({ say: fc.constantFrom('offer' as const, 'answer' as const), sdp }),
    fc.record({
      say: fc.constant('candidate' as const),
      candidate: fc.record({ candidate: fc.string(), sdpMid: fc.string(), sdpMLineIndex: fc.nat() }),
    }),
    selection.map((one) => ({
      say: 'request-offer' as const,
      selection: Object.keys(one).length === 0 ? undefined : one,
    })),
    fc.record({ say: fc.constant('select' as const), selection }),
  )

  test('say at the proxy what was said at the server', () => {
    fc.assert(
      fc.property(saying, (said) => {
        const payload = JSON.parse(JSON.stringify({ clientId: 'c', ...payloadOf(said) }))
        const isEnd = said.say === 'candidate' && said.candidate.candidate === ''
        expect(sayingOf(payload)).toEqual(isEnd ? { say: 'candidate', candidate: { candidate: '' } } : said)
      }),
    )
  })

  test.each([
    ['offer', {}],
    ['offer', { sdp: 1 }],
    ['answer', undefined],
    ['candidate', { candidate: 'text' }],
    ['candidate', {}],
    ['selectStream', { substream: 'high' }],
    ['selectStream', { audio: 1 }],
    ['dance', {}],
  ])('%s %j says nothing', (type, payload) => {
    expect(sayingOf({ type, clientId: 'c', payload })).toBeUndefined()
  })

  test('numbers of layers may come with a fraction; sendoffer asks for an offer too', () => {
    const payload = { substream: 1.5, temporal: 2 }
    expect(sayingOf({ type: 'selectStream', clientId: 'c', payload })).toEqual({
      say: 'select',
      selection: { substream: 1, temporal: 2 },
    })
    expect(sayingOf({ type: 'sendoffer', clientId: 'c' })).toEqual({ say: 'request-offer', selection: undefined })
  })
})
