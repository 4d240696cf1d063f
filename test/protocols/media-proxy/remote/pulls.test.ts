import { describe, expect, test } from 'bun:test'
import type { ConnectionId } from '../../../../src/core/ids.ts'
import { checkToken } from '../../../../src/sfu/proxy/tokens.ts'
import type { SfuCommand } from '../../../../src/sfu/sfu.ts'
import { isObject, type JsonObject, parseJson, textAt } from '../../../support/json.ts'
import { codes, command, event, keyOf, type ProxyServerOptions, proxyServer, remote } from '../server.ts'

const url = 'https://other.example.org/janus/'
const streams = [{ mid: '0', mindex: 0, type: 'audio', codec: 'opus' }]
const requestOf = (order: SfuCommand | undefined): number => (order && 'request' in order ? order.request : 0)
const legOf = (order: SfuCommand | undefined) => {
  if (!order || !('leg' in order)) throw new Error('no leg')
  return order.leg
}

/** A proxy, and the test in the place of the other one. */
function stage(options: ProxyServerOptions = {}) {
  const server = proxyServer({ settings: { remote }, ...options })
  const { id } = server.session()
  server.ordered()
  const { proxy, world } = server
  let link = 0

  /** What it was told since the last time; remembers the present link. */
  const told = (): readonly JsonObject[] =>
    server.remote().flatMap((order) => {
      if (order.do === 'dial') link = order.link
      const message = order.do === 'send' ? parseJson(order.text) : { [order.do]: order.do === 'dial' ? order.url : '' }
      return isObject(message) ? [message] : []
    })
  const other = (message: JsonObject): void =>
    world.input((now) => proxy.remoteReceived(link, JSON.stringify(message), now))
  const opens = (): void => world.input((now) => proxy.remoteOpened(link, now))
  const breaks = (): void => world.input((now) => proxy.remoteClosed(link, 'network', now))
  const idOf = (message: JsonObject | undefined): string => textAt(message, 'id') ?? ''
  const wants = (publisherId = 'there', from: ConnectionId = id, more: JsonObject = {}): void => {
    const remoteToken = server.token('two', { subject: publisherId })
    const order = { type: 'create-subscriber', streamType: 'video', publisherId, remoteUrl: url, remoteToken }
    server.say(from, command({ ...order, ...more }))
  }
  /** Answers hello. */
  const greets = (sessionid = 'theirs'): void => {
    const [hello] = told().filter(({ type }) => type === 'hello')
    other({ id: idOf(hello), type: 'hello', hello: { version: '1.0', sessionid } })
  }
  const commandTold = (type: string): JsonObject => {
    const found = told().find((message) => textAt(message, 'command', 'type') === type)
    if (!found) throw new Error(`was not asked for ${type}`)
    return found
  }
  /** From the list of streams to the subscriber, whose id it is. */
  const flows = (publisherId = 'there'): string => {
    const list = commandTold('get-publisher-streams')
    other({ id: idOf(list), type: 'command', command: { id: publisherId, streams } })
    const receive = server.ordered().at(-1)
    server.sfu({ event: 'receiving', leg: legOf(receive), request: requestOf(receive), port: 5000, rtcpPort: 5001 })
    const publish = commandTold('publish-remote')
    expect(publish).toMatchObject({
      command: { clientId: publisherId, hostname: '192.0.2.77', port: 5000, rtcpPort: 5001 },
    })
    other({ id: idOf(publish), type: 'command', command: { id: publisherId } })
    return joins()
  }
  /** The SFU makes the subscriber that was just asked for. */
  const joins = (): string => {
    const subscribe = server.ordered().at(-1)
    expect(subscribe).toMatchObject({ do: 'subscribe' })
    server.sfu({ event: 'opened', leg: legOf(subscribe), sid: '5' })
    return textAt(server.hear(id).at(-1), 'command', 'id') ?? ''
  }
  /** All the way. */
  const subscribed = (): string => {
    wants()
    told()
    opens()
    greets()
    return flows()
  }
  return { ...server, id, told, other, opens, breaks, wants, greets, flows, joins, subscribed, commandTold, idOf }
}

