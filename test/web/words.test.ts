/** What the call page reads and says, without a browser. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { asName, initials, readAbout, writeAbout } from '../../web/demo/about.ts'
import { isPass, newPass, proofOf } from '../../web/demo/pass.ts'
import { pathWords, wayOf } from '../../web/demo/path-words.ts'
import { asRoomName, roomInHash, suggestedName } from '../../web/demo/room-names.ts'

describe('names of rooms', () => {
  test.each([
    ['Calm Otter 1', 'calm-otter-1'],
    ['  --Café / Zürich-- ', 'cafe-zurich'],
    ['日本', ''],
    ['x'.repeat(80), 'x'.repeat(64)],
  ])('%s becomes %s', (text, name) => {
    expect(asRoomName(text)).toBe(name)
  })

  test('whatever is typed, the name is one for good', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const name = asRoomName(text)
        expect(name).toMatch(/^(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)?$/)
        expect(asRoomName(name)).toBe(name)
      }),
      { numRuns: 200 },
    )
  })

  test('a suggestion is a name already, at either end of chance', () => {
    for (const chance of [0, 0.5, 0.999999]) {
      const name = suggestedName(() => chance)
      expect(asRoomName(name)).toBe(name)
      expect(name).toMatch(/^[a-z]+-[a-z]+-\d{3}$/)
    }
  })

  test('an address that nobody can read names none', () => {
    expect([roomInHash('#calm-otter'), roomInHash('#%E0%A4%A'), roomInHash('')]).toEqual(['calm-otter', '', ''])
  })
})

describe('what people tell each other', () => {
  test('arrives as it was said', () => {
    const about = { name: 'Mira Sol', audio: true, video: false }
    expect(readAbout(writeAbout(about))).toEqual(about)
    const pass = newPass()
    expect(readAbout(writeAbout({ ...about, pass }))).toEqual({ ...about, pass })
  })

  test.each([
    ['no text', new ArrayBuffer(1)],
    ['no JSON', '{'],
    ['a list', 'null'],
    ['too much', JSON.stringify({ name: 'x'.repeat(3_000) })],
  ])('%s is nothing', (_, said) => {
    expect(readAbout(said)).toBeUndefined()
  })

  test('of anything else the bad parts are left out', () => {
    const said = { name: 7, audio: 'yes', video: 1, pass: 'short' }
    expect(readAbout(JSON.stringify(said))).toEqual({ name: 'Guest', audio: false, video: false })
  })

  test('a name is short, on one line, and turns nothing around', () => {
    expect(asName('  a\u202eb\n\tc  ')).toBe('a b c')
    expect([...asName('😀'.repeat(100))].length).toBe(40)
    expect([asName(' '), asName(undefined)]).toEqual(['Guest', 'Guest'])
  })

  test('initials', () => {
    expect([initials('Mira Sol'), initials('mira'), initials('Jean Paul Sartre'), initials('')]).toEqual([
      'MS',
      'M',
      'JS',
      '',
    ])
  })
})

describe('the pass', () => {
  test('each is another, and one is known when it is seen', () => {
    const passes = Array.from({ length: 20 }, newPass)
    expect(new Set(passes).size).toBe(20)
    expect(passes.every(isPass)).toBe(true)
    expect([isPass('x'), isPass(undefined), isPass(`${passes[0]}0`)]).toEqual([false, false, false])
  })

  test('its proof is good for one pass, one room and one peer', async () => {
    const [pass, other] = [newPass(), newPass()]
    const proof = await proofOf(pass, 'den', 'a')
    expect(await proofOf(pass, 'den', 'a')).toBe(proof)
    const others = await Promise.all([
      proofOf(other, 'den', 'a'),
      proofOf(pass, 'attic', 'a'),
      proofOf(pass, 'den', 'b'),
    ])
    expect(new Set([proof, ...others]).size).toBe(4)
  })
})

describe('the way of a connection', () => {
  const path = (local: 'host' | 'srflx' | 'prflx' | 'relay', remote = local) => ({ local, remote, protocol: 'udp' })

  test.each([
    [path('host'), 'host'],
    [path('host', 'srflx'), 'srflx'],
    [path('prflx', 'host'), 'srflx'],
    [path('srflx', 'relay'), 'relay'],
    [path('relay', 'host'), 'relay'],
  ] as const)('%j is %s', (given, way) => {
    expect(wayOf(given)).toBe(way)
  })

  test('in words', () => {
    expect(pathWords('connected', { ...path('host'), roundTrip: 12.4 })).toMatchObject({
      text: 'Direct · host · 12 ms',
      tone: 'good',
      way: 'host',
    })
    const relayed = { ...path('relay'), relayProtocol: 'tls', url: 'turns:turn.example:5349?transport=tcp' }
    expect(pathWords('connected', relayed)).toEqual({
      text: 'Relayed · tls',
      meaning: 'Over a TURN server. Ours is turns:turn.example:5349?transport=tcp.',
      tone: 'good',
      way: 'relay',
    })
  })

  test.each([
    ['new', 'Connecting'],
    ['connecting', 'Connecting'],
    ['disconnected', 'Interrupted, trying again'],
    ['failed', 'Interrupted, trying again'],
    ['closed', 'Ended'],
  ] as const)('while it is %s: %s', (state, text) => {
    expect(pathWords(state, path('host'))).toMatchObject({ text, way: '' })
  })
})
