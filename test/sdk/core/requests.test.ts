import { expect, test } from 'bun:test'
import { ConnectionError } from '../../../sdk/src/core/errors.ts'
import { Requests } from '../../../sdk/src/core/requests.ts'
import { virtualWorld } from '../support/virtual-world.ts'

test('an answer goes to its question, and is seen before whoever awaits it', async () => {
  const requests = new Requests<string>(virtualWorld())
  const story: string[] = []
  const one = requests.ask('1', 'one', {}, (answer) => story.push(`seen ${answer}`))
  requests.ask('2', 'two').catch(() => {})
  expect([requests.answer('1', 'yes'), requests.answer('1', 'again'), requests.has('2')]).toEqual([true, false, true])
  story.push('then')
  story.push(await one)
  expect(story).toEqual(['seen yes', 'then', 'yes'])
})

test('a question is refused after its limit, by its signal, by the server, with all others, or by the same again', async () => {
  const world = virtualWorld()
  const requests = new Requests<string>(world)
  const ending = new AbortController()
  const asked = [
    requests.ask('late', 'late', { timeout: 1_000 }),
    requests.ask('aborted', 'aborted', { signal: ending.signal }),
    requests.ask('refused', 'refused'),
    requests.ask('twice', 'twice'),
    requests.ask('lost', 'lost', { timeout: 0 }),
  ].map((answer) => answer.catch((error: unknown) => error))
  await world.pass(1_000)
  ending.abort()
  requests.refuse('refused', new ConnectionError('no', { code: 'no' }))
  const again = requests.ask('twice', 'twice')
  requests.answer('twice', 'second')
  expect(requests.oldest('l')).toBe('lost')
  requests.refuseAll(new ConnectionError('gone'))
  expect(await Promise.all(asked)).toMatchObject([
    { code: 'timeout' },
    { code: 'ended' },
    { code: 'no' },
    { code: 'ended' },
    { code: 'connection_lost' },
  ])
  expect(await again).toBe('second')
  expect([requests.oldest(), world.next()]).toEqual([undefined, undefined])
})
