/** The TURN server as the main thread starts it, with real threads, sockets and clients. */
import { afterEach, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { canUseBatch } from '../../../src/io/turn/batch/libc.ts'
import { startTurn, type Turn, type TurnOptions } from '../../../src/io/turn/start-turn.ts'
import type { CountedFact } from '../../../src/io/turn/worker-messages.ts'
import type { TurnListener } from '../../../src/io/turn/world.ts'
import type { Fact } from '../../../src/observe/facts.ts'
import type { HookAnswer } from '../../../src/turn/hook-answers.ts'
import type { TurnSettings } from '../../../src/turn/settings.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { type Credential, startTurnClient, type TurnClient, udpTransport } from '../../support/turn-client.ts'
import { loopback as host, turnSettings as usual } from './turn-settings.ts'

const bob: Credential = { username: 'bob', password: 'password' }
const udp: TurnListener = { transport: 'udp', host, port: 0 }
const tcp: TurnListener = { transport: 'tcp', host, port: 0 }

const open: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.disposeAsync()
})

interface Started {
  readonly turn: Turn
  readonly facts: { readonly fact: Fact; readonly times: number }[]
  readonly failures: Error[]
  client(credential?: Credential, listener?: number): Promise<TurnClient>
}

async function started(settings: Partial<TurnSettings> = {}, options: Partial<TurnOptions> = {}): Promise<Started> {
  const stack = new AsyncDisposableStack()
  open.push(stack)
  const facts: { fact: Fact; times: number }[] = []
  const failures: Error[] = []
  const turn = await startTurn({
    settings: { ...usual, ...settings },
    listeners: [udp],
    workers: 2,
    path: 'auto',
    askHook: () => Promise.reject(new Error('nobody is asked')),
    note: (fact, times) => facts.push({ fact, times }),
    failed: (error) => failures.push(error),
    ...options,
  })
  stack.defer(() => turn.stop())
  return {
    turn,
    facts,
    failures,
    async client(credential = bob, listener = 0) {
      const transport = options.listeners?.[listener]?.transport ?? 'udp'
      return stack.use(await startTurnClient(transport, { host, port: turn.ports[listener] ?? 0 }, credential))
    },
  }
}

/** The error code, or ok. */
async function asked(client: TurnClient, method: 'allocate' | 'refresh' = 'allocate', lifetime?: number) {
  const answer = await client.ask(method, (writer) => {
    if (method === 'allocate') writer.put('requestedTransport', udpTransport)
    if (lifetime !== undefined) writer.put('lifetime', lifetime)
  })
  if (typeof answer === 'string') return answer
  return answer.get('errorCode')?.code ?? 'ok'
}

const ofKind = (facts: Started['facts'], kind: Fact['fact']): readonly CountedFact['fact'][] =>
  facts.flatMap(({ fact }) => (fact.fact === kind ? [fact as CountedFact['fact']] : []))

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(5)
}

/** Of this process. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

/** Of this process, as the runtime names those of workers. */
function threads(): number {
  return readdirSync('/proc/self/task').filter((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').startsWith('Worker')
    } catch {
      return false
    }
  }).length
}

const paths = canUseBatch().ok ? (['batch', 'portable'] as const) : (['portable'] as const)

