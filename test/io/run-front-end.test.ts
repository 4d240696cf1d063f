/** The contract between a machine and the world, with a front end of a few lines and a world that writes down what it is asked. */
import { describe, expect, test } from 'bun:test'
import { type ConnectionId, connectionId, sessionId } from '../../src/core/ids.ts'
import type { Frame } from '../../src/core/mailbox.ts'
import { type Runner, runFrontEnd, type World } from '../../src/io/run-front-end.ts'
import type { Effect, Effects, FrontEnd, Vocabulary } from '../../src/protocols/front-end.ts'

interface Toy extends Vocabulary {
  readonly incoming: string
  readonly event: string
  readonly ask: string
  readonly answer: string
  readonly fact: string
}

const one = connectionId(1)
const two = connectionId(2)
const frame = (text: string): Frame => ({ text, kind: 'plain' })
const say = (to: ConnectionId, text: string): Effect<Toy> => ({ do: 'send', to: [to], frame: frame(text) })

interface Stage {
  readonly runner: Runner<Toy>
  /** Inputs of the machine and calls to the world, in the order in which they came. */
  readonly log: string[]
  readonly answers: Map<string, PromiseWithResolvers<string>>
  readonly wakes: { readonly at: number; readonly wake: () => void }[]
  /** What the machine does for a text. */
  readonly when: Map<string, () => Effects<Toy>>
  deadline: number | undefined
}

function stage(): Stage {
  const log: string[] = []
  const answers: Stage['answers'] = new Map()
  const wakes: { readonly at: number; readonly wake: () => void }[] = []
  const when: Stage['when'] = new Map()
  const heard = (what: string): Effects<Toy> => {
    log.push(`> ${what}`)
    return when.get(what)?.() ?? []
  }
  const frontEnd: FrontEnd<Toy> = {
    name: 'toy',
    decode: (text) =>
      text.startsWith('bad') ? { ok: false, id: 'an id', fault: 'is bad' } : { ok: true, value: text },
    opened: (id) => heard(`opened ${id}`),
    received: (_, message) => heard(message),
    garbled: (id, request, fault) => heard(`garbled ${id} ${request} ${fault}`),
    told: (_, event) => heard(`told ${event}`),
    answered: (number, answer) => heard(`answered ${number} ${answer}`),
    closed: (id, undelivered) => heard(`closed ${id} with ${undelivered.length}`),
    overflowed: (id) => heard(`overflowed ${id}`),
    expired: (now) => heard(`expired ${now}`),
    nextDeadline: () => staged.deadline,
  }
  const world: World<Toy> = {
    now: () => 1_000,
    send: (to, { text }) => void log.push(`send ${to.join(' ')} ${text}`),
    close: (to, code, reason) => void log.push(`close ${to} ${code} ${reason}`),
    publish: (_, event) => void log.push(`publish ${event}`),
    ask: (ask) => {
      log.push(`ask ${ask}`)
      const answer = Promise.withResolvers<string>()
      answers.set(ask, answer)
      return answer.promise
    },
    failed: (ask) => `${ask} failed`,
    command: () => {},
    reply: (to, status, body) => void log.push(`reply ${to} ${status} ${body}`),
    note: (fact) => void log.push(`note ${fact}`),
    broke: (where, error) => void log.push(`broke ${where}: ${error instanceof Error ? error.message : error}`),
    wakeAt: (at, wake) => void wakes.push({ at, wake }),
  }
  const staged: Stage = { runner: runFrontEnd(frontEnd, world), log, answers, wakes, when, deadline: undefined }
  return staged
}

test('effects are carried out in order, whatever they are', () => {
  const { runner, log, when } = stage()
  when.set('all', () => [
    { do: 'note', fact: 'first' },
    { do: 'send', to: [one, two], frame: frame('hi') },
    { do: 'tell', to: { kind: 'session', session: sessionId('s') }, event: 'e' },
    { do: 'ask', number: 7, ask: 'q' },
    { do: 'reply', to: 3, status: 200, body: '{}' },
    { do: 'close', to: two, code: 1000, reason: 'done' },
  ])
  runner.text(one, 'all')
  const expected = ['> all', 'note first', 'send 1 2 hi', 'publish e', 'ask q', 'reply 3 200 {}']
  expect(log).toEqual([...expected, 'close 2 1000 done'])
})