describe('who may', () => {
  test('[P45] not without a key of our own', () => {
    const { id, hear, wants } = stage({ settings: { remote: undefined } })
    wants()
    expect(codes(hear(id))).toEqual(['unsupported_subscriber'])
  })

  test.each([
    ['of somebody unknown', 'three', {}, 'auth_failed'],
    ['for another publisher', 'one', { subject: 'elsewhere' }, 'auth_failed'],
    ['for none', 'one', {}, 'auth_failed'],
    ['of long ago', 'one', { subject: 'there', age: 1_000 }, 'token_expired'],
    ['of the future', 'one', { subject: 'there', age: -1_000 }, 'token_not_valid_yet'],
  ] as const)('[P45] not with a token %s', (_, issuer, options, code) => {
    const { id, hear, wants, token, told } = stage()
    wants('there', id, { remoteToken: token(issuer, options) })
    expect(codes(hear(id))).toEqual([code])
    expect(told()).toEqual([])
  })

  test.each(['', 'nonsense', 'ftp://x/', 'https://u:p@x/', 'https://x/?y'])('[P45] not at %p', (remoteUrl) => {
    const { id, hear, wants, told } = stage()
    wants('there', id, { remoteUrl })
    expect(codes(hear(id))).toEqual([remoteUrl === '' ? 'unknown_client' : 'invalid_format'])
    expect(told()).toEqual([])
  })

  test('[P49] a publisher that is here is subscribed to here', () => {
    const { id, publisher, wants, told, joins } = stage()
    const { clientId } = publisher(id)
    wants(clientId)
    expect(joins()).not.toBe('')
    expect(told()).toEqual([])
  })
})

