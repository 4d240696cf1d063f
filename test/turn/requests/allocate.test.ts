import { describe, expect, test } from 'bun:test'
import { ip } from '../ip.ts'
import { expectNothingLeft, type Put, relay4, relay6, settings, stage, udp } from './stage.ts'

const v4 = 1
const v6 = 2
const { relays } = settings()
const only6 = settings({ relays: { 6: relays[6] } })
const only4 = settings({ relays: { 4: relays[4] } })

/** The code with which an Allocate of a new client is refused, or its success. */
const said = (put: Put, self = stage()) => {
  const reply = self.client(5000 + self.dice.below(50_000)).allocate(put)
  return reply?.code ?? reply?.kind
}
const withUdp =
  (put: Put): Put =>
  (to) => {
    udp(to)
    put(to)
  }

describe('[R9] a client who has an allocation', () => {
  test('gets the same success for the same request', () => {
    const self = stage()
    const client = self.client()
    const request = client.signed(
      'allocate',
      withUdp((to) => to.put('evenPort', true).put('lifetime', 777)),
    )
    self.receive(request, client.client)
    self.pass(10_000)
    self.receive(request, client.client)
    const [one, other] = self.heard
    expect(one?.message[0]).toBe(1)
    expect(other).toEqual(one)
    expect(self.sockets.size).toBe(1)
  })

  test('gets 437 for another one, in whosever name', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    expect(client.allocate()?.code).toBe(437)
    expect(client.ask('allocate', udp, { username: 'bob', password: 'builder' })?.code).toBe(437)
    const transaction = client.transaction
    expect(client.ask('allocate', udp, { username: 'bob', password: 'builder', transaction })?.code).toBe(437)
  })

  test('gets no second answer while sockets are being bound', () => {
    const self = stage({ binder: () => 'later' })
    const client = self.client()
    const request = client.signed('allocate', udp)
    self.receive(request, client.client)
    self.receive(request, client.client)
    expect(client.hear()).toBeUndefined()
    expect(client.allocate()?.code).toBe(437)
    expect(client.ask('refresh')?.code).toBe(437)
    expect(self.waiting).toHaveLength(1)
    for (const one of self.waiting.splice(0)) self.bind(one, 'bound')
    expect(client.hear()?.kind).toBe('success')
    expect(client.hear()).toBeUndefined()
  })
})

describe('[R10] REQUESTED-TRANSPORT', () => {
  const tcp: Put = (to) => to.put('requestedTransport', 6)

  test('must be there and be UDP', () => {
    expect(said(() => {})).toBe(400)
    expect(said((to) => to.putOctets(0x0019, new Uint8Array(3)))).toBe(400)
    expect(said((to) => to.put('requestedTransport', 99))).toBe(442)
    expect(said(tcp)).toBe(442)
  })

  test('may be TCP where that is switched on, for clients on a stream, and alone', () => {
    const self = stage({ settings: settings({ tcpRelay: true }) })
    const over = (listener: number, put: Put = tcp) => {
      const reply = self.client(5000 + self.dice.below(50_000), { listener }).allocate(put)
      return reply?.code ?? reply?.kind
    }
    expect([over(0), over(1), over(2)]).toEqual([400, 'success', 'success'])
    expect(self.actions).toContainEqual(expect.objectContaining({ do: 'bind-relay', protocol: 'tcp' }))
    const alone: readonly Put[] = [
      (to) => to.put('evenPort', false),
      (to) => to.put('dontFragment', true),
      (to) => to.put('reservationToken', new Uint8Array(8)),
    ]
    for (const put of alone) {
      expect(
        over(1, (to) => {
          tcp(to)
          put(to)
        }),
      ).toBe(400)
    }
  })
})

test('[R11] DONT-FRAGMENT is 420 if the sockets cannot do it, behind a wrong transport', () => {
  const refusal = stage({ dontFragment: false })
    .client()
    .allocate(withUdp((to) => to.put('dontFragment', true)))
  expect([refusal?.code, refusal?.message.get('unknownAttributes')]).toEqual([420, [0x001a]])
  const wrong: Put = (to) => to.put('dontFragment', true).put('requestedTransport', 99)
  expect(said(wrong, stage({ dontFragment: false }))).toBe(442)
  expect(said(withUdp((to) => to.put('dontFragment', true)))).toBe('success')
})

