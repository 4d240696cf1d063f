import { describe, expect, test } from 'bun:test'
import { codes, command, errorOf, event, eventTypes, keyOf, proxyServer, wishes } from './server.ts'

const hello = (body: Readonly<Record<string, string>>) => ({
  id: 'h',
  type: 'hello',
  hello: { version: '1.0', ...body },
})

describe('who may come', () => {
  test('[P1] hello comes first, in a version that is known, and is a message', () => {
    const { world, say, hear, token } = proxyServer()
    const id = world.open()
    say(id, command({ type: 'delete-publisher', clientId: 'x' }))
    say(id, { id: 'b', type: 'bye' })
    say(id, { id: 'x', type: 'nonsense' })
    say(id, 'no JSON')
    say(id, { id: 'v', type: 'hello', hello: { version: '2.0', token: token('one') } })
    say(id, hello({}))
    expect(hear(id).map((message) => [message['id'], errorOf(message)])).toEqual([
      ['r', 'hello_expected'],
      ['b', 'hello_expected'],
      ['x', 'hello_expected'],
      [undefined, 'invalid_format'],
      ['v', 'invalid_format'],
      ['h', 'invalid_format'],
    ])
    expect(world.isOpen(id)).toBe(true)
  })

  test.each([
    ['of nobody here', { issuer: 'three' }, 'auth_failed', 'unsupported-issuer'],
    ['signed by somebody else', { issuer: 'one', key: 'two' }, 'auth_failed', 'auth-failed'],
    ['of long ago', { issuer: 'one', age: 361 }, 'token_expired', 'expired'],
    ['of the future', { issuer: 'one', age: -61 }, 'token_not_valid_yet', 'not-valid-yet'],
  ] as const)('[P2] a token %s is refused', (_, { issuer, ...options }, code, reason) => {
    const { world, say, hear, token } = proxyServer()
    const id = world.open()
    say(id, hello({ token: token(issuer, options) }))
    world.pass(100)
    expect(codes(hear(id))).toEqual([code])
    expect(world.facts).toContainEqual(expect.objectContaining({ fact: 'proxy-token-refused', reason }))
  })

  test('[P2] no JSON web token, and one that is not signed with RSA, are refused', () => {
    const { world, say, hear } = proxyServer()
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none' })}.${part({ iss: 'one', iat: 1 })}.`
    for (const token of ['x', 'a.b.c', unsigned]) {
      const id = world.open()
      say(id, hello({ token }))
      world.pass(1_000)
      expect(codes(hear(id))).toEqual(['auth_failed'])
    }
  })

  test.each([
    ['five minutes and a little less than a minute old', 'one', 359],
    ['a little less than a minute early', 'one', -59],
    ['whose issuer is written otherwise', 'ONE', 0],
  ])('[P2] a token %s is good', (_, issuer, age) => {
    const { world, say, hear, token } = proxyServer()
    const id = world.open()
    say(id, hello({ token: token(issuer, { key: 'one', age }) }))
    expect(hear(id)[0]).toMatchObject({ id: 'h', type: 'hello' })
  })

  test('[P3] who guesses waits the longer the more often, and is not listened to meanwhile', () => {
    const { world, say, hear, token } = proxyServer()
    const id = world.open()
    say(id, hello({ token: token('one', { key: 'two' }) }))
    say(id, hello({ token: token('one') }))
    world.pass(99)
    expect(hear(id)).toEqual([])
    world.pass(1)
    expect(codes(hear(id))).toEqual(['auth_failed'])
    say(id, hello({ token: token('one', { key: 'two' }) }))
    world.pass(199)
    expect(hear(id)).toEqual([])
    world.pass(1)
    expect(codes(hear(id))).toEqual(['auth_failed'])
    say(id, hello({ token: token('one') }))
    expect(hear(id)[0]).toMatchObject({ type: 'hello' })
  })

  test('[P3] after ten guesses nobody from there is heard, until the operator changes the keys', () => {
    const { proxy, world, say, hear, token } = proxyServer()
    for (let turn = 0; turn < 10; turn++) {
      const id = world.open()
      say(id, hello({ token: token('one', { key: 'two' }) }))
      world.pass(25_000)
      expect(codes(hear(id))).toEqual(['auth_failed'])
    }
    const late = world.open()
    say(late, hello({ token: token('one') }))
    expect(codes(hear(late))).toEqual(['too_many_requests'])
    const other = world.open({ address: '192.0.2.2' })
    say(other, hello({ token: token('one') }))
    expect(hear(other)[0]).toMatchObject({ type: 'hello' })

    world.input((now) => proxy.wished({ ...wishes, keys: new Map([['one', keyOf('one')]]) }, now))
    say(late, hello({ token: token('one') }))
    expect(hear(late)[0]).toMatchObject({ type: 'hello' })
  })

  test('[P3] a clock that goes wrong is no guess', () => {
    const { world, say, hear, token } = proxyServer()
    for (let turn = 0; turn < 30; turn++) {
      const id = world.open()
      say(id, hello({ token: token('one', { age: 3_600 }) }))
      expect(codes(hear(id))).toEqual(['token_expired'])
    }
  })

  test('[P2] a key that was taken away or added counts from then on', () => {
    const { proxy, world, say, hear, token } = proxyServer()
    world.input((now) => proxy.wished({ ...wishes, keys: new Map([['three', keyOf('three')]]) }, now))
    const [one, three] = [world.open(), world.open()]
    say(one, hello({ token: token('one') }))
    say(three, hello({ token: token('three') }))
    world.pass(100)
    expect(codes(hear(one))).toEqual(['auth_failed'])
    expect(hear(three)[0]).toMatchObject({ type: 'hello' })
  })

  test('[P8] who has no session is closed after 10 s, whatever he said', () => {
    const { world, say, session } = proxyServer()
    const [silent, wrong] = [world.open(), world.open()]
    const { id } = session()
    world.pass(9_000)
    say(wrong, 'no JSON')
    world.pass(999)
    expect([silent, wrong].map(world.isOpen)).toEqual([true, true])
    world.pass(1)
    expect([silent, wrong].map(world.isOpen)).toEqual([false, false])
    world.pass(30_000)
    expect(world.isOpen(id)).toBe(true)
  })
})

