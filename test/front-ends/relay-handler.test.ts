/** The library, as somebody has it in a Bun server of his own. */
import { describe, expect, test } from 'bun:test'
import { createRelayHandler, type RelayHandlerOptions, startTurn } from '../../src/index.ts'
import { textAt } from '../support/json.ts'
import { connectRelay, type RelayClient } from '../support/relay-client.ts'
import { authenticate } from '../support/relay-server.ts'
import { startTurnClient, type TurnClient, udpTransport } from '../support/turn-client.ts'

const auth = (username: string) => (username === 'eve' ? undefined : `pw-${username}`)

function start(options: Partial<RelayHandlerOptions> = {}) {
  const log: string[] = []
  const relay = createRelayHandler({ auth, log: (fact) => void log.push(JSON.stringify(fact)), ...options })
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    routes: { '/websocket/:room': relay.route, '/mine': () => new Response('my own') },
    fetch: (request, self) => relay.route(request, self),
    websocket: relay.websocket,
  })
  const connect = (room = 'den'): Promise<RelayClient> =>
    connectRelay(`ws://127.0.0.1:${server.port}/websocket/${room}`)
  return {
    relay,
    log,
    url: `http://127.0.0.1:${server.port}`,
    connect,
    async enter(name: string, room?: string) {
      const client = await connect(room)
      client.say(authenticate(name, `pw-${name}`))
      return { client, first: await client.next() }
    },
    async [Symbol.asyncDispose]() {
      await relay.close()
      await server.stop(true)
    },
  }
}

test('two meet in the room of the parameter, and the server’s own pages are as before', async () => {
  await using mine = start()
  const ann = await mine.enter('ann', 'a%20room')
  const ben = await mine.enter('ben', 'a%20room')
  expect([ann.first, ben.first]).toEqual([{ event: 'created' }, { event: 'joined' }])
  ben.client.say('hi')
  expect([await ann.client.next(), await ann.client.next()]).toEqual([{ event: 'joined' }, 'hi'])
  expect(await (await fetch(`${mine.url}/mine`)).text()).toBe('my own')
  expect((await fetch(`${mine.url}/websocket/den`)).status).toBe(400)
  expect(mine.relay.peers('a room').map(({ username }) => username)).toEqual(['ann', 'ben'])
})

test('without a route the room is the last segment of the path', async () => {
  await using mine = start()
  const ann = await mine.enter('ann', 'some/den')
  expect(ann.first).toEqual({ event: 'created' })
  expect(mine.relay.peers('den')).toHaveLength(1)
})

describe('the auth function', () => {
  test('may take its time, and what is no text lets nobody in', async () => {
    const slow = async (username: string) => {
      await Promise.resolve()
      if (username === 'broken') throw new Error('the database is away')
      return auth(username)
    }
    await using mine = start({ auth: slow })
    expect((await mine.enter('ann')).first).toEqual({ event: 'created' })
    expect((await mine.enter('eve')).first).toEqual({ event: 'unauthorized' })
    expect((await mine.enter('broken')).first).toEqual({ event: 'unauthorized' })
    expect(mine.log.filter((line) => line.includes('relay-auth-failed'))).toEqual([
      expect.stringContaining('the database is away'),
    ])
  })

  test('is called with the name alone, and may hang without harm', async () => {
    const calls: unknown[][] = []
    const { promise: never } = Promise.withResolvers<string>()
    await using mine = start({
      auth: (...given) => {
        calls.push(given)
        return given[0] === 'slow' ? never : 'pw-ann'
      },
      callbackTimeout: 50,
    })
    expect((await mine.enter('slow')).first).toEqual({ event: 'unauthorized' })
    expect((await mine.enter('ann')).first).toEqual({ event: 'created' })
    expect(calls).toEqual([['slow'], ['ann']])
  })
})

