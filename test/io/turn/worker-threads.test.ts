import { expect, test } from 'bun:test'
import { counterBytes } from '../../../src/io/turn/counters.ts'
import { startWorkerThread } from '../../../src/io/turn/worker-threads.ts'
import { turnSettings } from './turn-settings.ts'

async function troubled(trouble: string) {
  const broken = Promise.withResolvers<Error>()
  const facts: unknown[] = []
  const errors: Error[] = []
  const start = {
    path: 'portable' as const,
    listeners: [{ transport: 'udp' as const, host: trouble, port: 0 }],
    settings: turnSettings,
    ledger: new SharedArrayBuffer(8),
    counters: new SharedArrayBuffer(counterBytes),
  }
  const thread = await startWorkerThread({
    start,
    facts: (message) => facts.push(...message.facts),
    askHook: (username, from) => from.say({ kind: 'hook-answered', username, answer: undefined }),
    broke(error) {
      errors.push(error)
      broken.resolve(error)
    },
    file: new URL('./broken-worker.ts', import.meta.url),
  })
  return { thread, broken: broken.promise, facts, errors }
}

test.each([
  ['throws', 'thrown in a thread'],
  ['rejects', 'rejected in a thread'],
  ['ends', 'the thread has ended'],
])('a thread that %s is lost: told once, and nobody waits for it any more', async (trouble, why) => {
  const { thread, broken, errors } = await troubled(trouble)
  expect(thread.ports).toEqual([1, 2])
  const drained = thread.drain()
  thread.say({ kind: 'reload', settings: turnSettings })
  expect((await broken).message).toContain(why)
  await drained
  thread.say({ kind: 'reload', settings: turnSettings })
  await thread.stop()
  expect(errors).toHaveLength(1)
})

test('a thread that is gone before it listens cannot be started', async () => {
  expect(await troubled('ends at the start').catch(String)).toContain('the thread has ended')
})

test('questions, answers and facts pass; what is stopped is not missed', async () => {
  const { thread, facts, errors } = await troubled('asks')
  thread.say({ kind: 'reload', settings: turnSettings })
  await thread.drain()
  while (facts.length === 0) await Bun.sleep(1)
  expect(facts).toEqual([{ fact: { fact: 'stopped' }, times: 2 }])
  await thread.stop()
  await thread.stop()
  expect(errors).toEqual([])
})