describe('how it comes here', () => {
  test('[P46] hello with our token, streams, room, place, subscriber', () => {
    const { world, id, hear, told, opens, wants, ordered, other, idOf } = stage()
    wants()
    expect(told()).toEqual([{ dial: 'wss://other.example.org/janus/proxy' }])
    opens()
    const [hello] = told()
    const ours = textAt(hello, 'hello', 'token') ?? ''
    const claims = checkToken(ours, (issuer) => (issuer === 'here' ? keyOf('here') : undefined), world.clock.now())
    expect(claims).toEqual({ ok: true, value: { issuer: 'here', subject: '' } })
    other({ id: idOf(hello), type: 'hello', hello: { version: '1.0', sessionid: 'theirs' } })
    const [list] = told()
    expect(list).toMatchObject({ type: 'command', command: { type: 'get-publisher-streams', clientId: 'there' } })
    other({ id: idOf(list), type: 'command', command: { id: 'there', streams: [{ ...streams[0], stereo: null }] } })
    expect(ordered()).toMatchObject([{ do: 'receive', stream: { publisher: 'there', type: 'video' }, streams }])
    expect(hear(id)).toEqual([])
  })

  test('[P46] and then as any other', () => {
    const { subscribed, say, id, ordered } = stage()
    const clientId = subscribed()
    say(id, { id: 'o', type: 'payload', payload: { type: 'requestoffer', clientId } })
    expect(ordered()).toMatchObject([{ do: 'say', saying: { say: 'request-offer' } }])
  })

  test('[P46] five seconds, and no more', () => {
    const { world, wants, opens, told, hear, id, proxy } = stage()
    wants()
    told()
    opens()
    told()
    world.pass(5_000)
    const errors = hear(id).filter(({ type }) => type === 'error')
    expect(codes(errors)).toEqual(['timeout'])
    expect(told()).toEqual([{ 'hang-up': '' }])
    expect(proxy.census().clients).toBe(0)
  })

  test.each([
    ['unknown_client', 'unknown_client'],
    ['a_code_of_the_future', 'internal_error'],
  ])('[P46] the other refuses with %s', (code, ours) => {
    const { wants, opens, told, greets, commandTold, other, idOf, hear, id } = stage()
    wants()
    told()
    opens()
    greets()
    other({ id: idOf(commandTold('get-publisher-streams')), type: 'error', error: { code, message: '' } })
    expect(codes(hear(id))).toEqual([ours])
    expect(told()).toEqual([{ type: 'bye' }, { 'hang-up': '' }])
  })

  test('[P46] the other cannot be reached, or does not let us in', () => {
    const { wants, opens, told, breaks, other, idOf, hear, id } = stage()
    wants()
    told()
    breaks()
    expect(codes(hear(id))).toEqual(['internal_error'])
    wants()
    told()
    opens()
    const [hello] = told()
    other({ id: idOf(hello), type: 'error', error: { code: 'auth_failed', message: '' } })
    expect(codes(hear(id))).toEqual(['internal_error'])
    expect(told()).toEqual([{ 'hang-up': '' }])
  })

  test.each(['hello', 'streams', 'place', 'nothing'])(
    '[P46] the connection breaks while we wait for %s: nothing stays',
    (until) => {
      const {
        wants,
        opens,
        told,
        greets,
        commandTold,
        breaks,
        other,
        idOf,
        hear,
        id,
        ordered,
        sfu,
        say,
        world,
        proxy,
      } = stage()
      wants()
      told()
      opens()
      if (until !== 'hello') greets()
      if (until === 'place' || until === 'nothing') {
        other({ id: idOf(commandTold('get-publisher-streams')), type: 'command', command: { streams } })
        const receive = ordered().at(-1)
        if (until === 'nothing')
          sfu({ event: 'receiving', leg: legOf(receive), request: requestOf(receive), port: 5000, rtcpPort: 5001 })
      }
      breaks()
      expect(codes(hear(id))).toEqual(['internal_error'])
      expect(ordered().map((order) => order.do)).toEqual(until === 'place' || until === 'nothing' ? ['close'] : [])
      expect(told().filter((message) => 'dial' in message)).toEqual([])
      say(id, { type: 'bye' })
      world.pass(1_000)
      expect(proxy.nextDeadline()).toBeUndefined()
    },
  )

  test('[P46] a publisher that sends nothing', () => {
    const { wants, opens, told, greets, commandTold, other, idOf, hear, id, ordered } = stage()
    wants()
    told()
    opens()
    greets()
    other({ id: idOf(commandTold('get-publisher-streams')), type: 'command', command: { streams: [] } })
    expect(codes(hear(id))).toEqual(['internal_error'])
    expect(ordered()).toEqual([])
  })

  test('[P46] an answer that makes no sense is a refusal', () => {
    const { wants, opens, told, greets, commandTold, other, idOf, hear, id } = stage()
    wants()
    told()
    opens()
    greets()
    other({ id: idOf(commandTold('get-publisher-streams')), type: 'command', command: { streams: [{}] } })
    expect(codes(hear(id))).toEqual(['internal_error'])
  })

  test('[P46] our Janus is too old', () => {
    const { wants, opens, told, greets, commandTold, other, idOf, hear, id, ordered, sfu } = stage()
    wants()
    told()
    opens()
    greets()
    other({ id: idOf(commandTold('get-publisher-streams')), type: 'command', command: { streams } })
    const order = ordered().at(-1)
    sfu({ event: 'failed', leg: legOf(order), request: requestOf(order), why: 'refused', detail: '' })
    sfu({ event: 'closed', leg: legOf(order), why: 'refused', detail: '' })
    expect(codes(hear(id))).toEqual(['unsupported_subscriber'])
    expect(told()).toEqual([{ type: 'bye' }, { 'hang-up': '' }])
  })
})

