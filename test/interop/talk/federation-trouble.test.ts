/** Other signaling servers that cannot be reached, must not be, cannot prove who they are, or mean no good. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { frameBytes } from '../../io/raw/frames.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { type FederationStage, federationStage, isEvent, type Traveller } from '../../support/federation-stage.ts'
import { freePort } from '../../support/free-port.ts'
import { at, type JsonObject, textAt } from '../../support/json.ts'
import { startOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { type RawPeer, type RawServer, startRawServer, switching } from '../../support/raw-server.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { startWay } from '../pages/cutable-way.ts'

const suite = 'federation in trouble'
const withTimeout = (seconds: number, more = ''): string =>
  `[federation]\nallowedtargets = 127.0.0.0/8\ntimeout = ${seconds}\n${more}`

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  let stage: FederationStage
  beforeAll(async () => {
    stage = await federationStage(startOurs, startOurs, withTimeout(2))
  }, 40_000)
  afterAll(() => stage?.[Symbol.asyncDispose](), 30_000)

  const codeOf = (answer: JsonObject): string =>
    textAt(answer, 'error', 'details', 'code') ?? textAt(answer, 'error', 'code') ?? ''

  /** Somebody in a room at home, which must come to no harm. */
  async function atHome(name: string): Promise<Traveller & { isUnharmed(): Promise<void> }> {
    const a = await stage.traveller(name)
    a.wire.send({ id: 'home', type: 'room', room: { roomid: `home of ${name}`, sessionid: `home seat of ${name}` } })
    await a.wire.until((message) => textAt(message, 'id') === 'home')
    return {
      ...a,
      async isUnharmed() {
        a.wire.send({ id: 'here?', type: 'transient', transient: { type: 'set', key: 'k', value: Math.random() } })
        await a.wire.until((message) => textAt(message, 'transient', 'key') === 'k')
      },
    }
  }

  test('[R88] nobody is there', async () => {
    await using a = await atHome('nina')
    const signaling = `http://127.0.0.1:${await freePort()}`
    expect(codeOf(await a.joins('den', { signaling }))).toBe('network_error')
    expect(codeOf(await a.joins('den', { signaling: 'https://nowhere.invalid/' }))).toBe('network_error')
    await a.isUnharmed()
  }, 20_000)

  test('[R92] addresses that are not public are not connected to unless they are named', async () => {
    using raw = startRawServer()
    let hasArrived = false
    void raw.next().then(() => {
      hasArrived = true
    })
    await using closed = await federationStage(startOurs, startOurs, '[federation]\ntimeout = 2\n')
    await using a = await closed.traveller('alice')
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433', '0x7f.1']) {
      const answer = await a.joins('den', { signaling: `http://${host}:${raw.port}/` })
      expect([host, codeOf(answer)]).toEqual([host, 'network_error'])
    }
    for (const host of [
      '169.254.169.254',
      '10.0.0.1',
      '192.168.1.1',
      '172.16.0.1',
      '100.64.0.1',
      '[fe80::1]',
      '[fd00::1]',
    ]) {
      const answer = await a.joins('den', { signaling: `http://${host}/` })
      expect([host, textAt(answer, 'error', 'details', 'message')]).toEqual([
        host,
        'This server does not connect to such addresses.',
      ])
    }
    expect(hasArrived).toBe(false)
  }, 40_000)

  test('[R88] a certificate that proves nothing, until the operator says that none is needed', async () => {
    await using parts = new AsyncDisposableStack()
    const folder = parts.use(tempFolder())
    const { cert, key } = selfSigned()
    writeFileSync(folder.file('cert.pem'), cert)
    writeFileSync(folder.file('key.pem'), key)
    const port = await freePort()
    const https = `[https]\nlisten = 127.0.0.1:${port}\ncertificate = ${folder.file('cert.pem')}\nkey = ${folder.file('key.pem')}\n`
    const strict = parts.use(
      await federationStage(
        startOurs,
        (settings) => startOurs({ ...settings, more: `${withTimeout(2)}${https}` }),
        withTimeout(2),
      ),
    )
    const a = parts.use(await strict.traveller('alice'))
    const signaling = `https://localhost:${port}/`
    expect(codeOf(await a.joins('den', { signaling }))).toBe('certificate_verification_error')

    const { server } = strict.here
    const text = await Bun.file(server.configFile).text()
    writeFileSync(server.configFile, text.replace('timeout = 2\n', 'timeout = 2\nskipverify = true\n'))
    server.child.kill('SIGHUP')
    await server.child.said(/configuration read again|"fact":"reloaded"/, 5_000)
    expect(await a.joins('den', { signaling })).toMatchObject({ type: 'room', room: { roomid: 'local den' } })
  }, 40_000)

  test.skipIf(notRunnable(suite, debian.signalingServer, debian.nats))(
    '[R88] a real server that does not know federation',
    async () => {
      await using old = await startOriginal({ backends: [{ id: 'two', url: stage.there.talk.url(), secret: 'x' }] })
      await using a = await atHome('olga')
      expect(codeOf(await a.joins('den', { signaling: old.url }))).toBe('federation_unsupported')
      await a.isUnharmed()
    },
    40_000,
  )

  /** What a server does that has accepted the connection, or does in place of that. */
  const hostile: readonly (readonly [
    what: string,
    code: string,
    answer: ((head: string) => string | undefined) | undefined,
    act: (peer: RawPeer) => void,
  ])[] = [
    ['says nothing at all', 'network_error', () => undefined, () => {}],
    [
      'sends us elsewhere',
      'network_error',
      () => 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/spreed\r\n\r\n',
      () => {},
    ],
    [
      'is a web page',
      'network_error',
      () => 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>hello</p>',
      () => {},
    ],
    [
      'has no end of headers',
      'network_error',
      () => `HTTP/1.1 101 Switching Protocols\r\n${'X: y\r\n'.repeat(50_000)}`,
      () => {},
    ],
    ['says no welcome', 'federation_unsupported', undefined, () => {}],
    [
      'has a welcome without federation',
      'federation_unsupported',
      undefined,
      (peer) => peer.say('{"type":"welcome","welcome":{"features":["mcu"]}}'),
    ],
    [
      'has a message without end',
      'network_error',
      undefined,
      (peer) => peer.write(frameBytes('x'.repeat(100), { claims: 2_000_000n, masked: false })),
    ],
    ['has a message that is too long', 'network_error', undefined, (peer) => peer.say('x'.repeat(1_100_000))],
    ['speaks binary', 'network_error', undefined, (peer) => peer.say(new Uint8Array([1, 2, 3]), { opcode: 2 })],
    ['ends at once', 'network_error', undefined, (peer) => peer.end()],
    ['does not read', 'federation_unsupported', undefined, (peer) => peer.pause()],
  ]

  test.each(hostile)(
    '[R91] a server that %s',
    async (what, code, answer, act) => {
      using raw: RawServer = startRawServer(answer ? { answer } : {})
      const acting = raw.next().then(act)
      await using a = await atHome(what.replaceAll(' ', '-'))
      expect(codeOf(await a.joins('den', { signaling: `http://127.0.0.1:${raw.port}/` }))).toBe(code)
      await acting
      await a.isUnharmed()
    },
    20_000,
  )

  test('[R91] a server that floods us loses the link; our memory does not grow with it, and others are served', async () => {
    using raw = startRawServer({ answer: (head) => switching(head) })
    await using a = await stage.traveller('flora')
    await using b = await atHome('bruno')
    const before = await memory()
    const answered = a.joins('den', { signaling: `http://127.0.0.1:${raw.port}/` })
    const peer = await raw.next()
    peer.say('{"type":"welcome","welcome":{"features":["federation"]}}')
    const heard = async (count: number): Promise<string> => {
      while (peer.frames.filter(({ opcode }) => opcode === 1).length < count) await Bun.sleep(5)
      return peer.frames.filter(({ opcode }) => opcode === 1)[count - 1]?.text ?? ''
    }
    const hello = JSON.parse(await heard(1)) as JsonObject
    const ids = { sessionid: 'S'.repeat(40), resumeid: 'P'.repeat(40) }
    peer.say(JSON.stringify({ id: textAt(hello, 'id') ?? '', type: 'hello', hello: ids }))
    const join = JSON.parse(await heard(2)) as JsonObject
    peer.say(JSON.stringify({ id: textAt(join, 'id') ?? '', type: 'room', room: { roomid: 'den' } }))
    expect(await answered).toMatchObject({ room: { roomid: 'local den' } })

    const message = {
      type: 'message',
      message: { sender: { type: 'room', sessionid: 'x' }, data: 'y'.repeat(900_000) },
    }
    const text = JSON.stringify(message)
    for (let n = 0; n < 40; n++) peer.say(text)
    const error = await a.wire.until((one) => textAt(one, 'type') === 'error', 15_000)
    expect(codeOf(error)).toBe('network_error')
    expect(await a.wire.until((one) => textAt(one, 'type') === 'room')).toMatchObject({ room: { roomid: '' } })
    await b.isUnharmed()
    expect((await memory()) - before).toBeLessThan(150_000_000)
  }, 40_000)

  async function memory(): Promise<number> {
    const text = await (await fetch(`${stage.here.server.url}/metrics`)).text()
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
  }

  // It takes as long as a server waits for a session.
  test.skipIf(!process.env['SLOW_TESTS'])(
    '[R87] a link that is dead without a word, and one that is cut for longer than the other server waits',
    async () => {
      const ways = [0, 1].map(() => startWay(() => Number(stage.there.server.address.split(':')[1])))
      const [dead, long] = ways
      if (!dead || !long) throw new Error('two')
      await using parts = new AsyncDisposableStack()
      for (const way of ways) parts.defer(() => way.stop())
      const a = parts.use(await stage.traveller('anna'))
      const b = parts.use(await stage.traveller('berta'))
      await a.joins('halls', { signaling: `http://127.0.0.1:${dead.port}` })
      await b.joins('halls', { signaling: `http://127.0.0.1:${long.port}` })
      dead.freeze()
      long.block(true)
      long.cut()
      await b.wire.until(isEvent('room', 'federation_interrupted'))
      await a.wire.until(isEvent('room', 'federation_interrupted'), 25_000)
      const back = await a.wire.until(isEvent('room', 'federation_resumed'), 10_000)
      expect(at(back, 'event', 'resumed')).toBe(true)
      // Its place there is given up after 30 s.
      const isGone = (message: JsonObject): boolean => isEvent('room', 'leave')(message)
      await a.wire.until(isGone, 35_000)
      long.block(false)
      const anew = await b.wire.until(isEvent('room', 'federation_resumed'), 12_000)
      expect(at(anew, 'event', 'resumed')).toBe(false)
      await b.wire.until((message) => textAt(message, 'type') === 'room')
      await a.wire.until(isEvent('room', 'join'))
    },
    90_000,
  )
})