test('the three callbacks, in order; one that throws is logged and changes nothing', async () => {
  const calls: string[] = []
  const callback = (what: string) => (room: string, username: string, others: readonly string[]) => {
    calls.push(`${what} ${room} ${username} [${others.join(' ')}]`)
    if (what === 'join') throw new Error('of no use')
  }
  await using mine = start({
    createCallback: callback('create'),
    joinCallback: callback('join'),
    leaveCallback: callback('leave'),
  })
  const ann = await mine.enter('ann')
  const ben = await mine.enter('ben')
  await ann.client.next()
  ann.client.close()
  expect(await ben.client.next()).toEqual({ event: 'left', data: { username: 'ann' } })
  expect(calls).toEqual(['create den ann []', 'join den ben [ann]', 'leave den ann [ben]'])
  expect(mine.log.filter((line) => line.includes('relay-callback-failed'))).toEqual([
    expect.stringContaining('of no use'),
  ])
})

test('server_api: peers, publish and send of revision 2', async () => {
  await using mine = start({ revision: 2 })
  const ann = await mine.enter('ann')
  const ben = await mine.enter('ben')
  await ann.client.next()
  const ids = [ann, ben].map(({ first }) => textAt(first, 'data', 'peer_id') ?? '')
  expect(mine.relay.peers('den')).toEqual([
    { peerId: ids[0] ?? '', username: 'ann' },
    { peerId: ids[1] ?? '', username: 'ben' },
  ])
  expect(mine.relay.publish('den', 'news', { n: 1 })).toBe(2)
  for (const { client } of [ann, ben]) expect(await client.next()).toEqual({ event: 'news', data: { n: 1 } })
  mine.relay.send(ids[1] ?? '', 'you')
  mine.relay.send('nobody', 'you')
  expect(await ben.client.next()).toEqual({ event: 'you' })
  await ann.client.nothing()
  expect([mine.relay.publish('nowhere', 'news'), mine.relay.publish('', 'news')]).toEqual([0, 0])
})

test('close ends every connection, calls back for each, and takes no new one', async () => {
  const left: string[] = []
  const leaveCallback = async (_: string, username: string) => {
    await Bun.sleep(1)
    left.push(username)
  }
  const mine = start({ leaveCallback })
  await mine.enter('ben')
  const ann = await mine.enter('ann')
  await mine.relay.close()
  expect(left.toSorted()).toEqual(['ann', 'ben'])
  expect((await ann.client.closed).code).toBe(1012)
  await expect(mine.connect()).rejects.toThrow()
  await mine[Symbol.asyncDispose]()
})

describe('the TURN server', () => {
  const allocated = async (client: TurnClient) => {
    const answer = await client.ask('allocate', (writer) => writer.put('requestedTransport', udpTransport))
    return typeof answer === 'string' ? answer : (answer.get('errorCode')?.code ?? 'ok')
  }

  test('takes the same users, and hands out what a browser needs', async () => {
    await using turn = await startTurn({
      auth,
      settings: { listen: '127.0.0.1:0', relayaddress: '127.0.0.1', workers: 1, realm: 'example.com' },
    })
    const { port } = turn.listeners[0] ?? { port: 0 }
    const attempt = async (username: string, password: string) => {
      using client = await startTurnClient('udp', { host: '127.0.0.1', port }, { username, password })
      return await allocated(client)
    }
    expect(await attempt('ann', 'pw-ann')).toBe('ok')
    expect(await attempt('ann', 'pw-ben')).toBe(401)
    expect(await attempt('eve', 'pw-eve')).toBe(401)
    const server = turn.iceServers('ann').find(({ credential }) => credential !== undefined)
    expect(server?.urls).toContain(`turn:127.0.0.1:${port}?transport=udp`)
    expect(await attempt(server?.username ?? '', server?.credential ?? '')).toBe('ok')
  })

  test('says what is wrong with a setting', async () => {
    await expect(startTurn({ auth, settings: { listen: 'nowhere' } })).rejects.toThrow('is not usable')
  })
})