describe('how it is shared and ends', () => {
  test('[P47] a second subscriber needs nothing more from there; a second publisher no second connection', () => {
    const { subscribed, wants, joins, told, flows, say, id, ordered, hear } = stage()
    const first = subscribed()
    wants()
    const second = joins()
    expect(told()).toEqual([])
    wants('another')
    const third = flows('another')
    ordered()
    for (const clientId of [first, second]) say(id, command({ type: 'delete-subscriber', clientId }))
    expect(ordered().map((order) => order.do)).toEqual(['close', 'close', 'close'])
    expect(told()).toMatchObject([{ command: { type: 'unpublish-remote', clientId: 'there', port: 5000 } }])
    say(id, command({ type: 'delete-subscriber', clientId: third }))
    expect(told()).toMatchObject([{ command: { type: 'unpublish-remote' } }, { type: 'bye' }, { 'hang-up': '' }])
    expect(codes(hear(id))).toEqual([undefined, undefined, undefined])
  })

  test('[P47] it ends with the session, on its way too', () => {
    const { wants, told, opens, say, id, ordered, proxy, world } = stage()
    wants()
    told()
    opens()
    told()
    say(id, { type: 'bye' })
    expect(told()).toEqual([{ 'hang-up': '' }])
    expect(ordered()).toEqual([])
    world.pass(1_000)
    expect(proxy.nextDeadline()).toBeUndefined()
  })

  test('[P48] a connection that breaks is resumed; nobody here notices', () => {
    const { subscribed, breaks, told, world, opens, id, hear, greets, say } = stage()
    const clientId = subscribed()
    world.pass(3_000)
    hear(id)
    breaks()
    expect(told()).toEqual([])
    world.pass(1_500)
    expect(told()).toEqual([{ dial: 'wss://other.example.org/janus/proxy' }])
    breaks()
    world.pass(3_000)
    expect(told()).toEqual([{ dial: 'wss://other.example.org/janus/proxy' }])
    opens()
    greets()
    expect(hear(id)).toEqual([])
    say(id, command({ type: 'delete-subscriber', clientId }))
    expect(told()).toMatchObject([{ command: { type: 'unpublish-remote' } }, { type: 'bye' }, { 'hang-up': '' }])
  })

  test('[P47] what is wanted no more while there is no connection is unpublished when there is one again', () => {
    const { subscribed, wants, flows, breaks, told, world, opens, greets, id, say } = stage()
    const first = subscribed()
    wants('another')
    flows('another')
    for (let cut = 0; cut < 2; cut++) {
      breaks()
      if (cut === 0) say(id, command({ type: 'delete-subscriber', clientId: first }))
      expect(told()).toEqual([])
      world.pass(5_000)
      expect(told()).toEqual([{ dial: 'wss://other.example.org/janus/proxy' }])
    }
    opens()
    greets()
    expect(told()).toMatchObject([{ command: { type: 'unpublish-remote', clientId: 'there', port: 5000 } }])
  })

  test('[P48] hello there resumes our session', () => {
    const { subscribed, breaks, told, world, opens } = stage()
    subscribed()
    breaks()
    world.pass(1_500)
    told()
    opens()
    expect(told()).toMatchObject([{ hello: { resumeid: 'theirs' } }])
  })

  test.each([
    ['our session there is over', { type: 'bye', bye: { reason: 'session_closed' } }],
    ['the publisher is gone', event('publisher-closed', { clientId: 'there' })],
    ['Janus there is gone', event('backend-disconnected')],
  ])('[P48] %s: subscribers are told, and our Janus is left clean', (_, message) => {
    const { subscribed, other, id, hear, ordered, told, world } = stage()
    const clientId = subscribed()
    ordered()
    world.pass(3_000)
    hear(id)
    other(message)
    expect(hear(id)).toEqual([event('subscriber-closed', { clientId })])
    expect(ordered().map((order) => order.do)).toEqual(['close', 'close'])
    expect(told().map((message) => textAt(message, 'command', 'type'))).not.toContain('unpublish-remote')
  })

  test('[P48] our session there has not survived: subscribers are told', () => {
    const { subscribed, breaks, told, world, opens, other, idOf, id, hear } = stage()
    const clientId = subscribed()
    breaks()
    world.pass(1_500)
    told()
    opens()
    const [hello] = told()
    hear(id)
    other({ id: idOf(hello), type: 'error', error: { code: 'no_such_session', message: '' } })
    expect(hear(id)).toEqual([event('subscriber-closed', { clientId })])
    expect(told()).toEqual([{ 'hang-up': '' }])
  })

  test('[P48] after a minute without a connection nobody waits any more', () => {
    const { subscribed, breaks, told, world, id, hear } = stage()
    const clientId = subscribed()
    breaks()
    for (let turn = 0; turn < 20; turn++) {
      world.pass(24_000)
      if (told().length > 0) breaks()
    }
    expect(hear(id)).toContainEqual(event('subscriber-closed', { clientId }))
    expect(told()).toEqual([])
  })

  test('[P48] an answer to hello that does not come is a connection that breaks', () => {
    const { subscribed, breaks, told, world, opens, greets, hear, id } = stage()
    subscribed()
    world.pass(3_000)
    hear(id)
    breaks()
    world.pass(1_500)
    told()
    opens()
    told()
    world.pass(5_000)
    expect(told()).toEqual([{ 'hang-up': '' }])
    world.pass(3_000)
    expect(told()).toEqual([{ dial: 'wss://other.example.org/janus/proxy' }])
    opens()
    greets()
    expect(hear(id)).toEqual([])
  })

  test('[P48] our session there was over: what is asked for meanwhile is asked in a new one', () => {
    const { subscribed, breaks, told, world, opens, other, wants, idOf, hear, id, flows } = stage()
    const clientId = subscribed()
    breaks()
    world.pass(1_500)
    told()
    opens()
    const [resumed] = told()
    wants('another')
    hear(id)
    other({ id: idOf(resumed), type: 'error', error: { code: 'no_such_session', message: '' } })
    expect(hear(id)).toEqual([event('subscriber-closed', { clientId })])
    const [hello, ...rest] = told()
    expect(textAt(hello, 'hello', 'token')).toBeString()
    expect(rest).toEqual([])
    other({ id: idOf(hello), type: 'hello', hello: { version: '1.0', sessionid: 'new' } })
    expect(flows('another')).not.toBe('')
  })

  test('[P48] our Janus ends what came from there: subscribers are told, and the other need send no more', () => {
    const { wants, told, opens, greets, flows, ordered, other, sfu, hear, id, world, commandTold, idOf, joins } =
      stage()
    wants()
    told()
    opens()
    greets()
    other({ id: idOf(commandTold('get-publisher-streams')), type: 'command', command: { streams } })
    const receive = ordered().at(-1)
    sfu({ event: 'receiving', leg: legOf(receive), request: requestOf(receive), port: 5000, rtcpPort: 5001 })
    other({ id: idOf(commandTold('publish-remote')), type: 'command', command: { id: 'there' } })
    const clientId = joins()
    world.pass(3_000)
    hear(id)
    sfu({ event: 'closed', leg: legOf(receive), why: 'ended', detail: '' })
    expect(hear(id)).toEqual([event('subscriber-closed', { clientId })])
    expect(told()).toMatchObject([{ command: { type: 'unpublish-remote' } }, { type: 'bye' }, { 'hang-up': '' }])
    wants()
    told()
    opens()
    greets()
    expect(flows()).not.toBe('')
  })

  test('[P48] what is asked of us is heard, what is not is not', () => {
    const { subscribed, other, id, hear, world } = stage()
    subscribed()
    world.pass(3_000)
    hear(id)
    for (const type of ['update-load', 'shutdown-scheduled', 'ice-completed', 'of the future']) other(event(type))
    other(event('publisher-closed', { clientId: 'somebody else' }))
    other({ id: 'unasked', type: 'command', command: {} })
    other({ type: 'nonsense' })
    expect(hear(id)).toEqual([])
  })
})