describe('[R12] RESERVATION-TOKEN', () => {
  const token = (value: Uint8Array): Put => withUdp((to) => to.put('reservationToken', value))
  const reserved = () => {
    const self = stage()
    const reply = self.client().allocate(withUdp((to) => to.put('evenPort', true)))
    return {
      self,
      port: reply?.message.get('xorRelayedAddress')?.port ?? 0,
      given: reply?.message.get('reservationToken')?.slice() ?? new Uint8Array(0),
    }
  }

  test('gives the port above the even one, once', () => {
    const { self, port, given } = reserved()
    expect([port % 2, given.length]).toEqual([0, 8])
    const second = self.client(5001).allocate(token(given))
    expect(second?.message.get('xorRelayedAddress')).toEqual({ ip: relay4, port: port + 1 })
    expect(said(token(given), self)).toBe(508)
  })

  test('is good for 30 s', () => {
    const { self, given } = reserved()
    self.pass(30_000)
    expect(said(token(given), self)).toBe(508)
  })

  test('that nobody was given is 508, and counts for no quota', () => {
    const self = stage()
    expect(said(token(new Uint8Array(8)), self)).toBe(508)
    expectNothingLeft(self)
  })

  test('goes with neither EVEN-PORT nor a family', () => {
    const others: readonly Put[] = [
      (to) => to.put('evenPort', false),
      (to) => to.put('requestedAddressFamily', v4),
      (to) => to.put('additionalAddressFamily', v6),
    ]
    for (const other of others) {
      expect(
        said((to) => {
          token(new Uint8Array(8))(to)
          other(to)
        }),
      ).toBe(400)
    }
  })
})

test('[R13] the family attributes exclude each other; additional is IPv6, and no pair of ports', () => {
  const puts: readonly Put[] = [
    (to) => to.put('requestedAddressFamily', v4).put('additionalAddressFamily', v6),
    (to) => to.put('additionalAddressFamily', v4),
    (to) => to.put('additionalAddressFamily', 9),
    (to) => to.put('additionalAddressFamily', v6).put('evenPort', true),
  ]
  for (const put of puts) expect(said(withUdp(put))).toBe(400)
  expect(said(withUdp((to) => to.put('additionalAddressFamily', v6).put('evenPort', false)))).toBe('success')
})

describe('[R14] families', () => {
  const family = (value: number): Put => withUdp((to) => to.put('requestedAddressFamily', value))

  test('without an attribute IPv4 is meant', () => {
    expect(said(udp, stage({ settings: only6 }))).toBe(440)
    expect(stage().client().allocate()?.message.get('xorRelayedAddress')?.ip).toEqual(relay4)
    expect(stage().client().allocate(family(v6))?.message.get('xorRelayedAddress')?.ip).toEqual(relay6)
  })

  test('that we do not have are 440', () => {
    expect(said(family(v6), stage({ settings: only4 }))).toBe(440)
    expect(said(family(v4), stage({ settings: only6 }))).toBe(440)
    expect([0, 3, 255].map((value) => said(family(value)))).toEqual([440, 440, 440])
    const none = stage({ settings: settings({ relays: {} }) })
    expect(
      said(
        withUdp((to) => to.put('additionalAddressFamily', v6)),
        none,
      ),
    ).toBe(440)
  })
})

