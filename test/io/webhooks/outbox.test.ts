/** The outbox against a real receiver: failures, order, restarts, bounds. */
import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { isGenuineWebhook } from '../../../src/auth/webhook-signature.ts'
import { createCaller } from '../../../src/io/webhooks/call.ts'
import { createOutbox, type Outbox, type OutboxLimits } from '../../../src/io/webhooks/outbox.ts'
import type { OutboxFact } from '../../../src/observe/relay-facts.ts'
import type { Happening } from '../../../src/protocols/relay/vocabulary.ts'
import { room } from '../../protocols/relay/server.ts'
import { freePort } from '../../support/free-port.ts'
import { startHookReceiver } from '../../support/hook-receiver.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const secret = '0123456789abcdef'

interface Subject extends AsyncDisposable {
  readonly outbox: Outbox
  readonly facts: OutboxFact[]
  /** Resolves when so many calls have been taken. */
  taken(count: number): Promise<void>
}

/** Pauses take no time, unless the test wants them. */
function start(folder?: string, limits: Partial<OutboxLimits> & { readonly limit?: number } = {}): Subject {
  const facts: OutboxFact[] = []
  const caller = createCaller({ secret, limit: limits.limit ?? 5_000, now: Date.now })
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const countOfTaken = (): number => facts.filter(({ fact }) => fact === 'webhook-taken').length
  let serial = 0
  const outbox = createOutbox({
    caller,
    folder,
    note(fact) {
      facts.push(fact)
      const count = countOfTaken()
      for (const one of waiting) if (count >= one.count) one.resolve()
    },
    now: Date.now,
    random: () => 0.99,
    newId: () => `id-${process.hrtime.bigint()}-${++serial}`,
    limits: { firstPause: 1, longestPause: 5, ...limits },
  })
  return {
    outbox,
    facts,
    taken: (count) =>
      countOfTaken() >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    async [Symbol.asyncDispose]() {
      caller[Symbol.dispose]()
      await outbox.close()
    },
  }
}

const joins = (username: string, where = 'den', others: readonly string[] = []): Happening => ({
  event: 'join',
  room: room(where),
  username,
  others,
})

test('a call says what happened, with a number of its room, and is signed', async () => {
  await using receiver = startHookReceiver()
  await using subject = start()
  const { outbox, facts } = subject
  const before = Date.now()
  await outbox.call(`${receiver.url}/hook`, joins('ann'))
  await outbox.call(`${receiver.url}/hook`, joins('ben', 'den', ['ann']))
  await outbox.call(`${receiver.url}/hook`, joins('ann', 'attic'))
  expect(receiver.calls.map(({ body }) => [body.room, body.username, body.others, body.sequence])).toEqual([
    ['den', 'ann', [], 1],
    ['den', 'ben', ['ann'], 2],
    ['attic', 'ann', [], 1],
  ])
  for (const { path, signature, text, body } of receiver.calls) {
    expect(path).toBe('/hook')
    expect(isGenuineWebhook({ secret, signature, body: text, now: Date.now() })).toBeTrue()
    expect(body.timestamp).toBeWithin(before, Date.now() + 1)
  }
  expect(new Set(receiver.calls.map(({ body }) => body.id)).size).toBe(3)
  expect(facts.map(({ fact }) => fact)).toEqual(['webhook-taken', 'webhook-taken', 'webhook-taken'])
})

