import { describe, expect, test } from 'bun:test'
import { clientKey } from '../../../src/turn/five-tuple.ts'
import { expectNothingLeft, peer, replyOf, settings, stage, udp } from './stage.ts'

const hooked = (but = {}) => {
  const self = stage({
    settings: settings({ credentials: { users: new Map(), secrets: [], hook: true }, ...but }),
  })
  return { self, asked: () => self.actions.flatMap((one) => (one.do === 'ask-hook' ? [one.username] : [])) }
}

describe('[R1] not answered', () => {
  const ignored = (change: (bytes: Uint8Array) => Uint8Array) => {
    const self = stage()
    const client = self.client()
    const request = client.signed('allocate', udp, { fingerprint: true })
    const before = self.facts.length
    self.receive(change(request.slice()), client.client)
    expect([self.heard, self.server.size]).toEqual([[], 0])
    return self.facts.slice(before).map((fact) => (fact.fact === 'turn-ignored' ? fact.why : fact.fact))
  }
  const typed = (type: number) => (bytes: Uint8Array) => {
    bytes[0] = type >> 8
    bytes[1] = type
    return bytes.subarray(0, bytes.length)
  }
  /** Without the checksum, which a changed type would spoil. */
  const bare = (type: number) => () =>
    new Uint8Array([type >> 8, type, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(1)])

  test.each([
    ['nothing', () => new Uint8Array(0), 'not a STUN message'],
    ['garbage', () => new Uint8Array(99).fill(0xff), 'not a STUN message'],
    ['half a message', (bytes: Uint8Array) => bytes.subarray(0, 40), 'not a STUN message'],
    ['a wrong fingerprint', typed(0x0004), 'wrong fingerprint'],
    ['a success', bare(0x0103), 'response or unknown indication'],
    ['an error', bare(0x0113), 'response or unknown indication'],
    ['a Data indication', bare(0x0017), 'response or unknown indication'],
    ['an indication of Allocate', bare(0x0013), 'response or unknown indication'],
    ['a request of no method', bare(0x02ef), 'unknown method'],
    ['a Send that is a request', bare(0x0006), 'unknown method'],
    ['a Data that is a request', bare(0x0007), 'unknown method'],
  ] as const)('%s', (_name, change, why) => {
    expect(ignored(change)).toEqual([why])
  })

  test('a Binding indication, which is worth no word', () => {
    expect(ignored(bare(0x0011))).toEqual([])
  })
})

describe('[R2] an answer', () => {
  test('has FINGERPRINT if its request had one, and a MAC if its sender is known, also if it is a refusal', () => {
    const client = stage().client()
    for (const fingerprint of [true, false]) {
      const granted = client.ask('allocate', udp, { fingerprint })?.message
      const refusal = client.ask('createPermission', undefined, { fingerprint })?.message
      const stranger = client.ask('refresh', undefined, { fingerprint, nonce: 'x' })?.message
      expect([granted, refusal, stranger].map((one) => one?.fingerprintAt !== undefined)).toEqual(
        Array(3).fill(fingerprint),
      )
      expect([granted, refusal, stranger].map((one) => one?.integrityAt !== undefined)).toEqual([true, true, false])
      client.ask('refresh', (to) => to.put('lifetime', 0))
    }
  })

  test('has neither SOFTWARE nor words', () => {
    const client = stage().client()
    const answers = [client.plain('allocate', udp), client.allocate(), client.allocate(), client.plain('binding')]
    for (const answer of answers) {
      expect(answer?.message.span('software')).toBeUndefined()
      expect(answer?.message.get('errorCode')?.reason ?? '').toBe('')
    }
  })
})

test('[R3] first the sender, then what we do not understand, then what is malformed, then the method', () => {
  const self = stage()
  const client = self.client()
  const bad = (who?: { password: string }) =>
    client.ask('allocate', (to) => to.putOctets(0x7ffe, new Uint8Array(4)).putOctets(0x000d, new Uint8Array(3)), who)
  expect(bad({ password: 'wrong' })?.code).toBe(401)
  expect([bad()?.code, bad()?.message.get('unknownAttributes')]).toEqual([420, [0x7ffe]])
  const malformed = client.ask('allocate', (to) => to.putOctets(0x000d, new Uint8Array(3)))
  expect([malformed?.code, malformed?.message.integrityAt !== undefined]).toEqual([400, true])
  expect(client.ask('refresh', (to) => to.putOctets(0x000d, new Uint8Array(3)))?.code).toBe(400)
  const optional = client.allocate((to) => udp(to) && to.putOctets(0xff04, new Uint8Array(3)))
  expect(optional?.kind).toBe('success')
})

describe('[R4] what is not offered is not understood', () => {
  const list = (self: ReturnType<typeof stage>) =>
    self
      .client()
      .ask('createPermission', (to) => {
        to.put('userhash', new Uint8Array(32)).put('connectionId', 1).put('dontFragment', true)
        to.put('passwordAlgorithm', { algorithm: 1, parameters: new Uint8Array(0) })
      })
      ?.message.get('unknownAttributes')

  test('the list', () => {
    expect(list(stage({ dontFragment: false }))).toEqual([0x001e, 0x001d, 0x002a, 0x001a])
    expect(list(stage({ settings: settings({ tcpRelay: true }) }))).toEqual([0x001e, 0x001d])
  })

  test('in Binding too', () => {
    const refusal = stage()
      .client()
      .plain('binding', (to) => to.put('connectionId', 1))
    expect(refusal?.message.get('unknownAttributes')).toEqual([0x002a])
  })
})