describe('what is said at first', () => {
  test('[P4] session, version, country and feature, then the load', () => {
    const { world, say, hear, token } = proxyServer()
    const id = world.open()
    say(id, hello({ token: token('one') }))
    expect(hear(id)).toEqual([
      {
        id: 'h',
        type: 'hello',
        hello: {
          version: '1.0',
          sessionid: 'id-1',
          server: { version: '1.2.3', country: 'DE', features: ['remote-streams'] },
        },
      },
      event('update-load'),
    ])
  })

  test('[P4] without Janus, and while draining, that too', () => {
    const { proxy, world, say, hear, token, session, sfu } = proxyServer({ withoutJanus: true })
    const id = world.open()
    say(id, hello({ token: token('one') }))
    expect(eventTypes(hear(id))).toEqual(['backend-disconnected', 'update-load'])
    sfu({ event: 'available', is: true })
    const { sessionId } = session()
    world.input((now) => proxy.drained(now))
    const again = world.open()
    say(again, hello({ resumeid: sessionId }))
    expect(eventTypes(hear(again))).toEqual(['shutdown-scheduled'])
  })
})

describe('sessions come back', () => {
  test('[P5] by id, without a token, with all that was missed, in order', () => {
    const server = proxyServer()
    const { world, say, hear, sfu } = server
    const { id, sessionId } = server.session()
    const { clientId, leg } = server.publisher(id)
    world.lose(id)
    sfu({ event: 'candidate', leg, sid: 's', candidate: { candidate: '' } })
    sfu({ event: 'closed', leg, why: 'ended', detail: 'over' })
    world.pass(59_000)
    const again = world.open()
    say(again, hello({ resumeid: sessionId }))
    const heard = hear(again)
    expect(heard[0]).toMatchObject({ id: 'h', type: 'hello', hello: { sessionid: sessionId } })
    expect(heard.slice(1)).toEqual([
      event('ice-completed', { clientId }),
      event('publisher-closed', { clientId }),
      event('update-load'),
    ])
    world.pass(120_000)
    expect(world.isOpen(again)).toBe(true)
    say(again, command({ type: 'delete-publisher', clientId }))
    expect(codes(hear(again))).toEqual(['unknown_client'])
  })

  test('[P5] what the former connection did not get is not lost', () => {
    const server = proxyServer()
    const { world, say, hear } = server
    const { id, sessionId } = server.session()
    world.stall(id)
    say(id, command({ type: 'nonsense' }, 'q'))
    world.lose(id)
    const again = world.open()
    say(again, hello({ resumeid: sessionId }))
    expect(hear(again)[1]).toMatchObject({ id: 'q', error: { code: 'bad_request' } })
  })

  test('[P5] a second connection takes over; the first is told and closed', () => {
    const server = proxyServer()
    const { world, say, hear } = server
    const { id, sessionId } = server.session()
    const { clientId } = server.publisher(id)
    const again = world.open()
    say(again, hello({ resumeid: sessionId }))
    expect(hear(id)).toEqual([{ type: 'bye', bye: { reason: 'session_resumed' } }])
    expect(world.isOpen(id)).toBe(false)
    hear(again)
    say(again, command({ type: 'delete-publisher', clientId }))
    expect(hear(again)).toEqual([{ id: 'r', type: 'command', command: { id: clientId } }])
  })

  test('[P5] an id that nobody has', () => {
    const { world, say, hear } = proxyServer()
    const id = world.open()
    say(id, hello({ resumeid: 'id-9' }))
    expect(codes(hear(id))).toEqual(['no_such_session'])
  })

  test('[P6] after a minute without a connection it is over, with all it has', () => {
    const server = proxyServer()
    const { world, say, hear, proxy } = server
    const { id, sessionId } = server.session()
    const { leg } = server.publisher(id)
    server.ordered()
    world.lose(id)
    world.pass(59_999)
    expect(proxy.census()).toMatchObject({ sessions: 1, publishers: { video: 1 } })
    world.pass(1)
    expect(proxy.census()).toMatchObject({ sessions: 0, clients: 0 })
    expect(server.ordered()).toEqual([{ do: 'close', leg }])
    const again = world.open()
    say(again, hello({ resumeid: sessionId }))
    expect(codes(hear(again))).toEqual(['no_such_session'])
  })

  test('[P7] bye ends it; a second hello and what nobody knows are bad requests', () => {
    const server = proxyServer()
    const { world, say, hear, token } = server
    const { id } = server.session()
    say(id, hello({ token: token('one') }))
    say(id, { id: 'x', type: 'nonsense' })
    say(id, command({ type: 'nonsense' }))
    expect(codes(hear(id))).toEqual(['bad_request', 'bad_request', 'bad_request'])
    const { leg } = server.publisher(id)
    server.ordered()
    say(id, { type: 'bye' })
    expect(hear(id)).toEqual([{ type: 'bye', bye: { reason: 'session_closed' } }])
    expect(world.isOpen(id)).toBe(false)
    expect(server.ordered()).toEqual([{ do: 'close', leg }])
  })

  test('[P9] who lets too much wait has no session any more', () => {
    const server = proxyServer({ settings: { queue: { bytes: 10_000, messages: 3 } } })
    const { world, sfu, proxy } = server
    const { id } = server.session()
    const { leg } = server.publisher(id)
    world.lose(id)
    for (let turn = 0; turn < 4; turn++) sfu({ event: 'candidate', leg, sid: 's', candidate: { candidate: '' } })
    expect(proxy.census()).toMatchObject({ sessions: 0, clients: 0 })
    const other = server.session()
    world.input((now) => proxy.overflowed(other.id, now))
    expect(proxy.census().sessions).toBe(0)
    expect(world.isOpen(other.id)).toBe(false)
  })
})