describe.each(paths)('by the %s path', (path) => {
  test('the threads share ports, quotas and counters: of many clients of one user only so many are served', async () => {
    const { turn, client } = await started({ quotas: { perUser: 5, perSource: 0, total: 0 } }, { path })
    const clients = await Promise.all(Array.from({ length: 16 }, () => client()))
    const answers = await Promise.all(clients.map((one) => asked(one)))
    expect(answers.toSorted()).toEqual([...Array<number>(11).fill(486), ...Array<'ok'>(5).fill('ok')])
    expect([turn.path, turn.relayPorts(), turn.counters().allocationsUdp]).toEqual([path, { 4: 5, 6: 0 }, 5])
    const lucky = clients[answers.indexOf('ok')]
    const unlucky = clients[answers.indexOf(486)]
    if (!lucky || !unlucky) throw new Error('there are some of both')
    expect(await asked(lucky, 'refresh', 0)).toBe('ok')
    expect([await asked(unlucky), await asked(lucky)]).toEqual(['ok', 486])
    expect(turn.relayPorts()).toEqual({ 4: 5, 6: 0 })
  })

  test('a reload brings other limits and users, and leaves the allocations', async () => {
    const { turn, client } = await started({}, { path })
    const [first, second, eve] = [await client(), await client(), await client({ username: 'eve', password: 'other' })]
    expect([await asked(first), await asked(eve)]).toEqual(['ok', 401])
    const users = new Map([['eve', 'other']])
    const credentials = { users, secrets: [], hook: false }
    turn.reload({ ...usual, credentials, quotas: { perUser: 0, perSource: 0, total: 1 } })
    // Each thread takes it over in its own time.
    while ((await asked(second)) !== 401) await Bun.sleep(1)
    let refused = await asked(eve)
    for (; refused === 401; refused = await asked(eve)) await Bun.sleep(1)
    expect(refused).toBe(508)
    expect(await asked(first, 'refresh', 600)).toBe('ok')
    turn.reload({ ...usual, credentials })
    while ((await asked(eve)) !== 'ok') await Bun.sleep(1)
  })

  test('drained, it makes nothing new, and is done when the last allocation is gone', async () => {
    const { turn, client } = await started({}, { path })
    const [first, second] = [await client(), await client()]
    expect(await asked(first)).toBe('ok')
    let isDrained = false
    const drained = turn.drain().then(() => {
      isDrained = true
    })
    while ((await asked(second)) !== 508) expect(await asked(second, 'refresh', 0)).toBe('ok')
    expect([isDrained, await asked(first, 'refresh', 600)]).toEqual([false, 'ok'])
    await asked(first, 'refresh', 0)
    await drained
  })

  test('stopped, it ends allocations and leaves no socket and no thread', async () => {
    const before = [openSockets(), threads()] as const
    const { turn, client, facts } = await started({}, { path, listeners: [udp, tcp] })
    const clients = await Promise.all([0, 0, 1, 1].map((listener) => client(bob, listener)))
    expect(await Promise.all(clients.map((one) => asked(one)))).toEqual(['ok', 'ok', 'ok', 'ok'])
    await turn.stop()
    expect(ofKind(facts, 'turn-ended')).toHaveLength(4)
    expect(turn.relayPorts()).toEqual({ 4: 0, 6: 0 })
    for (const one of clients) one[Symbol.dispose]()
    await until(() => openSockets() <= before[0] && threads() <= before[1])
    await turn.stop()
  })

  test('a hook that is slow or fails delays nobody else', async () => {
    const { promise, resolve } = Promise.withResolvers<HookAnswer>()
    const questions: string[] = []
    const askHook = (username: string): Promise<HookAnswer> => {
      questions.push(username)
      if (username === 'slow') return promise
      return username === 'known'
        ? Promise.resolve({ known: true, password: 'secret' })
        : Promise.reject(new Error('x'))
    }
    const { client, facts } = await started(
      { credentials: { ...usual.credentials, hook: true } },
      { path, askHook, workers: 1 },
    )
    const [slow, known, broken, static_] = [
      await client({ username: 'slow', password: 'slow' }),
      await client({ username: 'known', password: 'secret' }),
      await client({ username: 'broken', password: 'secret' }),
      await client(),
    ]
    const late = asked(slow)
    expect(await Promise.all([asked(known), asked(broken), asked(static_)])).toEqual(['ok', 500, 'ok'])
    resolve({ known: true, password: 'slow' })
    // The client of these tests gives up earlier than others would; it asks once more then.
    const answer = await late
    expect(answer === 'silence' ? await asked(slow) : answer).toBe(answer === 'silence' ? 437 : 'ok')
    expect(questions.toSorted()).toEqual(['broken', 'known', 'slow'])
    expect(ofKind(facts, 'turn-hook-failed')).toContainEqual({ fact: 'turn-hook-failed', why: 'x' })
  })

  test('a hook that never answers has failed after a while', async () => {
    const credentials = { ...usual.credentials, hook: true }
    const askHook = () => new Promise<HookAnswer>(() => {})
    const { client, facts } = await started({ credentials }, { path, askHook, hookLimit: 20 })
    expect(await asked(await client({ username: 'forgotten', password: 'x' }))).toBe(500)
    expect(ofKind(facts, 'turn-hook-failed')).toContainEqual({
      fact: 'turn-hook-failed',
      why: 'nothing came within 20 ms',
    })
  })

  test('garbage changes nothing, and is told in few facts', async () => {
    const { client, facts } = await started({}, { path })
    const [some, honest] = [await client(), await client()]
    for (let round = 0; round < 100; round++) {
      const garbage = crypto.getRandomValues(new Uint8Array(3 * round))
      some.line.send(garbage)
    }
    expect(await asked(honest)).toBe('ok')
    await until(() => facts.some(({ fact }) => fact.fact === 'turn-ignored'))
    expect(facts.length).toBeLessThan(30)
  })
})