describe('[R7] the hook', () => {
  test('is asked once for a name; then all who waited are answered', () => {
    const { self, asked } = hooked()
    const carol = self.client(5000, { username: 'carol', password: 'c' })
    const other = self.client(5001, { username: 'carol', password: 'wrong' })
    const octets = carol.signed('allocate', udp)
    self.receive(octets, carol.client)
    octets.fill(0xee)
    other.allocate()
    expect([asked(), self.heard]).toEqual([['carol'], []])
    self.run(self.server.hookAnswered('carol', { known: true, password: 'c' }, self.now))
    expect([carol.hear()?.kind, other.hear()?.code]).toEqual(['success', 401])
    expect(self.client(5002, { username: 'carol', password: 'c' }).allocate()?.kind).toBe('success')
    expect(asked()).toEqual(['carol'])
  })

  test('that knows nobody of that name makes it 401, that fails 500', () => {
    const { self } = hooked()
    const dave = self.client(5000, { username: 'dave' })
    expect(dave.allocate()).toBeUndefined()
    self.run(self.server.hookAnswered('dave', undefined, self.now))
    const failed = dave.hear()
    expect([failed?.code, failed?.message.end]).toEqual([500, 28])
    dave.allocate()
    self.run(self.server.hookAnswered('dave', { known: false }, self.now))
    expect(dave.hear()?.code).toBe(401)
    expectNothingLeft(self)
  })

  test('does not answer whoever has gone', () => {
    const { self } = hooked()
    const carol = self.client(5000, { username: 'carol', password: 'c', listener: 1 })
    carol.allocate()
    self.run(self.server.closed(clientKey(carol.client), self.now))
    self.run(self.server.hookAnswered('carol', { known: true, password: 'c' }, self.now))
    expect(carol.hear()).toBeUndefined()
    expectNothingLeft(self)
  })

  test('keeps no long requests, not more than eight for a name, and four of a client', () => {
    const { self, asked } = hooked()
    const carols = [5000, 5001, 5002].map((port) => self.client(port, { username: 'carol', password: 'c' }))
    carols[0]?.allocate((to) => udp(to) && to.putOctets(0xff04, new Uint8Array(2000)))
    expect(asked()).toEqual([])
    for (const [index, count] of [5, 3, 3].entries()) {
      for (let one = 0; one < count; one++) carols[index]?.allocate()
    }
    const full = self.facts.filter((fact) => fact.fact === 'turn-ignored' && fact.why === 'too many wait for the hook')
    expect([asked(), full.length]).toEqual([['carol'], 4])
    self.run(self.server.hookAnswered('carol', { known: true, password: 'c' }, self.now))
    expect(self.heard.map(({ message }) => replyOf(message).kind)).toHaveLength(8)
  })

  test('is not asked about more names over UDP than strangers are answered; over a stream it is', () => {
    const askedOver = (listener: number) => {
      const { self, asked } = hooked({ challengeRate: 3 })
      const requests = [0, 1, 2, 3, 4].map((index) => {
        self.pass(1000)
        const one = self.client(6000 + index, { username: `u${index}`, listener })
        return { octets: one.signed('allocate', udp), client: one.client }
      })
      self.pass(1000)
      const [first] = requests
      // What is repeated costs nothing.
      for (const { octets, client } of [...(first ? [first, first] : []), ...requests]) self.receive(octets, client)
      return asked()
    }
    expect(askedOver(0)).toEqual(['u0', 'u1', 'u2'])
    expect(askedOver(1)).toHaveLength(5)
  })

  test('is not needed by an allocation that is there', () => {
    const { self, asked } = hooked()
    const carol = self.client(5000, { username: 'carol', password: 'c' })
    carol.allocate()
    self.run(self.server.hookAnswered('carol', { known: true, password: 'c' }, self.now))
    carol.hear()
    self.pass(500_000)
    expect(carol.ask('createPermission', (to) => to.put('xorPeerAddress', peer))?.kind).toBe('success')
    expect(asked()).toEqual(['carol'])
  })
})

test('[Q4] challenges are limited by source, answers to those who are known are not', () => {
  const self = stage({ settings: settings({ challengeRate: 2 }) })
  const client = self.client()
  const challenged = () => client.plain('allocate', udp)?.code
  expect([challenged(), challenged(), challenged(), client.plain('allocate')?.code]).toEqual([
    401,
    401,
    undefined,
    undefined,
  ])
  self.pass(1000)
  expect(client.allocate()?.kind).toBe('success')
  for (let count = 0; count < 5; count++) expect(client.ask('refresh')?.kind).toBe('success')
})

test('[Q4] over a stream, whose address nobody can invent, only guesses at passwords are limited', () => {
  const self = stage({ settings: settings({ challengeRate: 2, bindingRate: 2 }) })
  const client = self.client(5000, { listener: 1 })
  for (let count = 0; count < 9; count++) {
    expect(client.plain('allocate', udp)?.code).toBe(401)
    expect(client.plain('binding')?.kind).toBe('success')
  }
  const guesses = [1, 2, 3, 4].map((guess) => client.ask('allocate', udp, { password: `${guess}` })?.code)
  expect(guesses).toEqual([401, 401, undefined, undefined])
  expect(client.plain('allocate', udp)?.code).toBe(401)
})