describe('a receiver that fails', () => {
  test.each([500, 503, 429, 302])('with %d is asked again, with the same id', async (status) => {
    await using receiver = startHookReceiver()
    receiver.answer = () => (receiver.calls.length < 3 ? status : 200)
    await using subject = start()
    await subject.outbox.call(receiver.url, joins('ann'))
    await subject.taken(1)
    await subject.outbox.settled()
    expect(new Set(receiver.calls.map(({ text }) => text)).size).toBe(1)
    expect(subject.outbox.size).toBe(0)
    expect(subject.facts.map(({ fact }) => fact)).toEqual(['webhook-failed', 'webhook-failed-again', 'webhook-taken'])
  })

  test('holds the later calls of its room back, in order, and nobody waits for those', async () => {
    await using receiver = startHookReceiver()
    let isDown = true
    receiver.answer = () => (isDown ? 500 : 200)
    await using subject = start()
    const { outbox } = subject
    for (const name of ['ann', 'ben', 'cas']) await outbox.call(receiver.url, joins(name))
    expect(outbox.size).toBe(3)
    expect(receiver.calls.every(({ body }) => body.username === 'ann')).toBeTrue()
    isDown = false
    await subject.taken(3)
    const taken = receiver.calls.slice(-3).map(({ body }) => body.username)
    expect(taken).toEqual(['ann', 'ben', 'cas'])
  })

  test('by hanging delays its own room only, and that for as long as a call may take', async () => {
    await using receiver = startHookReceiver()
    const { promise: hanging, resolve: release } = Promise.withResolvers<number>()
    receiver.answer = ({ body }) => (body.room === 'den' ? hanging : 200)
    await using subject = start(undefined, { limit: 100 })
    const { outbox, facts } = subject
    const slow = outbox.call(receiver.url, joins('ann'))
    await receiver.came(1)
    await outbox.call(receiver.url, joins('ben', 'attic'))
    expect(receiver.printed()).toContain('join attic ben []')
    await slow
    expect(facts.find(({ fact }) => fact === 'webhook-failed')).toMatchObject({ room: 'den', why: 'timeout' })
    release(200)
  })

  test('by not being there is called when it is', async () => {
    const port = await freePort()
    await using subject = start(undefined, { longestPause: 20 })
    await subject.outbox.call(`http://127.0.0.1:${port}`, joins('ann'))
    expect(subject.facts[0]).toMatchObject({ fact: 'webhook-failed', why: 'connection' })
    await using receiver = startHookReceiver(port)
    await receiver.came(1)
    expect(receiver.printed()).toEqual(['join den ann []'])
  })

  test('by refusing a call is not asked for ever', async () => {
    await using receiver = startHookReceiver()
    receiver.answer = ({ body }) => (body.username === 'ann' ? 400 : 200)
    await using subject = start(undefined, { refusals: 2 })
    await subject.outbox.call(receiver.url, joins('ann'))
    await subject.outbox.call(receiver.url, joins('ben'))
    await receiver.came(3)
    expect(receiver.calls.map(({ body }) => body.username)).toEqual(['ann', 'ann', 'ben'])
    expect(subject.facts).toContainEqual(expect.objectContaining({ fact: 'webhook-given-up', why: 'status 400' }))
  })

  test('for too long is given up', async () => {
    await using receiver = startHookReceiver()
    receiver.answer = () => 500
    await using subject = start(undefined, { age: -1 })
    await subject.outbox.call(receiver.url, joins('ann'))
    expect(subject.outbox.size).toBe(0)
    expect(subject.facts.at(-1)).toMatchObject({ fact: 'webhook-given-up', why: 'too old' })
  })
})

test('no more wait than may; a number that is left out shows the receiver that something is missing', async () => {
  await using receiver = startHookReceiver()
  let isDown = true
  receiver.answer = () => (isDown ? 500 : 200)
  await using subject = start(undefined, { calls: 2 })
  const { outbox, facts } = subject
  for (const name of ['ann', 'ben', 'cas']) await outbox.call(receiver.url, joins(name))
  expect(outbox.size).toBe(2)
  expect(facts).toContainEqual(expect.objectContaining({ fact: 'webhook-given-up', why: 'outbox full' }))
  isDown = false
  await subject.taken(2)
  await outbox.settled()
  await outbox.call(receiver.url, joins('dan'))
  expect(receiver.calls.at(-1)?.body.sequence).toBe(4)
})