test('TCP and UDP at once, each on the port that the first thread found, and told', async () => {
  const { turn, client, facts } = await started({}, { listeners: [tcp, udp] })
  expect(turn.ports.every((port) => port > 0)).toBe(true)
  const clients = await Promise.all([0, 1, 0, 1].map((listener) => client(bob, listener)))
  expect(await Promise.all(clients.map((one) => asked(one)))).toEqual(['ok', 'ok', 'ok', 'ok'])
  const { allocationsTcp, allocationsUdp } = turn.counters()
  expect([allocationsTcp, allocationsUdp]).toEqual([2, 2])
  const told = ofKind(facts, 'turn-listening')
  expect(told.map((fact) => 'transport' in fact && [fact.transport, 'address' in fact && fact.address])).toEqual([
    ['tcp', `${host}:${turn.ports[0]}`],
    ['udp', `${host}:${turn.ports[1]}`],
  ])
})

test('an address that is taken, by whatever kind of socket: nothing is left', async () => {
  const taken = await Bun.udpSocket({ hostname: host, port: 0 })
  const before = openSockets()
  const failing = startTurn({
    settings: usual,
    listeners: [udp, tcp, { ...udp, port: taken.port }],
    workers: 2,
    path: 'auto',
    askHook: () => Promise.reject(new Error()),
    note: () => {},
    failed: () => {},
  })
  expect(await failing.catch(String)).toContain(`udp port ${taken.port}`)
  await until(() => openSockets() <= before)
  taken.close()
})

test.skipIf(notRunnable('certificates of several threads', debian.openssl))(
  'a certificate that all threads load is told once',
  async () => {
    using folder = tempFolder()
    const { cert, key } = selfSigned()
    const files = { certificate: folder.file('certificate.pem'), key: folder.file('key.pem') }
    writeFileSync(files.certificate, cert)
    writeFileSync(files.key, key)
    const { turn, facts } = await started(
      {},
      { listeners: [{ transport: 'tls', host, port: 0, ...files }], workers: 3 },
    )
    await turn.stop()
    expect(ofKind(facts, 'certificate-loaded')).toHaveLength(1)
  },
)

test('what a thread cannot start with is why it all fails', async () => {
  const certificate = { certificate: '/nowhere/certificate.pem', key: '/nowhere/key.pem' }
  const tls: TurnListener = { transport: 'tls', host, port: 0, ...certificate }
  const before = openSockets()
  expect(await started({}, { listeners: [udp, tls] }).catch(String)).toContain('/nowhere/')
  await until(() => openSockets() <= before)
})