describe('[R15] success', () => {
  test('tells the relay address as clients are to see it, the lifetime, and where the client is seen', () => {
    const self = stage()
    const client = self.client()
    const message = client.allocate(withUdp((to) => to.put('lifetime', 777)))?.message
    const [relay] = client.allocation().relays
    expect(relay).toBeDefined()
    expect(message?.get('xorRelayedAddress')).toEqual({ ip: relay4, port: relay?.port ?? 0 })
    expect(message?.get('lifetime')).toBe(777)
    expect(message?.get('xorMappedAddress')).toEqual(client.client.address)
    expect(message?.span('reservationToken')).toBeUndefined()
    expect(message?.span('addressErrorCode')).toBeUndefined()
    expect(self.sockets.get(relay?.socket ?? 0)).toEqual({ family: 4, port: relay?.port ?? 0 })
  })

  test('comes behind `open`, so that nothing arrives before its allocation is known', () => {
    const self = stage()
    self.client().allocate()
    expect(self.actions.map((action) => action.do)).toEqual(['bind-relay', 'open'])
    expect(self.facts.at(-1)).toMatchObject({ fact: 'turn-allocated', user: 'alice', transport: 'udp' })
  })
})

describe('[R16] two families', () => {
  const both = withUdp((to) => to.put('additionalAddressFamily', v6))
  const toldBy = (self = stage()) => {
    const message = self.client().allocate(both)?.message
    const families = message?.all('xorRelayedAddress').map((address) => address.ip.family)
    const error = message?.get('addressErrorCode')
    return [families, error && [error.family, error.code]]
  }

  test('are one allocation with two relay addresses', () => {
    const self = stage()
    expect(toldBy(self)).toEqual([[4, 6], undefined])
    expect([self.server.size, self.sockets.size, self.ledger.quotas.total]).toEqual([1, 2, 1])
  })

  test('one of which is missing', () => {
    expect(toldBy(stage({ settings: only4 }))).toEqual([[4], [v6, 440]])
    expect(toldBy(stage({ settings: only6 }))).toEqual([[6], [v4, 440]])
  })

  test('one of which cannot be bound', () => {
    expect(toldBy(stage({ binder: (family) => (family === 6 ? 'failed' : 'bound') }))).toEqual([[4], [v6, 508]])
    expect(toldBy(stage({ binder: (family) => (family === 4 ? 'failed' : 'bound') }))).toEqual([[6], [v4, 508]])
  })

  test('neither of which can be bound are 508', () => {
    const self = stage({ binder: () => 'failed' })
    expect(said(both, self)).toBe(508)
    expectNothingLeft(self)
  })
})

describe('[R17] how many', () => {
  const quotas = (but: object) =>
    stage({ settings: settings({ quotas: { perUser: 0, perSource: 0, total: 0, ...but } }) })

  test('a user, an address, all together', () => {
    for (const [but, code] of [
      [{ perUser: 1 }, 486],
      [{ perSource: 1 }, 486],
      [{ total: 1 }, 508],
    ] as const) {
      const self = quotas(but)
      expect(said(udp, self)).toBe('success')
      expect(said(udp, self)).toBe(code)
      expect(self.facts.some(({ fact }) => fact === 'turn-quota-reached')).toBe(true)
    }
  })

  test('with the end of one there is room for the next', () => {
    const self = quotas({ perUser: 1 })
    const client = self.client()
    client.allocate()
    client.ask('refresh', (to) => to.put('lifetime', 0))
    expect(said(udp, self)).toBe('success')
  })

  test('no ports are left: 508', () => {
    const self = stage({ ports: { min: 50_000, max: 50_001 } })
    expect([1, 2, 3].map(() => said(udp, self))).toEqual(['success', 'success', 508])
    expect(self.facts).toContainEqual({ fact: 'turn-ports-exhausted', family: 4 })
  })

  test('while we drain nothing new is made, and what is there goes on', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    self.server.drain()
    expect(said(udp, self)).toBe(508)
    expect(client.ask('refresh')?.kind).toBe('success')
    expect(client.plain('binding')?.kind).toBe('success')
  })
})

test('[R14] a token is for a port of either family', () => {
  const self = stage()
  const first = self.client().allocate(withUdp((to) => to.put('requestedAddressFamily', v6).put('evenPort', true)))
  const token = first?.message.get('reservationToken')?.slice() ?? new Uint8Array(8)
  const second = self.client(5001).allocate(withUdp((to) => to.put('reservationToken', token)))
  expect(second?.message.get('xorRelayedAddress')?.ip).toEqual(ip('2001:db8::7'))
})