test('a few calls that name very many are too many too', async () => {
  await using receiver = startHookReceiver()
  receiver.answer = () => 500
  await using subject = start(undefined, { characters: 1_000 })
  const crowd = Array.from({ length: 200 }, (_, number) => `user ${number}`)
  for (const name of ['ann', 'ben']) await subject.outbox.call(receiver.url, joins(name, 'den', crowd))
  expect(subject.outbox.size).toBe(1)
})

describe('with a folder', () => {
  test('what was not taken is called after a restart, first and in order, and no number comes twice', async () => {
    using folder = tempFolder()
    await using receiver = startHookReceiver()
    receiver.answer = ({ body }) => (body.username === 'ann' ? 200 : 500)
    {
      await using first = start(folder.path)
      for (const name of ['ann', 'ben', 'cas']) await first.outbox.call(receiver.url, joins(name))
      expect(first.outbox.size).toBe(2)
    }
    const before = receiver.calls.length
    const ids = new Set(receiver.calls.map(({ body }) => body.id))
    receiver.answer = () => 200
    await using second = start(folder.path)
    expect(second.facts).toEqual([{ fact: 'outbox-found', calls: 2 }])
    await second.outbox.call(receiver.url, joins('dan'))
    await receiver.came(before + 3)
    const later = receiver.calls.slice(before).map(({ body }) => body)
    expect(later.map(({ username, sequence }) => `${username} ${sequence}`)).toEqual(['ben 2', 'cas 3', 'dan 4'])
    expect(ids.has(later[0]?.id ?? '')).toBeTrue()
    expect(ids.has(later[2]?.id ?? '')).toBeFalse()
  })

  test('numbers go on also where nothing was left over', async () => {
    using folder = tempFolder()
    await using receiver = startHookReceiver()
    for (let start_ = 0; start_ < 3; start_++) {
      await using subject = start(folder.path)
      await subject.outbox.call(receiver.url, joins('ann'))
    }
    expect(receiver.calls.map(({ body }) => body.sequence)).toEqual([1, 2, 3])
  })

  test('a call is on the disk before it is made', async () => {
    using folder = tempFolder()
    const found: boolean[] = []
    const outbox = createOutbox({
      caller: {
        async call({ username }) {
          found.push(readFileSync(folder.file('webhooks.jsonl'), 'utf8').includes(`"username":"${username}"`))
          return { kind: 'taken' }
        },
      },
      folder: folder.path,
      note: () => {},
      now: Date.now,
      random: () => 0,
      newId: () => `${found.length}`,
    })
    await Promise.all(['ann', 'ben', 'cas'].map((name) => outbox.call('http://x/', joins(name, name))))
    expect(found).toEqual([true, true, true])
    await outbox.close()
  })

  test('a line that was not finished, or is garbage, costs nothing else', async () => {
    using folder = tempFolder()
    await using receiver = startHookReceiver()
    receiver.answer = () => 500
    {
      await using first = start(folder.path)
      await first.outbox.call(receiver.url, joins('ann'))
    }
    const file = folder.file('webhooks.jsonl')
    writeFileSync(file, `garbage\n{"put":7}\n${readFileSync(file, 'utf8')}{"put":{"id":"half`)
    receiver.answer = () => 200
    await using second = start(folder.path)
    await second.taken(1)
    await second.outbox.settled()
    expect(second.outbox.size).toBe(0)
  })

  test('the file does not grow with what is over', async () => {
    using folder = tempFolder()
    await using receiver = startHookReceiver()
    {
      await using subject = start(folder.path)
      for (let number = 0; number < 50; number++) await subject.outbox.call(receiver.url, joins('ann'))
    }
    await using subject = start(folder.path)
    expect(subject.facts).toEqual([])
    expect(readFileSync(folder.file('webhooks.jsonl'), 'utf8').split('\n')).toHaveLength(3)
  })

  test('a folder that cannot be had is told at the start', async () => {
    using folder = tempFolder()
    writeFileSync(folder.file('file'), '')
    expect(() => start(folder.file('file'))).toThrow()
  })
})