test('an input that comes up while effects are carried out waits for the last of them', () => {
  const staged = stage()
  // Whoever hears a note says something at once, as a socket does that closes within a send.
  staged.when.set('outer', () => [
    {
      do: 'note',
      get fact() {
        staged.runner.text(two, 'inner')
        staged.runner.closed(two, [])
        return 'n'
      },
    },
    say(one, 'the last of the outer'),
  ])
  staged.when.set('inner', () => [say(two, 'of the inner')])
  staged.runner.text(one, 'outer')
  expect(staged.log).toEqual([
    '> outer',
    'note n',
    'send 1 the last of the outer',
    '> inner',
    'send 2 of the inner',
    '> closed 2 with 0',
  ])
})

test('frames that are no message, and binary ones, are garbled', () => {
  const { runner, log } = stage()
  runner.text(one, 'bad frame')
  runner.binary(two)
  expect(log).toEqual(['> garbled 1 an id is bad', '> garbled 2 undefined binary frame'])
})

describe('an input that breaks the machine', () => {
  const broken = () => {
    throw new Error('a bug')
  }

  test('costs its own connection, and the next one is served', () => {
    const { runner, log, when } = stage()
    when.set('break', broken)
    runner.text(one, 'break')
    runner.text(two, 'fine')
    expect(log).toEqual(['> break', 'broke toy: received: a bug', 'close 1 1011 internal error', '> fine'])
  })

  test('costs nobody when it came from nobody', () => {
    const { runner, log, when } = stage()
    when.set('told x', broken)
    runner.told({ kind: 'session', session: sessionId('s') }, 'x')
    runner.input('requested', broken)
    expect(log).toEqual(['> told x', 'broke toy: told: a bug', 'broke toy: requested: a bug'])
  })

  test('does not stop those that wait behind it', () => {
    const { runner, log, when } = stage()
    when.set('outer', () => {
      runner.text(one, 'break')
      runner.text(two, 'behind')
      return []
    })
    when.set('break', broken)
    runner.text(two, 'outer')
    expect(log).toContain('> behind')
  })
})

describe('questions', () => {
  test('are answered with their number, later', async () => {
    const { runner, log, when, answers } = stage()
    when.set('x', () => [{ do: 'ask', number: 7, ask: 'q' }])
    runner.text(one, 'x')
    answers.get('q')?.resolve('a')
    expect(log.at(-1)).toBe('ask q')
    await Promise.resolve()
    expect(log.at(-1)).toBe('> answered 7 a')
  })

  test('that break are answered all the same', async () => {
    const { runner, log, when, answers } = stage()
    when.set('x', () => [{ do: 'ask', number: 7, ask: 'q' }])
    runner.text(one, 'x')
    answers.get('q')?.reject(new Error('a bug'))
    await Bun.sleep(0)
    expect(log.slice(-2)).toEqual(['broke toy: ask: a bug', '> answered 7 q failed'])
  })
})

describe('deadlines', () => {
  test('the earliest is waited for; it is set anew only when an earlier one comes up', () => {
    const staged = stage()
    const { runner, wakes } = staged
    runner.text(one, 'nothing due')
    staged.deadline = 5_000
    runner.text(one, 'a')
    runner.text(one, 'b')
    staged.deadline = 9_000
    runner.text(one, 'later')
    staged.deadline = 3_000
    runner.text(one, 'earlier')
    expect(wakes.map(({ at }) => at)).toEqual([5_000, 3_000])
  })

  test('after it rang the next is waited for', () => {
    const staged = stage()
    const { runner, wakes, log } = staged
    staged.deadline = 3_000
    runner.text(one, 'a')
    staged.deadline = 4_000
    wakes[0]?.wake()
    expect(log.at(-1)).toBe('> expired 1000')
    expect(wakes.map(({ at }) => at)).toEqual([3_000, 4_000])
    staged.deadline = undefined
    wakes[1]?.wake()
    expect(wakes).toHaveLength(2)
  })
})
